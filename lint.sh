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
go tool -modfile=tools/go.mod staticcheck ./...

before=$(sha256sum schema/table.go)
go generate ./schema
if [ "$before" != "$(sha256sum schema/table.go)" ]; then
	echo "schema/table.go is not what app.cue generates: commit the result of go generate ./schema"
	exit 1
fi
