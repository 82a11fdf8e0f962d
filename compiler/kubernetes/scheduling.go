package kubernetes

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/belay-sh/belay/internal/diag"
)

// Tolerations validates the tolerations of a pod
// (k8s.io/kubernetes/pkg/apis/core/validation, ValidateTolerations).
func Tolerations(list []corev1.Toleration) []Finding {
	return collect(func(f findings) {
		for i, t := range list {
			f.index(i).toleration(t)
		}
	})
}

func (f findings) toleration(t corev1.Toleration) {
	if t.Key == "" && t.Operator != corev1.TolerationOpExists {
		f.missing(`a toleration without operator "Exists" lacks the field key: only that operator takes all keys`)
	}
	f.at("key").labelName("key", t.Key)
	switch t.Operator {
	case corev1.TolerationOpExists:
		if t.Value != "" {
			f.at("value").misplaced(`value does not go with operator "Exists", which takes any value`)
		}
	case corev1.TolerationOpEqual, "":
		f.at("value").labelValue("value", t.Value)
	default:
		f.at("operator").unknown("operator", t.Operator, `"Equal" or "Exists"`)
	}
	switch t.Effect {
	case "", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
	default:
		f.at("effect").unknown("effect", t.Effect, `"NoSchedule", "PreferNoSchedule" or "NoExecute"`)
		return
	}
	if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
		f.at("tolerationSeconds").misplaced(`tolerationSeconds goes with effect "NoExecute" only`)
	}
}

// Affinity validates the affinity of a pod (validateAffinity).
func Affinity(a *corev1.Affinity) []Finding {
	if a == nil {
		return nil
	}
	return collect(func(f findings) {
		if node := a.NodeAffinity; node != nil {
			f.at("nodeAffinity").nodeAffinity(node)
		}
		if near := a.PodAffinity; near != nil {
			f.at("podAffinity").podAffinity(near.RequiredDuringSchedulingIgnoredDuringExecution, near.PreferredDuringSchedulingIgnoredDuringExecution)
		}
		if apart := a.PodAntiAffinity; apart != nil {
			f.at("podAntiAffinity").podAffinity(apart.RequiredDuringSchedulingIgnoredDuringExecution, apart.PreferredDuringSchedulingIgnoredDuringExecution)
		}
	})
}

const (
	required  = "requiredDuringSchedulingIgnoredDuringExecution"
	preferred = "preferredDuringSchedulingIgnoredDuringExecution"
)

// nodeAffinity validates which nodes a pod may run on, and which are better
// (ValidateNodeSelector, ValidatePreferredSchedulingTerms).
func (f findings) nodeAffinity(a *corev1.NodeAffinity) {
	if selector := a.RequiredDuringSchedulingIgnoredDuringExecution; selector != nil {
		terms := f.at(required, "nodeSelectorTerms")
		if len(selector.NodeSelectorTerms) == 0 {
			f.at(required).missing("%s lacks the field nodeSelectorTerms", required)
		}
		for i, term := range selector.NodeSelectorTerms {
			terms.index(i).nodeTerm(term)
			for j, r := range term.MatchExpressions {
				for k, value := range r.Values {
					terms.index(i).at("matchExpressions").index(j).at("values").index(k).labelValue("the value", value)
				}
			}
		}
	}
	for i, p := range a.PreferredDuringSchedulingIgnoredDuringExecution {
		f.at(preferred).index(i).weight(p.Weight)
		f.at(preferred).index(i).at("preference").nodeTerm(p.Preference)
	}
}

func (f findings) weight(weight int32) {
	if weight < 1 || weight > 100 {
		f.at("weight").add(diag.OutOfBounds, diag.Error, "", "weight is %d; it takes 1 to 100", weight)
	}
}

// nodeTerm validates a term of a selector of nodes (ValidateNodeSelectorTerm).
// A term without requirements selects no node
// (k8s.io/component-helpers/scheduling/corev1/nodeaffinity, isEmptyNodeSelectorTerm).
func (f findings) nodeTerm(term corev1.NodeSelectorTerm) {
	if len(term.MatchExpressions)+len(term.MatchFields) == 0 {
		f.invalid("a term without requirements selects no node")
	}
	for i, r := range term.MatchExpressions {
		f.at("matchExpressions").index(i).nodeRequirement(r)
	}
	for i, r := range term.MatchFields {
		f.at("matchFields").index(i).nodeField(r)
	}
}

// nodeRequirement validates a requirement on a label of nodes
// (ValidateNodeSelectorRequirement). The scheduler compares integers
// (k8s.io/apimachinery/pkg/labels, NewRequirement).
func (f findings) nodeRequirement(r corev1.NodeSelectorRequirement) {
	f.at("key").labelName("key", r.Key)
	switch r.Operator {
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
		if len(r.Values) != 1 {
			f.values(len(r.Values), "operator %q takes exactly one value", r.Operator)
		} else if _, err := strconv.ParseInt(r.Values[0], 10, 64); err != nil {
			f.at("values").index(0).invalid("the value is %q; operator %q compares integers", r.Values[0], r.Operator)
		}
	default:
		f.setOperator(string(r.Operator), len(r.Values), `"In", "NotIn", "Exists", "DoesNotExist", "Gt" or "Lt"`)
	}
}

// setOperator validates an operator on a set of values.
func (f findings) setOperator(operator string, values int, takes string) {
	switch operator {
	case "In", "NotIn":
		if values == 0 {
			f.values(0, "operator %q takes at least one value", operator)
		}
	case "Exists", "DoesNotExist":
		if values > 0 {
			f.at("values").misplaced("values do not go with operator %q", operator)
		}
	default:
		f.at("operator").unknown("operator", operator, takes)
	}
}

// values reports a wrong number of values: at the field, or if there is none
// at what lacks it.
func (f findings) values(count int, format string, args ...any) {
	if count == 0 {
		f.missing(format, args...)
		return
	}
	f.at("values").invalid(format, args...)
}

// nodeField validates a requirement on a field of nodes
// (ValidateNodeFieldSelectorRequirement).
func (f findings) nodeField(r corev1.NodeSelectorRequirement) {
	if r.Key != "metadata.name" {
		f.at("key").unknown("key", r.Key, `"metadata.name"`)
	}
	if r.Operator != corev1.NodeSelectorOpIn && r.Operator != corev1.NodeSelectorOpNotIn {
		f.at("operator").unknown("operator", r.Operator, `"In" or "NotIn"`)
	}
	if len(r.Values) != 1 {
		f.values(len(r.Values), "matchFields takes exactly one value")
	}
	for i, value := range r.Values {
		if len(validation.IsDNS1123Subdomain(value)) > 0 {
			f.at("values").index(i).invalid("the value is %q; it takes the name of a node", value)
		}
	}
}

// podAffinity validates which pods a pod runs near to, or apart from
// (validatePodAffinityTerms, validateWeightedPodAffinityTerms).
func (f findings) podAffinity(must []corev1.PodAffinityTerm, should []corev1.WeightedPodAffinityTerm) {
	for i, term := range must {
		f.at(required).index(i).podTerm(term)
	}
	for i, p := range should {
		f.at(preferred).index(i).weight(p.Weight)
		f.at(preferred).index(i).at("podAffinityTerm").podTerm(p.PodAffinityTerm)
	}
}

// podTerm validates a term about other pods (validatePodAffinityTerm).
func (f findings) podTerm(term corev1.PodAffinityTerm) {
	f.selector("labelSelector", term.LabelSelector)
	f.selector("namespaceSelector", term.NamespaceSelector)
	for i, namespace := range term.Namespaces {
		if len(validation.IsDNS1123Label(namespace)) > 0 {
			f.at("namespaces").index(i).invalid("the namespace is %q; it takes a DNS-1123 label", namespace)
		}
	}
	f.topologyKey(term.TopologyKey)
	f.labelKeys("matchLabelKeys", term.MatchLabelKeys, term.LabelSelector)
	f.labelKeys("mismatchLabelKeys", term.MismatchLabelKeys, term.LabelSelector)
	for i, key := range term.MatchLabelKeys {
		if contains(term.MismatchLabelKeys, key) {
			f.at("matchLabelKeys").index(i).invalid("%s is in mismatchLabelKeys as well", key)
		}
	}
	if term.LabelSelector == nil && len(term.MatchLabelKeys)+len(term.MismatchLabelKeys) == 0 {
		f.useless("the term lacks the field labelSelector, so that it is about no pod")
	}
}

// useless reports what Kubernetes accepts, and what has no effect.
func (f findings) useless(format string, args ...any) {
	f.add(diag.UnreadSetting, diag.Warning, "", format, args...)
}

func (f findings) topologyKey(key string) {
	if key == "" {
		f.missing("a term lacks the field topologyKey")
		return
	}
	f.at("topologyKey").labelName("topologyKey", key)
}

// TopologySpread validates the spread constraints of a pod
// (validateTopologySpreadConstraints).
func TopologySpread(list []corev1.TopologySpreadConstraint) []Finding {
	return collect(func(f findings) {
		for i, c := range list {
			f.index(i).spread(c)
			for _, earlier := range list[:i] {
				if earlier.TopologyKey == c.TopologyKey && earlier.WhenUnsatisfiable == c.WhenUnsatisfiable {
					f.index(i).at("topologyKey").add(diag.DuplicateName, diag.Error, "", "two constraints have topologyKey %q and whenUnsatisfiable %q", c.TopologyKey, c.WhenUnsatisfiable)
					break
				}
			}
		}
	})
}

func (f findings) spread(c corev1.TopologySpreadConstraint) {
	if c.MaxSkew < 1 {
		f.at("maxSkew").add(diag.OutOfBounds, diag.Error, "", "maxSkew is %d; it takes at least 1", c.MaxSkew)
	}
	f.topologyKey(c.TopologyKey)
	switch c.WhenUnsatisfiable {
	case corev1.DoNotSchedule, corev1.ScheduleAnyway:
	default:
		f.at("whenUnsatisfiable").unknown("whenUnsatisfiable", c.WhenUnsatisfiable, `"DoNotSchedule" or "ScheduleAnyway"`)
	}
	if c.MinDomains != nil && *c.MinDomains < 1 {
		f.at("minDomains").add(diag.OutOfBounds, diag.Error, "", "minDomains is %d; it takes at least 1", *c.MinDomains)
	}
	if c.MinDomains != nil && c.WhenUnsatisfiable == corev1.ScheduleAnyway {
		f.at("minDomains").misplaced(`minDomains goes with whenUnsatisfiable "DoNotSchedule" only`)
	}
	f.inclusion("nodeAffinityPolicy", c.NodeAffinityPolicy)
	f.inclusion("nodeTaintsPolicy", c.NodeTaintsPolicy)
	f.selector("labelSelector", c.LabelSelector)
	f.labelKeys("matchLabelKeys", c.MatchLabelKeys, c.LabelSelector)
	if c.LabelSelector == nil && len(c.MatchLabelKeys) == 0 {
		f.useless("the constraint lacks the field labelSelector, so that it counts no pod and has no effect")
	}
}

func (f findings) inclusion(field string, policy *corev1.NodeInclusionPolicy) {
	if policy != nil && *policy != corev1.NodeInclusionPolicyHonor && *policy != corev1.NodeInclusionPolicyIgnore {
		f.at(field).unknown(field, *policy, `"Honor" or "Ignore"`)
	}
}
