// Package registry looks up digests at container registries: the only part of
// belay that dials. It takes queries of the pin stage and answers them, many at
// a time and each once; what an answer is good for is the stage's to say.
//
//	queries -mirror-> targets, by registry -connect-> tokens -lookup-> answers
package registry

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// How many requests are open at a time: in all, and to Docker Hub, which
// answers 429 to more.
const (
	maxRequests    = 32
	maxHubRequests = 8
)

// Options of a client. The zero value asks registries as docker would.
type Options struct {
	Config   string   // a docker config file with credentials, instead of those of docker and podman
	CA       string   // a file of certificates in PEM, trusted beside the system's
	Insecure []string // registries that may speak plain HTTP, as host or host:port; loopback may anyway
	Mirrors  []Mirror

	Attempt time.Duration // how long one request may take; 0 for 20 s
	Tries   int           // of a request that fails for reasons that pass; 0 for 8
	Backoff time.Duration // the first pause between tries; 0 for 200 ms

	// Done, if not nil, is told of each image that has its answer. Calls do
	// not overlap.
	Done func(Event)
}

// An Event is an image that was looked up.
type Event struct {
	Registry string
	Took     time.Duration
}

// Client resolves references at their registries. It implements pin.Resolver.
type Client struct {
	opts      Options
	transport http.RoundTripper
	keys      *keychain
	telling   sync.Mutex // of opts.Done
}

// New makes a client. It reads the files that opts names, and does not dial.
func New(opts Options) (*Client, error) {
	roots, err := certificates(opts.CA)
	if err != nil {
		return nil, err
	}
	keys, err := newKeychain(opts.Config)
	if err != nil {
		return nil, err
	}
	return &Client{opts: opts, transport: newTransport(opts, roots), keys: keys}, nil
}

// certificates are the system's and those of a file; nil for the system's alone.
func certificates(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, err
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM", file)
	}
	return roots, nil
}

// A target is where a query goes: the reference's own registry, or its mirror.
type target struct {
	ref   name.Reference // a tag, or a digest
	query pin.Query
	asked []int // the queries that it answers
}

func (t *target) registry() string { return t.ref.Context().RegistryStr() }

// Resolve implements pin.Resolver.
func (c *Client) Resolve(ctx context.Context, queries []pin.Query) []pin.Answer {
	answers := make([]pin.Answer, len(queries))
	open := make(chan struct{}, maxRequests)
	var registries errgroup.Group
	for _, targets := range c.targets(queries, answers) {
		s := &session{client: c, open: open, targets: targets, answers: answers}
		registries.Go(func() error {
			defer fault.Exit()
			s.run(ctx)
			return nil
		})
	}
	_ = registries.Wait() // what fails is in the answers
	return answers
}

// targets are the distinct targets of queries, by registry, both sorted.
// References that can't be read are answered.
func (c *Client) targets(queries []pin.Query, answers []pin.Answer) (all [][]*target) {
	known := map[string]*target{}
	byRegistry := map[string][]*target{}
	for i, q := range queries {
		ref, err := c.locate(q)
		if err != nil {
			answers[i].Failure = &pin.Failure{Registry: q.Ref, Message: "names no image: " + err.Error(), Hint: "correct the reference, or the mirror"}
			continue
		}
		key := strings.Join(append([]string{ref.Name(), fmt.Sprint(q.Single)}, q.Platforms...), " ")
		if known[key] == nil {
			known[key] = &target{ref: ref, query: q}
			byRegistry[known[key].registry()] = append(byRegistry[known[key].registry()], known[key])
		}
		known[key].asked = append(known[key].asked, i)
	}
	for _, registry := range ir.Sorted(byRegistry) {
		targets := byRegistry[registry]
		slices.SortFunc(targets, func(a, b *target) int { return strings.Compare(a.ref.Name(), b.ref.Name()) })
		all = append(all, targets)
	}
	return all
}

// locate is the reference to ask for, on its mirror if it has one.
func (c *Client) locate(q pin.Query) (name.Reference, error) {
	ref, err := name.ParseReference(q.Ref, name.WeakValidation)
	if err != nil {
		return nil, err
	}
	repository, err := c.mirrored(ref.Context())
	if err != nil {
		return nil, err
	}
	switch own := ref.(type) {
	case name.Digest:
		return repository.Digest(own.DigestStr()), nil
	case name.Tag:
		if q.Digest == "" {
			return repository.Tag(own.TagStr()), nil
		}
	}
	return repository.Digest(q.Digest), nil
}

// Registries are the registries that queries go to, sorted, and how many
// images each is asked for.
func (c *Client) Registries(queries []pin.Query) (hosts []string, images []int) {
	for _, targets := range c.targets(queries, make([]pin.Answer, len(queries))) {
		hosts = append(hosts, targets[0].registry())
		images = append(images, len(targets))
	}
	return hosts, images
}
