GO      ?= go
TOOL    := $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 5m

# One build of every package: what tests build (programs, the image, the hooks from a
# copy of the source) is built as the tests are, and comes out of the same cache.
export GOFLAGS := -trimpath $(GOFLAGS)
export CGO_ENABLED := 0
export PATH := $(CURDIR)/.cache/pre-commit/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo build man test golden release recipes lint fuzz bench e2e cosign

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## /{printf "  %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## compile the article's app, two revisions at 50/50, offline
	@cat fixtures/hello-split/app.cue && echo "--- compiles to ---" && $(GO) run ./cmd/belay render fixtures/hello-split

build: ## build belay and belay-krm into bin/
	$(GO) build -o bin/ ./cmd/belay ./cmd/belay-krm

man: ## write the man pages into bin/man
	$(GO) test ./cmd/belay -count=1 -run '^TestManPages$$' -man $(CURDIR)/bin/man

test: .cache/pre-commit ## run all tests, with pre-commit installed for them; the last line says how many
	$(TOOL) gotestsum --format pkgname -- ./...

# pre-commit, in a directory that Git ignores. Where Python cannot make virtual
# environments, the system's is used.
.cache/pre-commit: tools/pre-commit.txt
	rm -rf $@
	(python3 -m venv $@ && $@/bin/pip install --quiet --disable-pip-version-check --requirement $<) || \
		(rm -rf $@ && mkdir -p $@ && (command -v pre-commit || (apt-get update -qq && apt-get install -qqy pre-commit)))
	touch $@

golden: ## rewrite golden/, the scripts' expectations and docs/reference to what the code does now
	$(GO) test ./golden -update && $(GO) test ./cmd/belay -run TestScripts -update && $(GO) generate ./internal/diag ./docs/reference

release: ## regenerate what differs between the releases in internal/target/releases.go, then golden
	$(GO) generate ./internal/target && $(MAKE) golden

recipes: ## carry out the recipes of ARCHITECTURE.md in a copy, and each again without one of its files
	$(GO) test ./recipes -carry-out -v -count=1 -timeout 60m

lint: ## gofmt, vet, staticcheck, generated files in step
	./lint.sh

fuzz: ## 10,000 random specs against upstream, then every fuzz target for FUZZTIME (5m)
	./fuzz.sh $(FUZZTIME)

bench: ## measure against kustomize and cue; writes BENCHMARKS.md
	cd bench && $(GO) run . -o ../BENCHMARKS.md

e2e: ## apply every bundle to a real API server with Knative's webhooks
	staticcheck=$$($(TOOL) -n staticcheck) && cd e2e && $(GO) vet ./... && $$staticcheck ./... && $(GO) test ./cluster ./judge && $(GO) test -count=1 -timeout 60m

cosign: ## hold belay pin --verify to the real cosign, which takes minutes to build
	cd tools/cosign && $(GO) test ./... -count=1 -timeout 60m
