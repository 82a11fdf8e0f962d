package policy

import (
	"fmt"
	"slices"

	"github.com/belay-sh/belay/internal/ir"
)

// A pod is what of a template's pod the rules look at, in Kubernetes' own form.
type pod struct {
	HostNetwork, HostPID, HostIPC bool

	ServiceAccountName string
	ImagePullSecrets   []struct{ Name string }
	Containers         []container
	InitContainers     []container
	Volumes            []volume
}

type container struct {
	Image string
	Env   []struct {
		ValueFrom struct{ SecretKeyRef struct{ Name string } }
	}
	EnvFrom         []struct{ SecretRef struct{ Name string } }
	SecurityContext struct {
		Privileged, AllowPrivilegeEscalation bool

		ProcMount    string
		Capabilities struct{ Add []string }
	}
}

type volume struct {
	HostPath  any
	Secret    struct{ SecretName string }
	CSI       struct{ NodePublishSecretRef struct{ Name string } }
	Image     struct{ Reference string }
	Projected struct {
		Sources []struct{ Secret struct{ Name string } }
	}
}

// pod judges the pod of a template.
func (j *judging) pod(p pod) {
	const at = "spec.template.spec"
	if j.tenant {
		for _, host := range []struct {
			field string
			set   bool
		}{{"hostNetwork", p.HostNetwork}, {"hostPID", p.HostPID}, {"hostIPC", p.HostIPC}} {
			if host.set {
				j.report(at+"."+host.field, "it shares the node's own")
			}
		}
	}
	if p.ServiceAccountName != "" && !j.serviceAccounts.permits(p.ServiceAccountName) {
		j.report(at+".serviceAccountName", "%s is not one of %s", p.ServiceAccountName, j.serviceAccounts)
	}
	for i, s := range p.ImagePullSecrets {
		j.secret(fmt.Sprintf("%s.imagePullSecrets[%d].name", at, i), s.Name)
	}
	for i, c := range p.Containers {
		j.container(fmt.Sprintf("%s.containers[%d]", at, i), c)
	}
	for i, c := range p.InitContainers {
		j.container(fmt.Sprintf("%s.initContainers[%d]", at, i), c)
	}
	for i, v := range p.Volumes {
		j.volume(fmt.Sprintf("%s.volumes[%d]", at, i), v)
	}
}

func (j *judging) secret(path, name string) {
	if name != "" && !j.secrets.permits(name) {
		j.report(path, "the Secret %s is not one of %s", name, j.secrets)
	}
}

func (j *judging) image(path, reference string) {
	if reference != "" && !j.images.permits(repository(reference)) {
		j.report(path, "%s is not one of %s", repository(reference), j.images)
	}
}

func (j *judging) container(at string, c container) {
	j.image(at+".image", c.Image)
	for i, e := range c.Env {
		j.secret(fmt.Sprintf("%s.env[%d].valueFrom.secretKeyRef.name", at, i), e.ValueFrom.SecretKeyRef.Name)
	}
	for i, e := range c.EnvFrom {
		j.secret(fmt.Sprintf("%s.envFrom[%d].secretRef.name", at, i), e.SecretRef.Name)
	}
	if !j.tenant {
		return
	}
	security := c.SecurityContext
	at += ".securityContext"
	if security.Privileged {
		j.report(at+".privileged", "the container is privileged")
	}
	if security.AllowPrivilegeEscalation {
		j.report(at+".allowPrivilegeEscalation", "the container may gain privileges")
	}
	if security.ProcMount != "" && security.ProcMount != "Default" {
		j.report(at+".procMount", "the container sees all of /proc")
	}
	for _, capability := range security.Capabilities.Add {
		if !slices.Contains(profileCapabilities, capability) && !j.permits(capability) {
			j.report(at+".capabilities.add", "the capability %s is none that a profile has", capability)
		}
	}
}

// permits reports whether the policy allows a capability where the spec has it.
func (j *judging) permits(capability string) bool {
	return slices.ContainsFunc(places("security", "capabilities", "*"), func(path []string) bool {
		return slices.ContainsFunc(find(j.app.Node, path...), func(n *ir.Node) bool { return n.Text == capability && j.allowed(n) })
	})
}

func (j *judging) volume(at string, v volume) {
	if j.tenant && v.HostPath != nil && !slices.ContainsFunc(find(j.app.Node, "**", "mounts", "*", "hostPath"), j.allowed) {
		j.report(at+".hostPath", "it opens the node's files to the pods")
	}
	j.secret(at+".secret.secretName", v.Secret.SecretName)
	j.secret(at+".csi.nodePublishSecretRef.name", v.CSI.NodePublishSecretRef.Name)
	j.image(at+".image.reference", v.Image.Reference)
	for i, s := range v.Projected.Sources {
		j.secret(fmt.Sprintf("%s.projected.sources[%d].secret.name", at, i), s.Secret.Name)
	}
}
