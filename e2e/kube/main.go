// Command kube is a Kubernetes control plane in one executable, so that its
// parts share one build and one link:
//
//	kube etcd | apiserver | controller-manager | kubectl [flags]
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

// parts are run by name. Each reads its flags from os.Args and exits itself.
var parts = map[string]func(){
	"etcd":               func() { etcdmain.Main(os.Args) },
	"apiserver":          func() { serve(apiserver.NewAPIServerCommand()) },
	"controller-manager": func() { serve(controllers.NewControllerManagerCommand()) },
	"kubectl":            func() { util.CheckErr(cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand())) },
}

func main() {
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: kube etcd | apiserver | controller-manager | kubectl [flags]")
		os.Exit(2)
	}
	part := parts[os.Args[1]]
	os.Args = append([]string{os.Args[1]}, os.Args[2:]...)
	part()
}

func serve(c *cobra.Command) { os.Exit(cli.Run(c)) }
