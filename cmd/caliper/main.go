// Command caliper analyses medical images in batches: studies in, measured and reported out.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/caliper-imaging/caliper/internal/simd/blas"
	"github.com/caliper-imaging/caliper/internal/term"
)

// grace is how long an interrupted command may take to end by itself; files are whole at any moment.
const grace = 20 * time.Second

func main() {
	blas32.Use(blas.Float32{})
	blas64.Use(blas.Float64{})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second interrupt ends the process at once
		time.Sleep(grace)
		os.Exit(exitInterrupted)
	})
	code := execute(ctx, os.Args[1:], term.System())
	stop()
	os.Exit(code)
}
