#!/usr/bin/env bash
# Everything that holds without running the code: formatting, vet, staticcheck,
# and that what is generated is what its source generates.
set -euo pipefail
cd "$(dirname "$0")"

unformatted=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	echo "gofmt would change:" $unformatted
	exit 1
fi
go vet ./...
staticcheck=$(go tool -modfile=tools/go.mod -n staticcheck)
"$staticcheck" ./...
for module in golden/kube tools/registry; do
	(cd "$module" && go vet ./... && "$staticcheck" ./...)
done
(cd bench && go vet ./... && "$staticcheck" ./...) # make e2e does the same for its own module, which takes minutes to build

generated="schema/table.go internal/diag/groups.go docs/reference/fields.md docs/reference/diagnostics.md"
before=$(sha256sum $generated)
go generate ./schema ./internal/diag ./docs/reference
if [ "$before" != "$(sha256sum $generated)" ]; then
	echo "commit the result of go generate ./schema ./internal/diag ./docs/reference: one of $generated is not what its source generates"
	exit 1
fi
