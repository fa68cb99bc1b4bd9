package crcsearch

import (
	"math/rand/v2"
	"testing"

	"sockeye/internal/checksum"
)

// frames makes messages of random bytes with a trailer and what follows it.
func frames(t checksum.Trailer, rng *rand.Rand, after string, lengths ...int) [][]byte {
	var all [][]byte
	for _, n := range lengths {
		f := make([]byte, n)
		for i := range f {
			f[i] = byte(rng.Uint32())
		}
		all = append(all, append(t.Append(f), after...))
	}
	return all
}

// Whatever of the catalogue is put at the end, in any place, is the first found.
func TestFind(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i, a := range checksum.All() {
		if i%4 != 0 && a.Key != "crc16modbus" {
			continue // all of them take half a minute under the race detector
		}
		for _, c := range []struct {
			trailer checksum.Trailer
			after   string
		}{
			{checksum.Trailer{Algorithm: a}, ""},
			{checksum.Trailer{Algorithm: a, Range: checksum.Coverage{From: 1}, After: 2}, "\r\n"},
			{checksum.Trailer{Algorithm: a, Range: checksum.Coverage{From: 1, To: -1}, Digits: checksum.Upper, Order: checksum.Little}, ""},
		} {
			if a.Size() == 1 {
				c.trailer.Order = checksum.Natural
			}
			found, _ := Find(frames(c.trailer, rng, c.after, 9, 14, 11, 20, 30, 8))
			if len(found) == 0 || found[0].Algorithm.Sum([]byte("123456789")) != a.Sum([]byte("123456789")) && found[0].Algorithm != a || found[0].Range != c.trailer.Range || found[0].After != c.trailer.After {
				t.Errorf("%s: found %v", c.trailer, found)
			} else if found[0].Chance > 0.01 {
				t.Errorf("%s: chance %v", c.trailer, found[0].Chance)
			}
		}
	}
}

// One frame with one byte proves nothing, and the chance says so.
func TestFindByChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	tr, _ := checksum.ParseTrailer("xor8")
	found, _ := Find(frames(tr, rng, "", 12))
	if len(found) == 0 || found[0].Chance < 0.05 {
		t.Errorf("%v", found)
	}
	if found, _ := Find([][]byte{{}, {1}}); len(found) > 0 {
		t.Errorf("in nothing: %v", found)
	}
	if found, _ := Find(nil); found != nil {
		t.Errorf("in no frames: %v", found)
	}
}

// A CRC that nobody has named is computed from frames.
func TestFindSolves(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, c := range []struct {
		p       checksum.Parameters
		order   checksum.ByteOrder
		lengths []int
		whole   bool
	}{
		{checksum.Parameters{Width: 16, Poly: 0xc0f1, Init: 0x1234, RefIn: true, RefOut: true, XorOut: 0x5678}, checksum.Little, []int{10, 10, 10, 10}, false},
		{checksum.Parameters{Width: 16, Poly: 0xc0f1, Init: 0x1234, RefIn: true, RefOut: true, XorOut: 0x5678}, checksum.Big, []int{10, 10, 12, 10, 7}, true},
		{checksum.Parameters{Width: 16, Poly: 0x9ab3, Init: 0xffff, RefIn: false, RefOut: false, XorOut: 0}, checksum.Big, []int{6, 6, 6, 8, 8}, true},
		{checksum.Parameters{Width: 8, Poly: 0x87, Init: 0x12, RefIn: false, RefOut: false, XorOut: 0}, checksum.Natural, []int{5, 5, 5, 5, 5, 6, 6}, true},
	} {
		a, err := checksum.Custom(c.p)
		if err != nil {
			t.Fatal(err)
		}
		all := frames(checksum.Trailer{Algorithm: a, Order: c.order}, rng, "", c.lengths...)
		found, _ := Find(all)
		if len(found) == 0 || !found[0].Solved || found[0].Whole != c.whole || found[0].Algorithm.CRC.Poly != c.p.Poly {
			t.Errorf("%s: %v", c.p, found)
			continue
		}
		more := frames(checksum.Trailer{Algorithm: a, Order: c.order}, rng, "", c.lengths...)
		if !explains(found[0].Trailer, append(all, more...)) {
			t.Errorf("%s: %s does not explain the next frames", c.p, found[0].Trailer)
		}
	}
	random := make([][]byte, 5)
	for i := range random {
		for range 12 {
			random[i] = append(random[i], byte(rng.Uint32()))
		}
	}
	if noise, _ := Find(random); len(noise) > 0 {
		t.Errorf("in noise: %v", noise)
	}
}
