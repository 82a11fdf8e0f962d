package cluster

import (
	"fmt"
	"net"
	"os"
)

// ports of a cluster, counted from a free base.
type ports struct{ base int }

const portCount = 9

func (p ports) etcd() int       { return p.base }
func (p ports) etcdPeer() int   { return p.base + 1 }
func (p ports) api() int        { return p.base + 2 }
func (p ports) webhook() int    { return p.base + 3 }
func (p ports) istio() int      { return p.base + 4 }
func (p ports) pprof(n int) int { return p.base + 5 + n } // of Knative's processes, 0 to 3

// freePorts finds a base whose ports nothing listens on. Where it begins to
// look depends on our pid, so that two runs that start at once do not meet.
func freePorts() (ports, error) {
	const lowest, span = 20000, 12000 // below what the kernel hands out to clients
	steps := span / portCount
	for i := range steps {
		base := lowest + (os.Getpid()+i)%steps*portCount
		if free(base) {
			return ports{base}, nil
		}
	}
	return ports{}, fmt.Errorf("no %d free ports in a row between %d and %d", portCount, lowest, lowest+span)
}

func free(base int) bool {
	for port := base; port < base+portCount; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}
