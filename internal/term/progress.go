package term

import (
	"fmt"
	"sync"

	"github.com/schollz/progressbar/v3"
)

// Progress counts finished pieces of work on the terminal; on anything else it is silent.
type Progress struct {
	mu  sync.Mutex
	bar *progressbar.ProgressBar
}

// NewProgress starts a bar of total steps, named what.
func NewProgress(s Streams, total int, what string) *Progress {
	if !s.ErrTerminal || total == 0 {
		return &Progress{}
	}
	return &Progress{bar: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(s.Err),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(),
	)}
}

// Step says that one more piece is done.
func (p *Progress) Step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Add(1)
	}
}

// Close ends the bar.
func (p *Progress) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		return nil
	}
	if err := p.bar.Finish(); err != nil {
		return fmt.Errorf("term: progress: %w", err)
	}
	return nil
}
