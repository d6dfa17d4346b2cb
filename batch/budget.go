package batch

import (
	"context"
	"sync"
)

// budget lets jobs in while their estimates fit together; one that is larger than the whole runs alone.
type budget struct {
	mu      sync.Mutex
	limit   int64
	used    int64
	holders int
	changed chan struct{}
}

func newBudget(limit int64) *budget { return &budget{limit: limit, changed: make(chan struct{})} }

func (b *budget) acquire(ctx context.Context, need int64) (release func(), err error) {
	for {
		b.mu.Lock()
		if b.limit <= 0 || b.holders == 0 || b.used+need <= b.limit {
			b.used += need
			b.holders++
			b.mu.Unlock()
			return func() { b.release(need) }, nil
		}
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (b *budget) release(need int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= need
	b.holders--
	close(b.changed)
	b.changed = make(chan struct{})
}
