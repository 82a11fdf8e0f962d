package e2e

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"k8s.io/klog/v2"

	"github.com/belay-sh/belay/e2e/cluster"
	"github.com/belay-sh/belay/e2e/node"
)

var control *cluster.Cluster

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	// An interrupt ends the tests as a failure would, so that nothing is left.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	begun := time.Now()
	if err := start(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	} else {
		fmt.Printf("e2e: control plane up in %.1f s\n", time.Since(begun).Seconds())
		code = runTests(ctx, m)
		fmt.Printf("e2e: in %.0f s, %s\n", time.Since(begun).Seconds(), &counts)
	}
	cancel()
	control.Stop(code != 0)
	return code
}

func start(ctx context.Context) (err error) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard) // the client library logs what we are told anyway
	if control, err = cluster.Start(ctx, "."); err != nil {
		return err
	}
	address, err := cluster.HostAddress()
	if err != nil {
		return err
	}
	return node.Start(ctx, control.Config, address)
}

// runTests runs the tests, many at a time: they wait more than they compute.
func runTests(ctx context.Context, m *testing.M) int {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err) // a flag that package testing no longer has
	}
	code := make(chan int)
	go func() { code <- m.Run() }()
	select {
	case c := <-code:
		return c
	case <-ctx.Done():
		return 1
	}
}
