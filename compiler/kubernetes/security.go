package kubernetes

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/belay-sh/belay/internal/diag"
)

// Capabilities are those of Linux (capability.h), without CAP_, as container
// runtimes read them.
var Capabilities = strings.Fields(`
ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH
FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE
NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE
SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM`)

// Capability validates the name of a capability: the container runtime does
// not start a container with one that it does not have.
func Capability(name string) []Finding {
	return collect(func(f findings) {
		short, prefixed := strings.CutPrefix(name, "CAP_")
		switch {
		case slices.Contains(Capabilities, name):
		case prefixed && slices.Contains(Capabilities, short):
			f.add(diag.UnknownValue, diag.Error, `"`+short+`"`, "the capability is %q; it takes the name without CAP_", name)
		default:
			f.add(diag.UnknownValue, diag.Error, "", "the capability is %q, which Linux does not have", name)
		}
	})
}

// security validates what a container may do (ValidateSecurityContext), and
// that it starts (k8s.io/kubernetes/pkg/kubelet/kuberuntime/security_context_others.go,
// verifyRunAsNonRoot).
func (f findings) security(pod *corev1.PodSecurityContext, c *corev1.SecurityContext) {
	if pod == nil {
		pod = &corev1.PodSecurityContext{}
	}
	if c == nil {
		c = &corev1.SecurityContext{}
	}
	user, nonRoot := pod.RunAsUser, pod.RunAsNonRoot
	if c.RunAsUser != nil {
		user = c.RunAsUser
	}
	if c.RunAsNonRoot != nil {
		nonRoot = c.RunAsNonRoot
	}
	if user != nil && *user == 0 && nonRoot != nil && *nonRoot {
		f.at("runAsUser").add(diag.RootUser, diag.Error, "", "the container runs as user 0, root, and runAsNonRoot is true: the kubelet does not start it")
	}
	if c.Capabilities != nil {
		for i, name := range c.Capabilities.Add {
			f.at("capabilities", "add").index(i).below(Capability(string(name)))
		}
	}
	if escalation := c.AllowPrivilegeEscalation; escalation != nil && !*escalation && c.Privileged != nil && *c.Privileged {
		f.at("privileged").misplaced("privileged does not go with allowPrivilegeEscalation: false")
	}
}
