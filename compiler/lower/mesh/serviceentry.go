package mesh

import (
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/compiler/fields"
	"github.com/belay-sh/belay/internal/ir"
)

// ServiceEntries makes hosts outside the mesh known to it: one object per host,
// with all ports of it that the app names, for the app's namespace alone.
func (a *App) ServiceEntries() (entries []Object) {
	if a.Spec.Mesh == nil {
		return nil
	}
	ports := map[string][]*networking.ServicePort{}
	for _, e := range a.Spec.Mesh.Egress {
		if e.Host != "" {
			port := &networking.ServicePort{}
			fields.Egress.Write(a.conversion(), a.Node, &e, port)
			ports[e.Host] = append(ports[e.Host], port)
		}
	}
	for _, host := range ir.Sorted(ports) {
		// No two apps share a name: the app's name has no '.', so that the first
		// one is where the host begins.
		name := a.Name + "." + strings.Replace(host, "*", "any", 1)
		entry := &networking.ServiceEntry{
			Hosts:      []string{host},
			Ports:      ports[host],
			Location:   networking.ServiceEntry_MESH_EXTERNAL,
			Resolution: networking.ServiceEntry_DNS,
			ExportTo:   []string{"."},
		}
		if strings.HasPrefix(host, "*") {
			entry.Resolution = networking.ServiceEntry_NONE
		}
		entries = append(entries, Object{Name: name, Spec: entry})
	}
	return entries
}
