#!/usr/bin/env bash
# Holds ten thousand random specs, and as many with a mistake, to what upstream
# says of them, and as many hostile ones to what a tenant may emit and, with the
# file system watched, may read. Then runs every fuzz target of the module, one
# after the other, for the time given.
set -euo pipefail
cd "$(dirname "$0")"

go test ./golden -run '^TestDifferential' -v -rapid.checks=10000
go test ./golden -run '^TestHostileSpecs' -v -rapid.checks=10000

for package in $(go list ./...); do
	for target in $(go test "$package" -list '^Fuzz' | grep '^Fuzz' || true); do
		echo "== $package $target"
		go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "${1:-5m}" -fuzzminimizetime 2s
	done
done
