package kubernetes

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/belay-sh/belay/internal/diag"
)

const (
	// leastBytes is less than any process, file system or log takes.
	leastBytes = 1 << 20
	// leastLimit is less memory than a container starts with: the runtime's own
	// process, which becomes the container's, takes more.
	leastLimit = 4 << 20
	// mostCores is more than a container has on all but the largest machines.
	mostCores = 64
)

// suffixes of quantities (k8s.io/apimachinery/pkg/api/resource/suffix.go).
var suffixes = []struct {
	suffix string
	factor float64
}{
	{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}, {"Pi", 1 << 50}, {"Ei", 1 << 60},
	{"n", 1e-9}, {"u", 1e-6}, {"m", 1e-3}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}, {"E", 1e18},
}

// Amount returns the value of a quantity, near enough to compare two.
func Amount(quantity string) float64 {
	factor := 1.0
	for _, x := range suffixes {
		if number, ok := strings.CutSuffix(quantity, x.suffix); ok {
			quantity, factor = number, x.factor
			break
		}
	}
	value, _ := strconv.ParseFloat(quantity, 64)
	return value * factor
}

// Request validates the amount of a resource that a container requests, as
// Kubernetes does not: it accepts amounts that nobody means, such as a part of a
// byte, or a number whose unit is left out.
func Request(resource, quantity string) []Finding {
	return collect(func(f findings) { f.amount(resource, resource, quantity, leastBytes) })
}

// Limit validates the amount of a resource that a container is limited to.
func Limit(resource, quantity string) []Finding {
	least := leastBytes
	if resource == string(corev1.ResourceMemory) {
		least = leastLimit
	}
	return collect(func(f findings) { f.amount(resource, resource, quantity, float64(least)) })
}

// SizeLimit validates the size of an emptyDir.
func SizeLimit(quantity string) []Finding {
	return collect(func(f findings) { f.amount("sizeLimit", string(corev1.ResourceEphemeralStorage), quantity, leastBytes) })
}

// amount reports an amount of a resource that is not likely meant. Zero stands
// for none.
func (f findings) amount(field, resource, quantity string, least float64) {
	value := Amount(quantity)
	if value == 0 {
		return
	}
	if resource == string(corev1.ResourceCPU) {
		f.cores(field, quantity, value)
		return
	}
	bytes := resource == string(corev1.ResourceMemory) || resource == string(corev1.ResourceEphemeralStorage) || strings.HasPrefix(resource, corev1.ResourceHugePagesPrefix)
	if !bytes || value >= least && value == math.Trunc(value) {
		return
	}
	amount := strconv.FormatFloat(value, 'f', -1, 64) + " bytes"
	if !strings.HasPrefix(amount, quantity+" ") {
		amount = quantity + ", which is " + amount
	}
	expected := "whole bytes"
	if value < least {
		expected = fmt.Sprintf("at least %dMi", int64(least)>>20)
	}
	hint := ""
	if likely := withUnit(quantity, "Mi"); likely != "" && Amount(likely) >= least {
		hint = fmt.Sprintf("%s: %q", field, likely)
	} else if resource == string(corev1.ResourceMemory) {
		hint = fmt.Sprintf(`%s: "128Mi"`, field)
	}
	f.add(diag.UnlikelyQuantity, diag.Error, hint, "%s is %s; it takes %s", field, amount, expected)
}

// cores reports an amount of CPU that no machine has, or that Kubernetes cannot
// count.
func (f findings) cores(field, quantity string, cores float64) {
	switch {
	case cores < 0.001:
		f.add(diag.UnlikelyQuantity, diag.Error, fmt.Sprintf(`%s: "100m"`, field), "%s is %s; the least that Kubernetes counts is \"1m\", a thousandth of a core", field, quantity)
	case cores > mostCores:
		hint := ""
		if likely := withUnit(quantity, "m"); likely != "" {
			hint = fmt.Sprintf("%s: %q", field, likely)
		}
		f.add(diag.UnlikelyQuantity, diag.Warning, hint, "%s is %s whole cores; few machines have more than %d", field, strconv.FormatFloat(cores, 'f', -1, 64), mostCores)
	}
}

// withUnit returns the number of a quantity with the unit that was likely meant;
// "" if the number is not a whole one.
func withUnit(quantity, unit string) string {
	number := strings.TrimRight(quantity, "numkKMi")
	if _, err := strconv.ParseUint(number, 10, 32); err != nil {
		return ""
	}
	return number + unit
}
