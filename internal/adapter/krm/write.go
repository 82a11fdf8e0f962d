package krm

import (
	"bytes"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// write writes a ResourceList as kio does, an item at a time. A YAML encoder
// keeps all that it has seen of a document until that ends: for a list, dozens of
// times what is written.
func write(list *kio.ByteReadWriter, items []*yaml.RNode) ([]byte, error) {
	around, err := writeOne(list, true)
	if err != nil || len(items) == 0 {
		return around, err
	}
	before, after, _ := bytes.Cut(around, []byte("\nitems: []\n"))
	head := append(before[:len(before):len(before)], "\nitems:\n"...)
	out := bytes.Clone(head)
	for _, item := range items {
		one, err := writeOne(list, false, item)
		if err != nil {
			return nil, err
		}
		out = append(out, bytes.TrimPrefix(one, head)...)
	}
	return append(out, after...), nil
}

// writeOne writes a list whose items are few.
func writeOne(list *kio.ByteReadWriter, rest bool, items ...*yaml.RNode) ([]byte, error) {
	var out bytes.Buffer
	w := kio.ByteWriter{
		Writer: &out, KeepReaderAnnotations: list.KeepReaderAnnotations,
		WrappingAPIVersion: list.WrappingAPIVersion, WrappingKind: list.WrappingKind,
	}
	if rest {
		w.FunctionConfig, w.Results = list.FunctionConfig, list.Results
	}
	err := w.Write(items)
	return out.Bytes(), err
}
