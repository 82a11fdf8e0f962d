package kubernetes

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// labelName validates the key of a label; "" is none.
func (f findings) labelName(field, key string) {
	if key != "" && len(validation.IsQualifiedName(key)) > 0 {
		f.invalid("%s is %q; it takes the key of a label, as \"team\" or \"example.com/team\"", field, key)
	}
}

// labelValue validates the value of a label.
func (f findings) labelValue(field, value string) {
	if len(validation.IsValidLabelValue(value)) > 0 {
		f.invalid("%s is %q; it takes the value of a label: at most 63 letters, digits, '-', '_' and '.', a letter or digit first and last", field, value)
	}
}

// selector validates a selector by labels
// (k8s.io/apimachinery/pkg/apis/meta/v1/validation, ValidateLabelSelector).
func (f findings) selector(field string, s *metav1.LabelSelector) {
	if s == nil {
		return
	}
	f = f.at(field)
	for _, key := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		f.at("matchLabels", key).labelName("the label", key)
		f.at("matchLabels", key).labelValue(key, s.MatchLabels[key])
	}
	for i, r := range s.MatchExpressions {
		f := f.at("matchExpressions").index(i)
		f.at("key").labelName("key", r.Key)
		f.setOperator(string(r.Operator), len(r.Values), `"In", "NotIn", "Exists" or "DoesNotExist"`)
		for j, value := range r.Values {
			f.at("values").index(j).labelValue("the value", value)
		}
	}
}

// labelKeys validates keys whose values are compared with the pod's own
// (ValidateMatchLabelKeysInTopologySpread, ValidateMatchLabelKeysAndMismatchLabelKeys).
func (f findings) labelKeys(field string, keys []string, s *metav1.LabelSelector) {
	if len(keys) > 0 && s == nil {
		f.at(field).misplaced("%s goes with labelSelector only", field)
		return
	}
	for i, key := range keys {
		f.at(field).index(i).labelName("the key", key)
		if field == "matchLabelKeys" && selects(s, key) {
			f.at(field).index(i).invalid("%s is in labelSelector as well", key)
		}
	}
}

// selects reports whether a selector has a requirement on a key.
func selects(s *metav1.LabelSelector, key string) bool {
	_, ok := s.MatchLabels[key]
	return ok || slices.ContainsFunc(s.MatchExpressions, func(r metav1.LabelSelectorRequirement) bool { return r.Key == key })
}

// Overlooks reports whether a selector certainly does not select the pods of a
// revision, given their labels, and the first requirement that these do not
// fulfil. Labels that a cluster adds are not known here.
func Overlooks(s *metav1.LabelSelector, labels map[string]string) (path []string, key string, ok bool) {
	if s == nil {
		return nil, "", false
	}
	for _, key := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		if value, has := labels[key]; !added(key) && (!has || value != s.MatchLabels[key]) {
			return []string{"matchLabels", key}, key, true
		}
	}
	for i, r := range s.MatchExpressions {
		value, has := labels[r.Key]
		fulfilled := true
		switch r.Operator {
		case metav1.LabelSelectorOpIn:
			fulfilled = has && contains(r.Values, value)
		case metav1.LabelSelectorOpNotIn:
			fulfilled = !has || !contains(r.Values, value)
		case metav1.LabelSelectorOpExists:
			fulfilled = has
		case metav1.LabelSelectorOpDoesNotExist:
			fulfilled = !has
		}
		if !added(r.Key) && !fulfilled {
			return []string{"matchExpressions", strconv.Itoa(i), "key"}, r.Key, true
		}
	}
	return nil, "", false
}

// added reports whether Knative, Istio or Kubernetes may add a label to pods
// (knative.dev/serving/pkg/reconciler/revision/resources/meta.go, makeLabels).
func added(key string) bool {
	domain, _, _ := strings.Cut(key, "/")
	return domain == "serving.knative.dev" || strings.HasSuffix(domain, "istio.io") || key == "pod-template-hash"
}
