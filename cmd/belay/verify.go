package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/belay-sh/belay/internal/relock"
)

// verifier judges images by a program, as "cosign verify --key cosign.pub",
// which gets the image as its last argument. Its words are separated by spaces;
// no shell reads them. It is run, not linked: sigstore's libraries would add
// 7 ms to the start of every command.
func verifier(command string) (relock.ImageVerifier, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, errors.New("--verify names no command")
	}
	program, err := exec.LookPath(words[0])
	if err != nil {
		return nil, fmt.Errorf("--verify: %w", err)
	}
	return func(ctx context.Context, image string) error {
		cmd := exec.CommandContext(ctx, program, append(words[1:len(words):len(words)], image)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		err := cmd.Run()
		if err == nil {
			return nil
		}
		return fmt.Errorf("%s: %s", words[0], lastLine(stderr.String(), err))
	}, nil
}

// lastLine returns the last line that a program wrote, which is where programs say
// what is wrong, or the error if it wrote nothing.
func lastLine(text string, err error) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return err.Error()
}
