// Package cluster runs a Kubernetes control plane with Knative Serving and the
// admission of Istio, as processes of this machine. What is real and what is
// not is in ../README.md.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Cluster is a running control plane.
type Cluster struct {
	*Client
	Config *rest.Config // for a member of system:masters

	dir         string // certificates, data, logs
	kubeconfig  string
	executables map[string]string
	ports       ports
	pki         pki
	processes   []*process // in the order in which they were started
	apiserver   *process
	manager     *process
	settings    settings
}

const token = "e2e"

// Start builds what is not built yet and starts everything; it returns when
// Services can be applied. source is the directory of the module e2e. Stop must
// be called whether it succeeds or not.
func Start(ctx context.Context, source string) (*Cluster, error) {
	c := &Cluster{}
	var err error
	if c.executables, err = build(ctx, source); err != nil {
		return c, err
	}
	objects, err := readManifests()
	if err != nil {
		return c, err
	}
	if c.dir, err = os.MkdirTemp("", "belay-e2e-"); err != nil {
		return c, err
	}
	if c.ports, err = freePorts(); err != nil {
		return c, err
	}
	if c.pki, err = newPKI(c.dir); err != nil {
		return c, err
	}
	if err := c.connect(); err != nil {
		return c, err
	}
	if err := c.startKubernetes(ctx); err != nil {
		return c, err
	}
	if err := c.install(ctx, objects); err != nil {
		return c, err
	}
	return c, c.startControllers(ctx)
}

// Stop ends all processes and removes their data. The logs stay if keepLogs.
func (c *Cluster) Stop(keepLogs bool) {
	for i := len(c.processes) - 1; i >= 0; i-- {
		c.processes[i].stop(0) // the data goes too, so that nothing need be orderly
	}
	if c.dir == "" {
		return
	}
	if keepLogs {
		_ = os.RemoveAll(filepath.Join(c.dir, "etcd"))
		fmt.Fprintln(os.Stderr, "e2e: logs are in", c.dir)
		return
	}
	_ = os.RemoveAll(c.dir)
}

// connect writes the kubeconfig of the processes and makes our own client.
func (c *Cluster) connect() (err error) {
	c.kubeconfig = filepath.Join(c.dir, "kubeconfig")
	if err := clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{"e2e": {
			Server: fmt.Sprintf("https://127.0.0.1:%d", c.ports.api()), CertificateAuthority: c.pki.caFile,
		}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"admin": {Token: token}},
		Contexts:       map[string]*clientcmdapi.Context{"e2e": {Cluster: "e2e", AuthInfo: "admin"}},
		CurrentContext: "e2e",
	}, c.kubeconfig); err != nil {
		return err
	}
	if c.Config, err = clientcmd.BuildConfigFromFlags("", c.kubeconfig); err != nil {
		return err
	}
	c.Config.QPS = -1 // no limit
	c.Client, err = newClient(c.Config)
	return err
}

// run starts a process of the cluster.
func (c *Cluster) run(name string, env []string, executable string, args ...string) (*process, error) {
	p, err := start(c.dir, name, env, append([]string{c.executables[executable]}, args...)...)
	if err == nil {
		c.processes = append(c.processes, p)
	}
	return p, err
}

// wait calls ready until it returns nil. It gives up when the process that it
// is about ends, and after a minute.
func (c *Cluster) wait(ctx context.Context, p *process, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended", p.name)
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w, its log's end:\n%s", p.name, errors.Join(ctx.Err(), err), p.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Kubectl runs the kubectl that belongs to the cluster, and returns what it
// prints on standard output.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.executables["kube"], append([]string{
		"kubectl", "--kubeconfig", c.kubeconfig, "--cache-dir", filepath.Join(c.dir, "kubectl"),
	}, args...)...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("kubectl %s: %w\n%s", args[0], err, exit.Stderr)
	}
	return string(out), err
}
