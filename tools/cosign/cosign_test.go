// Package cosign_test holds "belay pin --verify" to the real cosign: images
// signed with a key, and with a certificate as Fulcio gives out, on a registry
// of the test's own. Building cosign takes minutes, so that these are no tests
// of "make test".
package cosign_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var bin string // where belay and cosign are

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "belay-cosign-")
	if err != nil {
		panic(err)
	}
	bin = dir
	for _, build := range [][]string{
		{"go", "build", "-o", dir + "/cosign", "github.com/sigstore/cosign/v3/cmd/cosign"},
		{"go", "build", "-C", "../..", "-o", dir + "/belay", "./cmd/belay"},
	} {
		if out, err := exec.Command(build[0], build[1:]...).CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v: %v\n%s", build, err, out))
		}
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// A desk is a directory with a spec of two images, of which one is signed.
type desk struct {
	dir, signed, unsigned string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	d := &desk{dir: t.TempDir(), signed: host + "/team/signed:v1", unsigned: host + "/team/unsigned:v1"}
	for _, reference := range []string{d.signed, d.unsigned} {
		ref, err := name.ParseReference(reference)
		require.NoError(t, err)
		image, err := random.Image(64, 1)
		require.NoError(t, err)
		require.NoError(t, remote.Write(ref, image))
	}
	return d
}

func (d *desk) run(t *testing.T, command string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, command), args...)
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+d.dir, "COSIGN_PASSWORD=", "COSIGN_YES=true")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (d *desk) must(t *testing.T, command string, args ...string) {
	t.Helper()
	out, err := d.run(t, command, args...)
	require.NoError(t, err, "%s %v\n%s", command, args, out)
}

func (d *desk) write(t *testing.T, name string, data []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(d.dir, name), data, 0o600))
}

// pin makes a spec of an image, and pins it with a command that verifies.
func (d *desk) pin(t *testing.T, image, verify string) (string, error) {
	t.Helper()
	require.NoError(t, os.RemoveAll(filepath.Join(d.dir, "belay.lock")))
	d.write(t, "app.cue", fmt.Appendf(nil, "package web\n\napps: web: image: %q\n", image))
	return d.run(t, "belay", "pin", "--verify", verify)
}

// requireJudged asks that the signed image is pinned and the other is not.
func (d *desk) requireJudged(t *testing.T, verify string) {
	t.Helper()
	out, err := d.pin(t, d.signed, verify)
	require.NoError(t, err, out)
	assert.FileExists(t, filepath.Join(d.dir, "belay.lock"))
	d.requireRefused(t, d.unsigned, verify)
}

func (d *desk) requireRefused(t *testing.T, image, verify string) {
	t.Helper()
	out, err := d.pin(t, image, verify)
	require.Error(t, err, out)
	assert.Contains(t, out, "error[unverified-image]")
	assert.NoFileExists(t, filepath.Join(d.dir, "belay.lock"))
}

// offline are flags without which cosign asks the transparency log of the
// world, which these signatures are not in.
const offline = " --insecure-ignore-tlog --insecure-ignore-sct --allow-http-registry"

func TestVerify_ByKey(t *testing.T) {
	d := newDesk(t)
	d.must(t, "cosign", "generate-key-pair")
	d.must(t, "cosign", "sign", "--key", "cosign.key", "--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry", d.signed)
	d.requireJudged(t, "cosign verify --key cosign.pub"+offline)

	require.NoError(t, os.Remove(filepath.Join(d.dir, "cosign.key")))
	require.NoError(t, os.Remove(filepath.Join(d.dir, "cosign.pub")))
	d.must(t, "cosign", "generate-key-pair")
	d.requireRefused(t, d.signed, "cosign verify --key cosign.pub"+offline) // another's key
}

func TestVerify_ByIdentity(t *testing.T) {
	d := newDesk(t)
	const issuer = "https://issuer.example.com"
	root, rootKey := certificate(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "root"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	leaf, leafKey := certificate(t, &x509.Certificate{
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		EmailAddresses: []string{"ci@example.com"},
		// The issuer of the identity: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 1}, Value: []byte(issuer)}},
	}, root, rootKey)
	d.write(t, "root.pem", encode("CERTIFICATE", root.Raw))
	d.write(t, "leaf.pem", encode("CERTIFICATE", leaf.Raw))
	der, err := x509.MarshalPKCS8PrivateKey(leafKey)
	require.NoError(t, err)
	d.write(t, "leaf.key", encode("PRIVATE KEY", der))
	d.must(t, "cosign", "import-key-pair", "--key", "leaf.key", "--output-key-prefix", "leaf-cosign")
	d.must(t, "cosign", "sign", "--key", "leaf-cosign.key", "--certificate", "leaf.pem", "--certificate-chain", "root.pem",
		"--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry", d.signed)
	d.must(t, "cosign", "trusted-root", "create", "--fulcio=url=https://fulcio.example.com,certificate-chain=root.pem", "--out", "trusted.json")

	verify := "cosign verify --new-bundle-format=false --trusted-root trusted.json --certificate-oidc-issuer " + issuer + " --certificate-identity "
	d.requireJudged(t, verify+"ci@example.com"+offline)
	d.requireRefused(t, d.signed, verify+"someone@example.com"+offline)
}

// certificate makes a certificate and its key, signed by a parent or itself.
func certificate(t *testing.T, template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	if parent == nil {
		parent, signer = template, key
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	made, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return made, key
}

func encode(kind string, der []byte) []byte {
	return bytes.TrimSpace(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
