package lower

import (
	"cmp"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/fields"
	"github.com/belay-sh/belay/compiler/lower/mesh"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// addKnative makes an object of Knative's, with every default that the webhook
// would set, and reports at the place in the spec what would be rejected. The
// revision is the one that the object's template is made from, or nil.
func (b *builder) addKnative(o admission.KnativeObject, r *ir.Revision) {
	data, violations := b.admission.AdmitKnative(o)
	meta := *o.GetObjectMeta().(*metav1.ObjectMeta)
	for _, v := range violations {
		if v.By == admission.Knative {
			v.Message = "Knative rejects this " + b.kind.name + ": " + v.Message
		}
		from := fields.Object{Kind: b.kind.name, Name: meta.Name, App: b.app, Revision: r}
		b.report(b.conversion().SpecNode(from, v.Path), v)
	}
	b.add(meta, data)
}

// addMesh makes an object that the mesh's control plane reads.
func (b *builder) addMesh(o mesh.Object) {
	meta := b.meta(o.Name)
	meta.Namespace = cmp.Or(o.Namespace, meta.Namespace)
	data, violations := b.admission.AdmitSpec(b.kind.name, meta, o.Spec)
	for _, v := range violations {
		v.Message = "Istio rejects this " + b.kind.name + ": " + v.Message
		from := fields.Object{Kind: b.kind.name, Name: meta.Name, App: b.app}
		b.report(b.conversion().SpecNode(from, v.Path), v)
	}
	b.add(meta, data)
}

// report reports a violation at a place in the spec.
func (b *builder) report(n *ir.Node, v admission.Violation) {
	at := n.Errorf
	if n.Kind == schema.Struct {
		at = n.KeyErrorf
	}
	b.diags.Add(at(v.Code, "%s", v.Message))
}

// add adds an object to the app's, of the kind that is made now.
func (b *builder) add(meta metav1.ObjectMeta, data []byte) {
	apiVersion := b.admission.APIVersion(b.kind.name)
	b.objects = append(b.objects, ir.Object{
		APIVersion: apiVersion, Kind: b.kind.name, Namespace: meta.Namespace, Name: meta.Name,
		FileKey: ir.FileKey{Namespace: b.app.Namespace, App: b.app.Name},
		Wave:    b.kind.wave,
		Cluster: ir.ClusterOf(apiVersion),
		JSON:    data,
	})
}

// controller returns the controller that admits the objects of a spec, and
// reports the settings that Knative rejects.
func controller(c *ir.Checked) (*admission.Controller, diag.List) {
	controller, err := admission.For(c.Target)
	if err == nil {
		return controller, nil
	}
	var diags diag.List
	var invalid admission.SettingErrors
	if !errors.As(err, &invalid) {
		panic("belay internal: settings: " + err.Error())
	}
	for _, e := range invalid {
		diags.Add(c.Node.Find("target", "config", e.ConfigMap).KeyErrorf(diag.InvalidSetting, "Knative rejects this config-%s: %v", e.ConfigMap, e.Err))
	}
	return nil, diags
}
