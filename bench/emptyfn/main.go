// Emptyfn is a KRM function that does nothing, written as kyaml's own
// documentation has it: what belay's is held against.
package main

import (
	"os"

	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/fn/framework/command"
)

func main() {
	nothing := framework.ResourceListProcessorFunc(func(*framework.ResourceList) error { return nil })
	if err := command.Build(nothing, command.StandaloneDisabled, false).Execute(); err != nil {
		os.Exit(1)
	}
}
