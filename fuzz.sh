#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other, for the time given.
set -euo pipefail
cd "$(dirname "$0")"

for package in $(go list ./...); do
	for target in $(go test "$package" -list '^Fuzz' | grep '^Fuzz' || true); do
		echo "== $package $target"
		go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "${1:-5m}" -fuzzminimizetime 2s
	done
done
