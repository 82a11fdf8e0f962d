package overlay

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDuplicates_Identity: the versions of a kind, and no namespace and the namespace
// default, are one identity; another group, kind, namespace or name is another one.
func TestDuplicates_Identity(t *testing.T) {
	const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n"
	const policy = "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a, namespace: shop}\nspec: {mtls: {mode: STRICT}}\n"
	const message = "there is another "
	for name, c := range map[string]struct {
		stream string
		want   []string
	}{
		"once":                            {config + "---\n" + policy, nil},
		"the same":                        {service + "---\n" + service, []string{"error[duplicate-name] Service/web metadata.name: " + message + "Service web in namespace shop"}},
		"three times":                     {config + "---\n" + config + "---\n" + config, []string{"error[duplicate-name] ConfigMap/a metadata.name: " + message + "ConfigMap a in namespace default", "error[duplicate-name] ConfigMap/a metadata.name: " + message + "ConfigMap a in namespace default"}},
		"another version":                 {policy + "---\n" + edited(t, policy, "/v1", "/v1beta1", "STRICT", "DISABLE"), []string{"error[duplicate-name] PeerAuthentication/a metadata.name: " + message + "PeerAuthentication a in namespace shop"}},
		"no namespace":                    {config + "---\n" + edited(t, config, ", namespace: default", ""), []string{"error[duplicate-name] ConfigMap/a metadata.name: " + message + "ConfigMap a"}},
		"another name":                    {config + "---\n" + edited(t, config, "name: a", "name: b"), nil},
		"another namespace":               {config + "---\n" + edited(t, config, "default", "shop"), nil},
		"another kind":                    {config + "---\n" + edited(t, config, "ConfigMap", "Secret"), nil},
		"another group":                   {config + "---\n" + edited(t, config, "v1", "example.com/v1"), nil},
		"names that the API server makes": {edited(t, config, "name: a", "generateName: a") + "---\n" + edited(t, config, "name: a", "generateName: a"), nil},
		"not for a cluster":               {config + "---\n" + edited(t, config, "{name: a", "{annotations: {config.kubernetes.io/local-config: \"true\"}, name: a"), nil},
	} {
		t.Run(name, func(t *testing.T) { assert.ElementsMatch(t, c.want, lines(Duplicates(parse(t, c.stream)))) })
	}
}

// TestDuplicates_First reports the later object, with the first as
// the other one.
func TestDuplicates_First(t *testing.T) {
	objects := parse(t, service+"---\n"+service)
	findings := Duplicates(objects)
	require.Len(t, findings, 1)
	assert.Same(t, objects[1], findings[0].Object)
	assert.Same(t, objects[0], findings[0].First)
}
