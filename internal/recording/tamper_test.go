package recording

import (
	"math/rand/v2"
	"os"
	"testing"
)

// T69: whichever byte of a recording is changed, verify says so and
// names the place.
func TestEveryChangedByte(t *testing.T) {
	w := newTape(t)
	first := w.opened().received("one").sent("two").cut()
	second := w.received("three").sent("four").cut()
	if r := verify(t, w.dir); !r.Sound() || len(r.Damage) > 0 {
		t.Fatalf("unchanged: %+v", r)
	}
	random := rand.New(rand.NewPCG(69, 0))
	for _, path := range []string{first, second} {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for at := range whole {
			for _, value := range []byte{0xFF, whole[at] + 1, byte(random.Uint32())} {
				if value == whole[at] {
					continue
				}
				f.WriteAt([]byte{value}, int64(at))
				age(t, path)
				r := verify(t, w.dir)
				if r.Sound() || len(r.Damage) == 0 {
					t.Fatalf("byte %d of %s changed from %#x to %#x: %+v", at, path, whole[at], value, r)
				}
				if d := r.Damage[0]; d.File != path || d.Offset > int64(at) || d.Offset+d.Length <= int64(at) {
					t.Fatalf("byte %d of %s changed from %#x to %#x is reported in %s at %d, %d bytes", at, path, whole[at], value, d.File, d.Offset, d.Length)
				}
			}
			f.WriteAt(whole[at:at+1], int64(at))
		}
		age(t, path)
	}
}
