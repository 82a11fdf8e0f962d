package registry

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/cli/cli/config/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/belay-sh/belay/internal/fault"
)

// keychain finds the user's credentials for a repository: those of the docker
// or podman configuration and of the credential helpers it names, those in
// DOCKER_AUTH_CONFIG, and, for the registries of clouds, of their helpers. Each
// entry is asked for once: a helper is a program, and may take a second.
type keychain struct {
	file  *configfile.ConfigFile
	parts map[string]types.AuthConfig // entries for a part of a registry, by the beginning of a repository's name

	mu    sync.Mutex
	found map[string]func() (login, error)
}

func newKeychain(path string) (*keychain, error) {
	file, err := loadConfig(path)
	if err != nil {
		return nil, err
	}
	k := &keychain{file: file, parts: map[string]types.AuthConfig{}, found: map[string]func() (login, error){}}
	for key, entry := range file.AuthConfigs {
		// Docker's library takes such an entry, whichever comes first, for the
		// whole registry.
		if strings.Contains(key, "/") && !strings.Contains(key, "://") && !strings.HasSuffix(key, "/") {
			k.parts[key] = entry
			delete(file.AuthConfigs, key)
		}
	}
	return k, nil
}

// loadConfig reads the file given; or docker's; or podman's, which has the
// same form, where docker has none (containers-auth.json(5)).
func loadConfig(path string) (*configfile.ConfigFile, error) {
	if path == "" && !exists(filepath.Join(config.Dir(), config.ConfigFileName)) {
		for _, p := range podmanConfigs() {
			if exists(p) {
				path = p
				break
			}
		}
	}
	if path == "" {
		return config.Load("")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	file, err := config.LoadFromReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s is no docker config: %w", path, err)
	}
	return file, nil
}

func podmanConfigs() []string {
	const name = "containers/auth.json"
	home, _ := os.UserHomeDir()
	return []string{
		os.Getenv("REGISTRY_AUTH_FILE"),
		filepath.Join(cmp.Or(os.Getenv("XDG_RUNTIME_DIR"), "/nonexistent"), name),
		filepath.Join(cmp.Or(os.Getenv("XDG_CONFIG_HOME"), filepath.Join(home, ".config")), name),
	}
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// find is the login for a repository. The entry that names the most of its
// path wins, as podman has it; docker's entries name a registry only. A helper
// that hangs is left behind when ctx ends.
func (k *keychain) find(ctx context.Context, r name.Repository) (login, error) {
	key := k.entry(r)
	k.mu.Lock()
	if k.found[key] == nil {
		k.found[key] = sync.OnceValues(func() (login, error) { return k.ask(r.RegistryStr(), key) })
	}
	ask := k.found[key]
	k.mu.Unlock()

	var l login
	var err error
	done := make(chan struct{})
	go func() {
		defer fault.Exit()
		l, err = ask()
		close(done)
	}()
	select {
	case <-done:
		return l, err
	case <-ctx.Done():
		return login{}, context.Cause(ctx)
	}
}

// entry is the key of the repository's entry: a part of its name, or its
// registry if there is none.
func (k *keychain) entry(r name.Repository) string {
	for key := r.Name(); strings.Contains(key, "/"); key = key[:strings.LastIndexByte(key, '/')] {
		_, file := k.parts[key]
		_, helper := k.file.CredentialHelpers[key]
		if file || helper {
			return key
		}
	}
	return r.RegistryStr()
}

// ask gets the credentials of an entry.
func (k *keychain) ask(registry, key string) (login, error) {
	found, err := k.read(registry, key)
	if err != nil {
		return login{}, &credentialError{err}
	}
	if found.ServerAddress = ""; found == (types.AuthConfig{}) {
		if found, err = askCloud(registry); err != nil {
			return login{}, &credentialError{err}
		}
	}
	if found == (types.AuthConfig{}) {
		return login{auth: authn.Anonymous}, nil
	}
	return login{key: key, auth: authn.FromConfig(authn.AuthConfig{
		Username: found.Username, Password: found.Password, Auth: found.Auth,
		IdentityToken: found.IdentityToken, RegistryToken: found.RegistryToken,
	})}, nil
}

// read is what the configuration has for an entry.
func (k *keychain) read(registry, key string) (types.AuthConfig, error) {
	if part, ok := k.parts[key]; ok {
		return part, nil
	}
	found, err := k.file.GetAuthConfig(key)
	if found.ServerAddress = ""; err == nil && found == (types.AuthConfig{}) && registry == name.DefaultRegistry {
		return k.file.AuthConfigs["docker.io"], nil // as podman writes it
	}
	return found, err
}

// credentialError says that the credentials could not be had.
type credentialError struct{ error }

func (e *credentialError) Unwrap() error { return e.error }
