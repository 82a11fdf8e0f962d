package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/kubernetes"
)

// startKubernetes starts etcd and the API server and waits for it.
func (c *Cluster) startKubernetes(ctx context.Context) error {
	etcd := fmt.Sprintf("http://127.0.0.1:%d", c.ports.etcd())
	peer := fmt.Sprintf("http://127.0.0.1:%d", c.ports.etcdPeer())
	if _, err := c.run("etcd", nil, "kube", "etcd",
		"--name", "e2e", "--data-dir", filepath.Join(c.dir, "etcd"), "--log-level", "warn",
		"--unsafe-no-fsync", // only a crash of the machine would lose anything
		"--listen-client-urls", etcd, "--advertise-client-urls", etcd,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "e2e="+peer,
	); err != nil {
		return err
	}
	tokens := filepath.Join(c.dir, "tokens.csv")
	if err := os.WriteFile(tokens, []byte(token+",admin,admin,system:masters\n"), 0o600); err != nil {
		return err
	}
	var err error
	if c.apiserver, err = c.run("apiserver", nil, "kube", "apiserver",
		"--etcd-servers", etcd, "--secure-port", fmt.Sprint(c.ports.api()),
		"--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
		"--endpoint-reconciler-type", "none", // no endpoint may be a loopback address
		"--tls-cert-file", c.pki.certFile, "--tls-private-key-file", c.pki.keyFile, "--token-auth-file", tokens,
		"--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-signing-key-file", c.pki.accountKey, "--service-account-key-file", c.pki.accountKey,
		"--authorization-mode", "RBAC", "--anonymous-auth=false", "--service-cluster-ip-range", "10.0.0.0/16",
	); err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return err
	}
	return c.wait(ctx, c.apiserver, func(ctx context.Context) error {
		return client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// controllers are those that act on what Knative makes, and those that delete
// what is left of it.
var controllers = []string{
	"namespace-controller", "garbage-collector-controller", "deployment-controller", "replicaset-controller",
	"endpoints-controller", "endpointslice-controller", "endpointslice-mirroring-controller",
	"serviceaccount-controller", "root-ca-certificate-publisher-controller",
	"clusterrole-aggregation-controller", // Knative's roles are aggregated
	"horizontal-pod-autoscaler-controller",
}

// startManager starts the controllers of Kubernetes. The garbage collector
// knows the kinds that there are when it starts, and others half a minute
// later: until then it takes what belongs to them for theirs alone.
func (c *Cluster) startManager() (err error) {
	c.manager, err = c.run("controller-manager", nil, "kube", "controller-manager",
		"--kubeconfig", c.kubeconfig, "--bind-address", "127.0.0.1", "--secure-port", "0", "--leader-elect=false",
		"--service-account-private-key-file", c.pki.accountKey, "--root-ca-file", c.pki.caFile,
		"--controllers", strings.Join(controllers, ","), "--horizontal-pod-autoscaler-sync-period", "1s",
	)
	return err
}
