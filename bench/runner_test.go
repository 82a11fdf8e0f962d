package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// TestServeRuns measures a command and one that fails, as the process does that
// starts them.
func TestServeRuns(t *testing.T) {
	var in, out bytes.Buffer
	requests := json.NewEncoder(&in)
	for _, script := range []string{"read line; test \"$line $NAME $PWD\" = \"hello value /\"", "echo broken >&2; exit 3"} {
		stdin := t.TempDir() + "/stdin"
		if err := os.WriteFile(stdin, []byte("hello\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := requests.Encode(runRequest{Dir: "/", Stdin: stdin, Args: []string{"sh", "-c", script}, Env: []string{"NAME=value"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := serveRuns(&in, &out); err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(&out)
	var first, second runAnswer
	if err := answers.Decode(&first); err != nil {
		t.Fatal(err)
	}
	if err := answers.Decode(&second); err != nil {
		t.Fatal(err)
	}
	if first.Error != "" || first.Result.Wall <= 0 || first.Result.Wall > time.Hour || first.Result.RSS <= 0 {
		t.Errorf("the command that succeeds: %+v", first)
	}
	if !strings.Contains(second.Error, "exit status 3") || !strings.Contains(second.Error, "broken") {
		t.Errorf("the command that fails: %+v", second)
	}
	if err := answers.Decode(&first); err != io.EOF {
		t.Errorf("more than two answers: %v", err)
	}
}
