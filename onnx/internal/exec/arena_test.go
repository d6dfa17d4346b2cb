package exec

import (
	"errors"
	"testing"
)

func TestArenaReuses(t *testing.T) {
	a := &arena{}
	b, err := a.Alloc(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	a.put(b)
	again, err := a.Alloc(1<<20 - 100)
	if err != nil || again != b {
		t.Errorf("a free block of the right size was not lent again (%v)", err)
	}
	if other, err := a.Alloc(1 << 20); err != nil || other == b {
		t.Errorf("a block was lent twice (%v)", err)
	}
	a.put(again)
	if small, err := a.Alloc(1 << 10); err != nil || small == b {
		t.Errorf("a block far too large was lent (%v)", err)
	}
}

func TestArenaLimit(t *testing.T) {
	a := &arena{limit: 1 << 20}
	b, err := a.Alloc(1 << 19)
	if err != nil {
		t.Fatal(err)
	}
	var mem *MemoryError
	if _, err := a.Alloc(1<<19 + 64); !errors.As(err, &mem) || mem.Need != 1<<20+64 || mem.Limit != 1<<20 {
		t.Errorf("want the need and the limit, got %v", err)
	}
	a.put(b) // idle blocks give way
	if _, err := a.Alloc(1 << 20); err != nil {
		t.Error(err)
	}
}
