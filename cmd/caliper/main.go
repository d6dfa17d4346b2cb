// Command caliper analyses medical images in batches: studies in, measured and reported out.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/caliper-imaging/caliper/internal/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	code := execute(ctx, os.Args[1:], term.System())
	stop()
	os.Exit(code)
}
