package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/adapter/snapshot"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/target"
)

func (c *cli) targetCommand() *cobra.Command {
	f := &targetFlags{}
	cmd := &cobra.Command{
		Use:   "target [PATH...]",
		Short: "Show the clusters that specs are compiled for",
		Long: `Show the target of each spec: the releases of Knative and Istio, the domain, and
the settings that the spec has; and what each value is from, which is a place in
the spec, the lock, a flag or a default.`,
		Example: `  belay target ./...
  belay target --target prod --format json ./...`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.showTargets(cmd, f, args) },
	}
	f.addTo(cmd)
	cmd.Flags().StringVar(&f.format, "format", "text", "how to print: text or json")
	cmd.AddCommand(c.snapshotCommand())
	return cmd
}

func (c *cli) snapshotCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "snapshot [FILE...]",
		Short: "Turn a cluster's ConfigMaps into a target block",
		Long: `Turn the ConfigMaps of a cluster's Knative into the target block of a spec, with
what differs from the release. Without files, or with -, it reads standard input.`,
		Example: `  kubectl get configmap -n knative-serving -o yaml | belay target snapshot
  belay target snapshot maps.yaml > target.cue`,
		RunE: func(_ *cobra.Command, args []string) error {
			documents, err := c.readAll(args)
			if err != nil {
				return err
			}
			_, block, err := snapshot.Take(documents)
			if err != nil {
				return err
			}
			return c.emit(block)
		},
	}
}

// readAll reads YAML files, or standard input, as one stream of documents.
func (c *cli) readAll(files []string) ([]byte, error) {
	if len(files) == 0 {
		files = []string{"-"}
	}
	var all []byte
	for _, name := range files {
		data, err := c.readFile(name)
		if err != nil {
			return nil, err
		}
		all = append(append(all, "\n---\n"...), data...)
	}
	return all, nil
}

func (c *cli) readFile(name string) ([]byte, error) {
	if name == "-" {
		return load.Options{Stdin: c.Stdin, Limits: frontend.Generous}.ReadStdin()
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(c.Dir, name)
	}
	return os.ReadFile(name)
}

// describeTarget returns the flags, settings and API versions of a target, as "belay
// explain --target" prints them.
func describeTarget(t *target.Target) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Knative %s\n", t.Knative)
	for _, configMap := range []string{"features", "defaults", "autoscaler", "network", "deployment", "gc"} {
		fmt.Fprintf(&b, "\nconfig-%s, as released:\n", configMap)
		for _, key := range t.Settings(configMap) {
			fmt.Fprintf(&b, "  %-50s %s\n", key, t.Setting(configMap, key))
		}
	}
	for _, line := range []struct{ what, value string }{
		{"Domain without config-domain", t.RouteDomain()},
		{"Paths that nothing can be mounted at", strings.Join(t.ReservedPaths(), ", ")},
		{"Ports that no app can listen on", strings.Trim(fmt.Sprint(target.ReservedPorts), "[]")},
		{"Spelling of autoscaling annotations", t.AutoscalingKey("min-scale")},
		{"Spelling of the rollout annotation", t.RolloutKey()},
		{"Service account of the activator", "knative-serving/" + t.ActivatorAccount()},
		{"Gateways", target.IngressGateway + ", " + target.LocalGateway},
		{"Fields that it does not have yet", cmp.Or(strings.Join(t.Lacks(), ", "), "none")},
	} {
		fmt.Fprintf(&b, "\n%s: %s", line.what, line.value)
	}
	fmt.Fprintf(&b, "\n\nIstio %s\n\nAPI versions:\n", t.Istio)
	for _, group := range []string{"networking.istio.io", "security.istio.io", "telemetry.istio.io"} {
		fmt.Fprintf(&b, "  %s\n", t.IstioAPI(group))
	}
	return b.String()
}
