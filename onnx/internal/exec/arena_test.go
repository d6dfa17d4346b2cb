package exec

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/caliper-imaging/caliper/onnx/tensor"
)

func TestArenaReuses(t *testing.T) {
	for _, a := range []*arena{newArena(0), {}} {
		b, err := a.Alloc(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		a.put(b)
		again, err := a.Alloc(1<<20 - 100)
		if err != nil || &again.Bytes[0] != &b.Bytes[0] {
			t.Errorf("a free block of the right size was not lent again (%v)", err)
		}
		if other, err := a.Alloc(1 << 20); err != nil || &other.Bytes[0] == &again.Bytes[0] {
			t.Errorf("a block was lent twice (%v)", err)
		}
		a.put(again)
		if small, err := a.Alloc(1 << 10); err != nil || &small.Bytes[0] == &b.Bytes[0] {
			t.Errorf("a block far too large was lent (%v)", err)
		}
	}
}

func TestArenaLimit(t *testing.T) {
	for _, a := range []*arena{newArena(1 << 20), {limit: 1 << 20}} {
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
	if most := machineMemory(); most > 0 {
		var mem *MemoryError
		if _, err := newArena(0).Alloc(int(most) + 64); !errors.As(err, &mem) {
			t.Errorf("want an error for a block larger than the machine, got %v", err)
		}
	}
}

// TestRegion lends and takes back blocks of many sizes: none may lie in another, and all that is free must be one when none is lent.
func TestRegion(t *testing.T) {
	r := newRegion()
	if r == nil {
		t.Skip("no regions on this system")
	}
	defer r.release()
	rng := rand.New(rand.NewPCG(1, 2))
	var lent [][]byte
	most, sum := 0, 0
	for range 5000 {
		if len(lent) > 0 && rng.IntN(2) == 0 {
			i := rng.IntN(len(lent))
			sum -= cap(lent[i])
			r.free(lent[i])
			lent = slices.Delete(lent, i, i+1)
			continue
		}
		b := r.alloc(1 + rng.IntN(1<<(4+rng.IntN(14))))
		if b == nil || !r.owns(b) {
			t.Fatal("no block")
		}
		from := &b[0]
		for _, o := range lent {
			if from == &o[0] {
				t.Fatal("a block is lent twice")
			}
		}
		b[0], b[len(b)-1] = byte(len(lent)), 1
		sum += cap(b)
		most = max(most, sum)
		lent = append(lent, b)
		free := 0
		for i, h := range r.holes {
			if i > 0 && r.holes[i-1].at+r.holes[i-1].size >= h.at {
				t.Fatalf("holes %v and %v touch", r.holes[i-1], h)
			}
			free += h.size
		}
		if sum+free != r.top {
			t.Fatalf("%d bytes are lent and %d free below %d", sum, free, r.top)
		}
	}
	for _, b := range lent {
		r.free(b)
	}
	if r.top != 0 || len(r.holes) != 0 {
		t.Errorf("all is back, but %d bytes count as lent with holes %v", r.top, r.holes)
	}
}

// TestResultsOutliveArena holds results to memory that is not the arena's.
func TestResultsOutliveArena(t *testing.T) {
	a := newArena(0)
	b, err := a.Alloc(1 << 18)
	if err != nil {
		t.Fatal(err)
	}
	x := tensor.InBuffer(b, tensor.Float32, []int{1 << 16}, 1<<16)
	x.Float32()[5] = 7
	g, err := given{a}.Alloc(1 << 18)
	if err != nil {
		t.Fatal(err)
	}
	y := tensor.InBuffer(g, tensor.Float32, []int{1 << 16}, 1<<16)
	for _, r := range []*tensor.Tensor{a.out(x), a.out(tensor.FromSequence([]*tensor.Tensor{x})).Elems()[0]} {
		if r.Buffer() != nil || &r.Float32()[0] == &x.Float32()[0] || r.Float32()[5] != 7 {
			t.Error("a result lies in the arena, or is not what it was")
		}
	}
	if r := a.out(y); &r.Float32()[0] != &y.Float32()[0] {
		t.Error("a block for results was copied")
	}
}

func TestShrink(t *testing.T) {
	a := newArena(0)
	if a.region == nil {
		t.Skip("no regions on this system")
	}
	defer a.close()
	b, err := a.Alloc(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	b.Bytes[0] = 1
	a.Shrink(b, 1<<18+1)
	c, err := a.Alloc(1 << 19)
	if err != nil || a.region.top > 1<<20 || &c.Bytes[0] == &b.Bytes[0] {
		t.Errorf("the end of a block was not lent again (%v)", err)
	}
	if len(b.Bytes) <= 1<<18 || b.Bytes[0] != 1 {
		t.Error("a block lost what it keeps")
	}
	a.put(b)
	a.put(c)
	if a.region.top != 0 || a.live != 0 {
		t.Errorf("%d bytes count as lent, up to %d", a.live, a.region.top)
	}
}
