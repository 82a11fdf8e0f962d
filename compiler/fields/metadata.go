package fields

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
)

// Metadata maps the labels and annotations of each of an app's objects.
var Metadata = Table[ir.App, metav1.ObjectMeta]{
	labels(target.OnObjects),
	annotations(target.OnObjects),
}

// RouteMetadata maps what is besides on the object that routes: visibility and
// rollout are read from it (knative.dev/serving/pkg/reconciler/route).
var RouteMetadata = Table[ir.App, metav1.ObjectMeta]{
	{
		Spec: "name", Object: "name",
		write: func(_ *Conversion, _ *ir.Node, s *ir.App, o *metav1.ObjectMeta) { o.Name = s.Name },
		read:  func(_ *Conversion, o *metav1.ObjectMeta, s *ir.App) { s.Name, s.Spec.Name = o.Name, o.Name },
	},
	{
		Spec: "namespace", Object: "namespace",
		write: func(_ *Conversion, _ *ir.Node, s *ir.App, o *metav1.ObjectMeta) { o.Namespace = s.Namespace },
		read: func(_ *Conversion, o *metav1.ObjectMeta, s *ir.App) {
			s.Namespace, s.Spec.Namespace = o.Namespace, o.Namespace
		},
	},
	label("visibility", objectmeta.VisibilityLabel,
		func(s *ir.App) string {
			if s.Spec.Visibility == objectmeta.ClusterLocal {
				return s.Spec.Visibility
			}
			return ""
		},
		func(s *ir.App, value string) { s.Spec.Visibility = value }),
	annotation("rollout.duration", "serving.knative.dev/", "rollout-duration",
		func(_ *Conversion, s *ir.App) string { return duration(s.Spec.Rollout.Duration) },
		func(s *ir.App, value string) { s.Spec.Rollout.Duration = duration(value) }),
}

// labels maps the labels of the user's that belong in a place.
func labels(place target.Place) Row[ir.App, metav1.ObjectMeta] {
	return usersKeys("labels", place, target.Label,
		func(s *ir.App) *map[string]string { return &s.Spec.Labels },
		func(o *metav1.ObjectMeta) *map[string]string { return &o.Labels },
		func(o *metav1.ObjectMeta, key string) bool {
			return key == objectmeta.DataplaneModeLabel && isAmbient(o) || key == waypointLabel && isMeshed(o)
		})
}

// annotations maps the annotations of the user's that belong in a place.
func annotations(place target.Place) Row[ir.App, metav1.ObjectMeta] {
	return usersKeys("annotations", place, target.Annotation,
		func(s *ir.App) *map[string]string { return &s.Spec.Annotations },
		func(o *metav1.ObjectMeta) *map[string]string { return &o.Annotations },
		func(o *metav1.ObjectMeta, key string) bool {
			return isScraped(o) && slices.Contains([]string{scrapeAnnotation, scrapePort, scrapePath}, key)
		})
}

// usersKeys maps labels or annotations. What belongs everywhere is read from the
// objects. Keys that have a field of their own are read into that.
func usersKeys(field string, place target.Place, lookup func(string) target.MetadataKey, from func(*ir.App) *map[string]string, to func(*metav1.ObjectMeta) *map[string]string, hasField func(*metav1.ObjectMeta, string) bool) Row[ir.App, metav1.ObjectMeta] {
	return Row[ir.App, metav1.ObjectMeta]{
		Spec: field, Object: field,
		write: func(_ *Conversion, _ *ir.Node, s *ir.App, o *metav1.ObjectMeta) {
			for key, value := range *from(s) {
				if p := lookup(key).Place; p == place || p == target.Everywhere {
					put(to(o), key, value)
				}
			}
		},
		read: func(_ *Conversion, o *metav1.ObjectMeta, s *ir.App) {
			for key, value := range *to(o) {
				p := lookup(key).Place
				inPlace := p == place || p == target.Everywhere && place == target.OnObjects
				if inPlace && !hasField(o, key) {
					put(from(s), key, value)
				}
			}
		},
		find: func(_ *Conversion, n *ir.Node, _ *ir.App, path string) *ir.Node {
			return entry(n.Find(field), path)
		},
	}
}

// put adds an entry to a map, which it makes if there is none.
func put(m *map[string]string, key, value string) {
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[key] = value
}

// label returns the row that maps a field to a label. It writes no label for the
// value "".
func label[S any](spec, key string, value func(*S) string, read func(*S, string)) Row[S, metav1.ObjectMeta] {
	return Row[S, metav1.ObjectMeta]{
		Spec: spec, Object: "labels." + key,
		write: func(_ *Conversion, _ *ir.Node, s *S, o *metav1.ObjectMeta) {
			if v := value(s); v != "" {
				put(&o.Labels, key, v)
			}
		},
		read: func(_ *Conversion, o *metav1.ObjectMeta, s *S) {
			if v, ok := o.Labels[key]; ok {
				read(s, v)
			}
		},
	}
}

// annotation returns the row that maps a field to an annotation, by the name that
// the annotation has in the newest release. It writes none for the value "".
func annotation[S any](spec, group, name string, value func(*Conversion, *S) string, read func(*S, string)) Row[S, metav1.ObjectMeta] {
	row := Row[S, metav1.ObjectMeta]{
		Spec: spec, Object: "annotations." + group + name,
		write: func(c *Conversion, _ *ir.Node, s *S, o *metav1.ObjectMeta) {
			if v := value(c, s); v != "" {
				put(&o.Annotations, group+c.Target.AnnotationName(name), v)
			}
		},
		read: func(_ *Conversion, o *metav1.ObjectMeta, s *S) {
			for _, name := range target.AnnotationNames(name) {
				if v, ok := o.Annotations[group+name]; ok {
					read(s, v)
					return
				}
			}
		},
	}
	for _, former := range target.AnnotationNames(name)[1:] {
		row.Others = append(row.Others, "annotations."+group+former)
	}
	return row
}
