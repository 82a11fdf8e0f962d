package kubernetes

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/belay-sh/belay/internal/diag"
)

// env validates the variables of a container (ValidateEnv).
func (f findings) env(variables []corev1.EnvVar) {
	for i, v := range variables {
		if len(validation.IsRelaxedEnvVarName(v.Name)) > 0 {
			f.index(i).at("name").add(diag.InvalidName, diag.Error, "", "the variable is %q; it takes printable ASCII without '='", v.Name)
		}
		if v.ValueFrom != nil {
			f.index(i).at("valueFrom").envSource(v)
		}
	}
}

// envSource validates where the value of a variable is from
// (validateEnvVarValueFrom).
func (f findings) envSource(v corev1.EnvVar) {
	s := v.ValueFrom
	sources := 0
	for _, given := range []bool{s.FieldRef != nil, s.ResourceFieldRef != nil, s.ConfigMapKeyRef != nil, s.SecretKeyRef != nil, s.FileKeyRef != nil} {
		if given {
			sources++
		}
	}
	switch {
	case sources == 1 && v.Value != "":
		f.misplaced("the variable %s has both value and valueFrom; remove one of them", v.Name)
	case sources != 1:
		f.invalid("valueFrom of the variable %s has %d sources; it needs exactly one, such as secretKeyRef: {name: \"db\", key: \"url\"}", v.Name, sources)
	}
	if s.FieldRef != nil {
		f.at("fieldRef", "fieldPath").below(EnvField(s.FieldRef.FieldPath))
	}
	if r := s.SecretKeyRef; r != nil {
		f.at("secretKeyRef").keyRef(r.Name, r.Key)
	}
	if r := s.ConfigMapKeyRef; r != nil {
		f.at("configMapKeyRef").keyRef(r.Name, r.Key)
	}
}

// keyRef validates a reference to a key of a Secret or a ConfigMap
// (validateSecretKeySelector, validateConfigMapKeySelector).
func (f findings) keyRef(name, key string) {
	if name == "" {
		f.at("name").missing("the reference has no name")
	} else {
		f.at("name").name("the name of the reference", name)
	}
	if key == "" {
		f.at("key").missing("the reference has no key")
	} else if len(validation.IsConfigMapKey(key)) > 0 {
		f.at("key").invalid("the key is %q; it takes letters, digits, '-', '_' and '.'", key)
	}
}
