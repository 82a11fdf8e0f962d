package lower

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
)

// A gateway is an element of a list of gateways in config-istio.
type gateway struct {
	Name          string
	Namespace     string
	Service       string
	LabelSelector *metav1.LabelSelector
}

// checkGatewayLists holds the lists of gateways in config-istio to what
// net-istio reads at its start, since it is no Go module that could be asked
// (knative-extensions/net-istio, pkg/reconciler/ingress/config/istio.go).
func checkGatewayLists(c *ir.Checked) (diags diag.List) {
	for _, key := range []string{"external-gateways", "local-gateways"} {
		text := c.Target.Config["istio"][key]
		if text == "" || !c.Target.GatewayLists() {
			continue // net-istio's own gateway
		}
		if err := checkGatewayList(text, c.Target.NoGateways()); err != nil {
			n := c.Node.Find("target", "config", "istio", key)
			diags.Add(n.KeyErrorf(diag.InvalidSetting, "net-istio refuses these %s: %v", key, err))
		}
	}
	return diags
}

func checkGatewayList(text string, mayBeEmpty bool) error {
	var list []gateway
	if err := yaml.Unmarshal([]byte(text), &list); err != nil {
		return err
	}
	everyones := 0
	for _, g := range list {
		if err := g.check(); err != nil {
			return fmt.Errorf("gateway %s/%s: %w", g.Namespace, g.Name, err)
		}
		if g.LabelSelector == nil {
			everyones++
		}
	}
	if everyones != 1 && (len(list) > 0 || !mayBeEmpty) {
		return fmt.Errorf("exactly one gateway is without a labelSelector, for the routes that no other selects; there are %d", everyones)
	}
	return nil
}

func (g gateway) check() error {
	switch {
	case g.Name == "" || g.Namespace == "" || g.Service == "":
		return errors.New("it takes name, namespace and service")
	case len(validation.IsDNS1123Subdomain(strings.TrimSuffix(g.Service, "."))) > 0:
		return fmt.Errorf("the service %q is no host name", g.Service)
	}
	_, err := metav1.LabelSelectorAsSelector(g.LabelSelector)
	return err
}
