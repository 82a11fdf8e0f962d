package fields

import (
	"cmp"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// PodMetadata maps the labels and annotations of the app's pods. Those of the
// autoscaler are a revision's (Scale).
var PodMetadata = Table[ir.App, metav1.ObjectMeta]{
	labels(target.OnPods),
	annotations(target.OnPods),
	// The labels by which pods join the mesh, or stay outside. Istio reads the
	// annotation of that name too; it is deprecated.
	label("mesh.inject", objectmeta.InjectLabel,
		func(s *ir.App) string {
			m := s.Spec.Mesh
			if m == nil {
				return ""
			}
			return strconv.FormatBool(!m.Ambient && (m.Inject == nil || *m.Inject))
		},
		func(s *ir.App, value string) {
			inject := value == "true"
			s.Spec.Mesh = &schema.Mesh{Inject: &inject}
		}),
	label("mesh.ambient", objectmeta.DataplaneModeLabel,
		func(s *ir.App) string {
			if s.Spec.Mesh != nil && s.Spec.Mesh.Ambient {
				return objectmeta.Ambient
			}
			return ""
		},
		func(s *ir.App, value string) {
			if m := s.Spec.Mesh; m != nil && !*m.Inject && value == objectmeta.Ambient {
				m.Ambient, m.Inject = true, nil
			}
		}),
	label("mesh.waypoint", waypointLabel,
		func(s *ir.App) string {
			if s.Spec.Mesh == nil {
				return ""
			}
			return s.Spec.Mesh.Waypoint
		},
		func(s *ir.App, value string) {
			if s.Spec.Mesh != nil {
				s.Spec.Mesh.Waypoint = value
			}
		}),
	// Where Prometheus finds the app's own metrics.
	scrape("mesh.telemetry.scrape", scrapeAnnotation, func(*schema.Scrape) string { return "true" }, func(*schema.Scrape, string) {}),
	scrape("mesh.telemetry.scrape.port", scrapePort,
		func(s *schema.Scrape) string { return strconv.Itoa(int(cmp.Or(s.Port, defaultScrapePort))) },
		func(s *schema.Scrape, value string) {
			if port := int32(atoi(value)); port != defaultScrapePort {
				s.Port = port
			}
		}),
	scrape("mesh.telemetry.scrape.path", scrapePath,
		func(s *schema.Scrape) string { return cmp.Or(s.Path, defaultScrapePath) },
		func(s *schema.Scrape, value string) {
			if value != defaultScrapePath {
				s.Path = value
			}
		}),
}

const (
	waypointLabel    = "istio.io/use-waypoint"
	scrapeAnnotation = "prometheus.io/scrape"
	scrapePort       = "prometheus.io/port"
	scrapePath       = "prometheus.io/path"

	defaultScrapePort int32 = 9091
	defaultScrapePath       = "/metrics"
)

// isMeshed reports whether a template has the label that every app with a field
// mesh has.
func isMeshed(o *metav1.ObjectMeta) bool {
	inject := o.Labels[objectmeta.InjectLabel]
	return inject == "true" || inject == "false"
}

func isAmbient(o *metav1.ObjectMeta) bool {
	return o.Labels[objectmeta.InjectLabel] == "false" && o.Labels[objectmeta.DataplaneModeLabel] == objectmeta.Ambient
}

// isScraped reports whether a template has all annotations that stand for
// mesh.telemetry.scrape. Others of the kind are the user's own.
func isScraped(o *metav1.ObjectMeta) bool {
	port, err := strconv.ParseUint(o.Annotations[scrapePort], 10, 16)
	return isMeshed(o) && o.Annotations[scrapeAnnotation] == "true" && err == nil && port > 0 && o.Annotations[scrapePath] != ""
}

// scrape maps a setting of the app's own metrics to an annotation. They are read
// only in the mesh: elsewhere the annotations are the user's.
func scrape(spec, key string, value func(*schema.Scrape) string, read func(*schema.Scrape, string)) Row[ir.App, metav1.ObjectMeta] {
	return Row[ir.App, metav1.ObjectMeta]{
		Spec: spec, Object: "annotations." + key,
		write: func(_ *Conversion, _ *ir.Node, s *ir.App, o *metav1.ObjectMeta) {
			if m := s.Spec.Mesh; m != nil && m.Telemetry != nil && m.Telemetry.Scrape != nil {
				put(&o.Annotations, key, value(m.Telemetry.Scrape))
			}
		},
		read: func(_ *Conversion, o *metav1.ObjectMeta, s *ir.App) {
			v, ok := o.Annotations[key]
			if !ok || s.Spec.Mesh == nil || !isScraped(o) {
				return
			}
			if s.Spec.Mesh.Telemetry == nil {
				s.Spec.Mesh.Telemetry = &schema.Telemetry{}
			}
			if s.Spec.Mesh.Telemetry.Scrape == nil {
				s.Spec.Mesh.Telemetry.Scrape = &schema.Scrape{}
			}
			read(s.Spec.Mesh.Telemetry.Scrape, v)
		},
	}
}
