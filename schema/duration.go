package schema

import (
	"strings"
	"time"
)

// Duration is a duration as Go prints it, less the units that are zero: "10m"
// and "1m30s", not "10m0s".
func Duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
