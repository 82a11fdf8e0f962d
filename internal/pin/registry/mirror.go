package registry

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// A Mirror stands in for a registry, or for a part of one: what From has in
// front is asked for under To. Both are a registry with any path behind it, as
// "docker.io" and "harbor.example.com/hub".
type Mirror struct{ From, To string }

// ParseMirror reads FROM=TO.
func ParseMirror(text string) (Mirror, error) {
	from, to, ok := strings.Cut(text, "=")
	m := Mirror{From: strings.Trim(from, "/"), To: strings.Trim(to, "/")}
	if !ok || m.From == "" || m.To == "" || strings.Contains(text, "://") {
		return m, fmt.Errorf("%q is not FROM=TO, as docker.io=mirror.example.com", text)
	}
	for _, prefix := range []string{m.From, m.To} {
		if host, path, nested := strings.Cut(prefix, "/"); nested {
			if _, err := name.NewRepository(path); err != nil {
				return m, err
			}
		} else if _, err := name.NewRegistry(host); err != nil {
			return m, err
		}
	}
	return m, nil
}

// mirrored is a repository on its mirror: that of the longest prefix, by whole
// parts of the path. Plain HTTP is allowed where the user said so.
func (c *Client) mirrored(r name.Repository) (name.Repository, error) {
	whole, longest := r.Name(), ""
	for _, m := range c.opts.Mirrors {
		from := hubName(m.From)
		if rest, ok := strings.CutPrefix(r.Name()+"/", from+"/"); ok && len(from) > len(longest) {
			whole, longest = m.To+"/"+strings.TrimSuffix(rest, "/"), from
		}
	}
	host, path, _ := strings.Cut(strings.TrimSuffix(whole, "/"), "/")
	var opts []name.Option
	if c.opts.insecure(host) {
		opts = append(opts, name.Insecure)
	}
	registry, err := name.NewRegistry(host, opts...)
	return registry.Repo(path), err
}

// hubName is a prefix with Docker Hub as the references have it.
func hubName(prefix string) string {
	host, path, nested := strings.Cut(prefix, "/")
	if host == "docker.io" || host == "registry-1.docker.io" {
		host = name.DefaultRegistry
	}
	if nested {
		return host + "/" + path
	}
	return host
}
