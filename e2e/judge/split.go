package judge

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Share is what a revision gets of the requests.
type Share struct {
	Revision string
	Tag      string // the share has a host of its own, too
	Percent  int64
}

// Declared is the split in an object's spec. latest names the newest ready
// revision of a Configuration; without a name, of the object itself.
func Declared(u *unstructured.Unstructured, latest func(configuration string) (string, error)) ([]Share, error) {
	return shares(u, "spec", latest)
}

// Reported is the split in an object's status.
func Reported(u *unstructured.Unstructured) []Share {
	split, _ := shares(u, "status", func(string) (string, error) { return "", nil })
	return split
}

// shares reads a list of traffic targets. Those without a tag that go to one
// revision are one share, and none if they get nothing.
func shares(u *unstructured.Unstructured, field string, latest func(string) (string, error)) (all []Share, err error) {
	targets, _, _ := unstructured.NestedSlice(u.Object, field, "traffic")
	for _, t := range targets {
		m, _ := t.(map[string]any)
		var s Share
		s.Revision, _ = m["revisionName"].(string)
		s.Tag, _ = m["tag"].(string)
		s.Percent, _ = m["percent"].(int64)
		if s.Revision == "" {
			configuration, _ := m["configurationName"].(string)
			if s.Revision, err = latest(configuration); err != nil {
				return nil, err
			}
		}
		same := slices.IndexFunc(all, func(o Share) bool { return o.Tag == "" && s.Tag == "" && o.Revision == s.Revision })
		if same >= 0 {
			all[same].Percent += s.Percent
			continue
		}
		all = append(all, s)
	}
	all = slices.DeleteFunc(all, func(s Share) bool { return s.Percent == 0 && s.Tag == "" })
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Tag, b.Tag))
	})
	return all, nil
}
