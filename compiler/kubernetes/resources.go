package kubernetes

import (
	"iter"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/belay-sh/belay/internal/diag"
)

// StandardResources are the resources of containers that have no domain
// (pkg/apis/core/helper, standardContainerResources), huge pages apart.
var StandardResources = []string{"cpu", "ephemeral-storage", "memory"}

func sorted[V any, K ~string](m map[K]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(string(key), m[key]) {
				return
			}
		}
	}
}

// resources validates the resources of a container
// (validateResourceRequirements).
func (f findings) resources(r corev1.ResourceRequirements) {
	for name, limit := range sorted(r.Limits) {
		f := f.at("limits", name)
		f.below(ResourceName(name))
		f.below(Limit(name, limit.String()))
	}
	for name, request := range sorted(r.Requests) {
		f := f.at("requests", name)
		f.below(ResourceName(name))
		f.below(Request(name, request.String()))
		if limit, ok := r.Limits[corev1.ResourceName(name)]; ok && request.Cmp(limit) > 0 {
			f.add(diag.RequestOverLimit, diag.Error, "", "the request for %s, %s, is over its limit, %s", name, request.String(), limit.String())
		}
	}
}

// ResourceName validates the name of a resource of containers
// (validateContainerResourceName).
func ResourceName(name string) []Finding {
	return collect(func(f findings) {
		domain, rest, ok := strings.Cut(name, "/")
		switch {
		case !ok && (slices.Contains(StandardResources, name) || strings.HasPrefix(name, "hugepages-")):
		case !ok:
			f.add(diag.UnknownValue, diag.Error, "", `the resource is %q; it takes cpu, memory, ephemeral-storage, hugepages-<size> or a name with a domain, as "nvidia.com/gpu"`, name)
		case strings.HasPrefix(domain, "requests."):
			f.invalid("the resource is %q; a domain does not begin with \"requests.\"", name)
		case len(validation.IsQualifiedName(name)) > 0, len(validation.IsQualifiedName("requests."+name)) > 0:
			f.invalid("the resource is %q; it takes a qualified name, as \"nvidia.com/%s\"", name, rest)
		}
	})
}

// claim validates the spec of a PersistentVolumeClaim
// (ValidatePersistentVolumeClaimSpec).
func (f findings) claim(spec *corev1.PersistentVolumeClaimSpec) {
	if len(spec.AccessModes) == 0 {
		f.missing("the claim lacks the field accessModes")
	}
	for i, mode := range spec.AccessModes {
		switch mode {
		case corev1.ReadWriteOnce, corev1.ReadOnlyMany, corev1.ReadWriteMany:
		case corev1.ReadWriteOncePod:
			if len(spec.AccessModes) > 1 {
				f.at("accessModes").index(i).invalid("ReadWriteOncePod does not go with other access modes")
			}
		default:
			f.at("accessModes").index(i).unknown("the access mode", mode, `"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany" or "ReadWriteOncePod"`)
		}
	}
	storage, ok := spec.Resources.Requests[corev1.ResourceStorage]
	switch {
	case !ok:
		f.at("resources", "requests").missing("requests lacks the field storage")
	case storage.Sign() <= 0:
		f.at("resources", "requests", "storage").add(diag.OutOfBounds, diag.Error, "", "storage is %s; it takes more than 0", storage.String())
	}
	f.selector("selector", spec.Selector)
	if class := spec.StorageClassName; class != nil {
		f.at("storageClassName").name("storageClassName", *class)
	}
	if mode := spec.VolumeMode; mode != nil && *mode != corev1.PersistentVolumeFilesystem {
		f.at("volumeMode").unknown("volumeMode", *mode, `"Filesystem": no container mounts anything else`)
	}
	f.dataSources(spec.DataSource, spec.DataSourceRef)
}

// dataSources validates what a volume is filled with (validateDataSource,
// validateDataSourceRef).
func (f findings) dataSources(source *corev1.TypedLocalObjectReference, ref *corev1.TypedObjectReference) {
	if source != nil {
		f.at("dataSource").dataSource(source.APIGroup, source.Kind)
	}
	if ref != nil {
		f.at("dataSourceRef").dataSource(ref.APIGroup, ref.Kind)
	}
	if source == nil || ref == nil {
		return
	}
	same := source.Kind == ref.Kind && source.Name == ref.Name && text(source.APIGroup) == text(ref.APIGroup)
	if !same || text(ref.Namespace) != "" {
		f.at("dataSource").misplaced("dataSource and dataSourceRef are not the same source; write dataSourceRef alone")
	}
}

func (f findings) dataSource(group *string, kind string) {
	if text(group) == "" && kind != "PersistentVolumeClaim" {
		f.at("kind").invalid("kind is %q; without apiGroup it takes \"PersistentVolumeClaim\"", kind)
	}
}

// Claim validates the spec of a claim that is made for a pod.
func Claim(spec *corev1.PersistentVolumeClaimSpec) []Finding {
	return collect(func(f findings) { f.claim(spec) })
}

// volume validates a volume (validateVolumeSource).
func (f findings) volume(v corev1.Volume) {
	if v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil {
		f.at("ephemeral", "volumeClaimTemplate", "spec").claim(&v.Ephemeral.VolumeClaimTemplate.Spec)
	}
	if v.Image != nil && v.Image.Reference != "" {
		f.at("image", "reference").image(v.Image.Reference)
	}
	if v.EmptyDir != nil && v.EmptyDir.SizeLimit != nil {
		f.at("emptyDir", "sizeLimit").below(SizeLimit(v.EmptyDir.SizeLimit.String()))
	}
	if v.Projected == nil {
		return
	}
	for i, source := range v.Projected.Sources {
		if source.DownwardAPI == nil {
			continue
		}
		for j, item := range source.DownwardAPI.Items {
			if item.FieldRef != nil {
				f.at("projected", "sources").index(i).at("downwardAPI", "items").index(j).at("fieldRef", "fieldPath").
					below(VolumeField(item.FieldRef.FieldPath))
			}
		}
	}
}

// text is a string that may be left out.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
