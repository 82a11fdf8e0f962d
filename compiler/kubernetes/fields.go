package kubernetes

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/belay-sh/belay/internal/diag"
)

// EnvFields are the fields of a pod that a variable may have
// (validEnvDownwardAPIFieldPathExpressions), those of one label or annotation
// apart.
var EnvFields = []string{
	"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
	"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
}

// VolumeFields are the fields of a pod that a file may have
// (validVolumeDownwardAPIFieldPathExpressions), likewise.
var VolumeFields = []string{"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"}

// EnvField validates the field of a pod that a variable gets its value from
// (validateObjectFieldSelector).
func EnvField(path string) []Finding { return field(path, EnvFields) }

// VolumeField validates the field of a pod that a file gets its content from
// (validateDownwardAPIVolumeFile).
func VolumeField(path string) []Finding { return field(path, VolumeFields) }

// subscript is one label or annotation (k8s.io/kubernetes/pkg/fieldpath,
// SplitMaybeSubscriptedPath).
var subscript = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.*)\['(.*)'\]$`) })

func field(path string, fields []string) []Finding {
	return collect(func(f findings) {
		m := subscript().FindStringSubmatch(path)
		switch {
		case m == nil && slices.Contains(fields, path):
		case m == nil:
			f.add(diag.UnknownValue, diag.Error, "", "the field is %q; it takes %s, metadata.labels['<key>'] or metadata.annotations['<key>']", path, strings.Join(fields, ", "))
		case m[1] != "metadata.labels" && m[1] != "metadata.annotations":
			f.add(diag.UnknownValue, diag.Error, "", "%s has no keys; metadata.labels and metadata.annotations have", m[1])
		case len(validation.IsQualifiedName(strings.ToLower(m[2]))) > 0:
			f.invalid("the key is %q; it takes the key of a label or annotation", m[2])
		}
	})
}
