package registry

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/pin"
)

// A session is what a run has to do with one registry.
type session struct {
	client  *Client
	open    chan struct{} // a slot for each request that the run may have open
	targets []*target     // not none
	answers []pin.Answer

	mu     sync.Mutex
	access map[string]*access // by repository
}

// access is how a repository is reached: with a token, a password, or nothing.
type access struct {
	puller *remote.Puller
	login  login
	shared bool // the token is for other repositories as well
	err    error
}

// run answers the targets of the session.
func (s *session) run(ctx context.Context) {
	s.access = map[string]*access{}
	for _, repositories := range s.byLogin(ctx) {
		s.connect(ctx, repositories)
	}
	limit := maxRequests
	if s.targets[0].registry() == name.DefaultRegistry {
		limit = maxHubRequests
	}
	var workers errgroup.Group
	workers.SetLimit(limit)
	for _, t := range s.targets {
		workers.Go(func() error {
			defer fault.Exit()
			s.open <- struct{}{}
			defer func() { <-s.open }()
			start := time.Now()
			s.answer(ctx, t)
			s.tell(Event{Registry: t.registry(), Took: time.Since(start)})
			return nil
		})
	}
	_ = workers.Wait() // what fails is in the answers
}

func (s *session) answer(ctx context.Context, t *target) {
	l := &lookup{session: s, target: t}
	entry, err := l.entry(ctx)
	var failure *pin.Failure
	if err != nil {
		failure = s.failure(ctx, t, err)
	}
	for _, i := range t.asked {
		s.answers[i] = pin.Answer{Entry: entry, Failure: failure}
	}
}

func (s *session) tell(e Event) {
	if s.client.opts.Done == nil {
		return
	}
	s.client.telling.Lock()
	defer s.client.telling.Unlock()
	s.client.opts.Done(e)
}

// byLogin are the repositories of the session, those with the same credentials
// together: a docker config may have some for a part of a registry. A
// repository whose credentials can't be had has its access.
func (s *session) byLogin(ctx context.Context) (groups [][]name.Repository) {
	byKey := map[string]int{}
	for _, t := range s.targets {
		r := t.ref.Context()
		if s.access[r.Name()] != nil {
			continue
		}
		login, err := s.client.keys.find(ctx, r)
		s.access[r.Name()] = &access{login: login, err: err}
		if err != nil {
			continue
		}
		at, ok := byKey[login.key]
		if !ok {
			at = len(groups)
			byKey[login.key] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], r)
	}
	return groups
}

// connect asks a registry how it wants to be asked, and gets one token for all
// repositories. If it is refused, as by registries that know no such token, by
// front ends that find the request too long, or because one repository is not
// the user's to pull, then the halves are tried.
func (s *session) connect(ctx context.Context, repositories []name.Repository) {
	scopes := make([]string, len(repositories))
	for i, r := range repositories {
		scopes[i] = r.Scope(transport.PullScope)
	}
	first := s.access[repositories[0].Name()]
	made, err := s.dial(ctx, repositories[0].Registry, first.login, scopes)
	if n := len(repositories); n > 1 && refused(err) {
		s.connect(ctx, repositories[:n/2])
		s.connect(ctx, repositories[n/2:])
		return
	}
	for _, r := range repositories {
		s.access[r.Name()] = &access{puller: made, login: s.access[r.Name()].login, shared: len(repositories) > 1, err: err}
	}
}

// dial makes what pulls from a registry with one ping and at most one token.
func (s *session) dial(ctx context.Context, registry name.Registry, l login, scopes []string) (*remote.Puller, error) {
	inner := &challenged{inner: s.client.transport, registry: registry, auth: l.auth, scopes: scopes}
	t, err := transport.NewWithContext(ctx, registry, l.auth, inner, scopes)
	if err != nil {
		return nil, err
	}
	return remote.NewPuller(remote.WithTransport(t))
}

// refused reports whether something was refused for what it was asked for, and
// not because there is no registry. Wrong credentials are not among the
// reasons: asked again, they lock accounts.
func refused(err error) bool {
	var status *transport.Error
	return errors.As(err, &status) && !isPing(status) && slices.Contains([]int{
		http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusRequestEntityTooLarge,
		http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge,
	}, status.StatusCode)
}

// isPing reports whether an error is the answer to the question whether there
// is a registry at all.
func isPing(e *transport.Error) bool { return e.Request != nil && e.Request.URL.Path == "/v2/" }

// reach is the access to a repository.
func (s *session) reach(r name.Repository) *access {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.access[r.Name()]
}

// alone gives a repository a token of its own, where the shared one did not
// open it: there are registries that heed only the first scope of a request.
func (s *session) alone(ctx context.Context, r name.Repository) *access {
	old := s.reach(r)
	made, err := s.dial(ctx, r.Registry, old.login, []string{r.Scope(transport.PullScope)})
	now := &access{puller: made, login: old.login, err: err}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access[r.Name()] = now
	return now
}

// login is what a registry may know of the user.
type login struct {
	key  string // of the docker config's entry; "" for none
	auth authn.Authenticator
}

func (l login) anonymous() bool { return l.auth == authn.Anonymous }

// host is a registry with Docker Hub as people know it.
func host(registry string) string {
	if registry == name.DefaultRegistry {
		return "docker.io"
	}
	return registry
}
