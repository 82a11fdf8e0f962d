package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// pki is the cluster's key material, as files.
type pki struct {
	caFile, certFile, keyFile string // one serving certificate for all that listens on loopback
	accountKey                string // signs and verifies the tokens of service accounts
	ca                        []byte // PEM
}

// newPKI makes a certificate authority, a serving certificate by it, and a key
// for service accounts. The authority's own key is not kept.
func newPKI(dir string) (pki, error) {
	p := pki{
		caFile: filepath.Join(dir, "ca.crt"), certFile: filepath.Join(dir, "server.crt"), keyFile: filepath.Join(dir, "server.key"),
		accountKey: filepath.Join(dir, "accounts.key"),
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "belay e2e"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "belay e2e server"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes.default.svc"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	authorityKey, err := newKey()
	if err != nil {
		return p, err
	}
	serverKey, err := newKey()
	if err != nil {
		return p, err
	}
	accountKey, err := newKey()
	if err != nil {
		return p, err
	}
	if p.ca, err = sign(authority, authority, authorityKey, authorityKey); err != nil {
		return p, err
	}
	cert, err := sign(server, authority, serverKey, authorityKey)
	if err != nil {
		return p, err
	}
	for file, data := range map[string][]byte{
		p.caFile: p.ca, p.certFile: cert, p.keyFile: encodeKey(serverKey), p.accountKey: encodeKey(accountKey),
	} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return p, err
		}
	}
	return p, nil
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// sign returns the certificate of key's holder, in PEM.
func sign(cert, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) ([]byte, error) {
	cert.NotBefore = time.Now().Add(-time.Hour) // clocks may be set back
	cert.NotAfter = time.Now().Add(24 * time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, key.Public(), parentKey)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
}

func encodeKey(key *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		panic(err) // a curve that x509 does not know
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}
