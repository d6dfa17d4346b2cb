package exec

import (
	"sync"
	"time"
)

// idleFor is how long memory that no run uses is kept.
const idleFor = 3 * time.Second

// idle is the arenas that no run uses, of all plans: plans that run by turns take the memory of the largest, not of all together.
var idle idleArenas

type idleArenas struct {
	mu    sync.Mutex
	list  []*arena
	since []time.Time
	timer bool
}

// take lends an idle arena, the one with the most memory, or a new one.
func (l *idleArenas) take(limit int64) *arena {
	l.mu.Lock()
	defer l.mu.Unlock()
	best := -1
	for i, a := range l.list {
		if best < 0 || a.size() > l.list[best].size() {
			best = i
		}
	}
	if best < 0 {
		return newArena(limit)
	}
	a := l.list[best]
	l.remove(best)
	a.limit, a.peak = limit, 0
	return a
}

func (l *idleArenas) remove(i int) {
	last := len(l.list) - 1
	l.list[i], l.since[i] = l.list[last], l.since[last]
	l.list[last] = nil
	l.list, l.since = l.list[:last], l.since[:last]
}

// give keeps an arena for a while; what it still has out belongs to nobody.
func (l *idleArenas) give(a *arena) {
	a.reset()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list, l.since = append(l.list, a), append(l.since, time.Now())
	l.arm()
}

// arm has tired called, unless that is under way.
func (l *idleArenas) arm() {
	if !l.timer && len(l.list) > 0 {
		l.timer = true
		time.AfterFunc(idleFor, l.tired)
	}
}

// tired lets go of arenas that have been idle for long.
func (l *idleArenas) tired() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.list) - 1; i >= 0; i-- {
		if time.Since(l.since[i]) >= idleFor {
			l.list[i].close()
			l.remove(i)
		}
	}
	l.timer = false
	l.arm()
}
