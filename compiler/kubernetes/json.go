package kubernetes

import (
	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"
)

// A Validator validates a value that a spec passes on to Kubernetes, as JSON
// of the shape that the schema of the spec has.
type Validator func(data []byte) []Finding

// The values that a spec passes on.
var (
	ValidateTolerations    = validator(Tolerations)
	ValidateAffinity       = validator(func(a corev1.Affinity) []Finding { return Affinity(&a) })
	ValidateTopologySpread = validator(TopologySpread)
	ValidateClaim          = validator(func(c corev1.PersistentVolumeClaimSpec) []Finding { return Claim(&c) })
)

// validator decodes a value and validates it. A value that does not decode is
// of another shape than the schema's, which is reported where it is.
func validator[T any](validate func(T) []Finding) Validator {
	return func(data []byte) []Finding {
		var value T
		if err := json.Unmarshal(data, &value); err != nil {
			return nil
		}
		return validate(value)
	}
}

// ValidateSpreadOf is about the spread constraints, as JSON, of an app whose
// pods have certain labels: a constraint that does not count them spreads
// others.
func ValidateSpreadOf(labels map[string]string) Validator {
	return validator(func(list []corev1.TopologySpreadConstraint) []Finding {
		return collect(func(f findings) {
			for i, c := range list {
				if path, key, ok := Overlooks(c.LabelSelector, labels); ok {
					f.index(i).at("labelSelector").at(path...).
						useless("the constraint does not count the pods of the app: their label %s does not fulfil this", key)
				}
			}
		})
	})
}
