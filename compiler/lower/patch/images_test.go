package patch

import (
	"testing"

	"github.com/go-json-experiment/json/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// TestUnpinnedImages_LooksWhereAPodHasImages patches images without a digest
// into each place; one with a digest, and one that was there before, pass.
func TestUnpinnedImages_LooksWhereAPodHasImages(t *testing.T) {
	const digest = "@sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"
	volume := func(ref string) corev1.Volume {
		return corev1.Volume{VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: ref}}}
	}
	after := &servingv1.Service{}
	after.Spec.Template.Spec.PodSpec = corev1.PodSpec{
		InitContainers: []corev1.Container{{Image: "init:v1"}},
		Containers:     []corev1.Container{{Image: "old:v1"}, {Image: "new" + digest}, {Image: "new:v1"}},
		Volumes:        []corev1.Volume{{}, volume("data:v1"), volume("data:v1" + digest)},
	}
	before := []byte(`{"spec": {"template": {"spec": {"containers": [{"image": "old:v1"}]}}}}`)
	var paths []string
	data, err := json.Marshal(after)
	require.NoError(t, err)
	for _, v := range unpinnedImages(before, data) {
		paths = append(paths, v.Path)
	}
	assert.Equal(t, []string{
		"spec.template.spec.initContainers[0].image",
		"spec.template.spec.containers[2].image",
		"spec.template.spec.volumes[1].image.reference",
	}, paths)
	assert.Empty(t, unpinnedImages([]byte(`{}`), []byte(`{}`)))
}
