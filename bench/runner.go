package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
)

// A runner is this program as a process of its own, which starts the commands
// that are measured. The peak memory that the system reports of a command
// includes that of the process which started it; this one has registries and
// fleets in memory, and the runner has nothing.
type runner struct {
	in  *json.Encoder
	out *json.Decoder
}

// A run is what a runner is given for a command.
type runRequest struct {
	Dir, Stdin string
	Args, Env  []string
}

// A runAnswer is what it returns.
type runAnswer struct {
	Result result
	Error  string
}

// runners has the runner of this process, which is started when it is used.
var runners = sync.OnceValues(func() (*runner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "runner") // it ends with this process, whose pipe it reads
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &runner{json.NewEncoder(in), json.NewDecoder(out)}, cmd.Start()
})

// run measures a command.
func (r *runner) run(request runRequest) (result, error) {
	var answer runAnswer
	if err := r.in.Encode(request); err != nil {
		return result{}, err
	}
	if err := r.out.Decode(&answer); err != nil {
		return result{}, fmt.Errorf("the process that runs the commands: %w", err)
	}
	if answer.Error != "" {
		return result{}, errors.New(answer.Error)
	}
	return answer.Result, nil
}

// serveRuns is the other side of a runner: it answers requests until there are
// no more.
func serveRuns(in io.Reader, out io.Writer) error {
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var request runRequest
		err := requests.Decode(&request)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var answer runAnswer
		if answer.Result, err = measure(request); err != nil {
			answer.Error = err.Error()
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}
