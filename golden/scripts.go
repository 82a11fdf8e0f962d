package golden

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// Status is a command for scripts: it runs a program and asks for an exit code,
// as in "status 2 belay vet nothing". The script sees what was printed as after
// exec.
func Status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("%s: exit code %s, not %s", strings.Join(args[1:], " "), code, args[0])
	}
}
