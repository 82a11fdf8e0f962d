package cluster

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// process is a part of the control plane. Its output goes to a log of its own.
type process struct {
	name    string
	log     string
	cmd     *exec.Cmd
	ended   chan struct{} // closed when it has
	stopped atomic.Bool   // it was told to
}

// start runs a command in a process group of its own, so that an interrupt at
// the terminal reaches us alone, who stop it in order. If we are killed, the
// kernel kills it.
func start(dir, name string, env []string, command ...string) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, name+".log"), ended: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig is about the thread that starts it
		defer log.Close()
		defer close(p.ended)
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		if err := p.cmd.Wait(); !p.stopped.Load() {
			fmt.Fprintf(os.Stderr, "e2e: %s ended by itself (%v), its log's end:\n%s\n", p.name, err, p.tail())
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// stop ends the process and its group: by request, and by force after grace.
func (p *process) stop(grace time.Duration) {
	p.stopped.Store(true)
	if grace > 0 {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-p.ended:
			return
		case <-time.After(grace):
		}
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

// tail is the end of the process's log.
func (p *process) tail() string {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(bytes.TrimSpace(data)), "\n")
	return "\t" + strings.Join(lines[max(0, len(lines)-15):], "\n\t")
}
