package checksum

import (
	"math/rand/v2"
	"testing"
)

// frames makes messages of random bytes with a trailer and what follows it.
func frames(t Trailer, rng *rand.Rand, after string, lengths ...int) [][]byte {
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
	for i, a := range All() {
		if i%4 != 0 && a.Key != "crc16modbus" {
			continue // all of them take half a minute under the race detector
		}
		for _, c := range []struct {
			trailer Trailer
			after   string
		}{
			{Trailer{Algorithm: a}, ""},
			{Trailer{Algorithm: a, Range: Range{From: 1}, After: 2}, "\r\n"},
			{Trailer{Algorithm: a, Range: Range{From: 1, To: -1}, Digits: Upper, Order: Little}, ""},
		} {
			if a.Size() == 1 {
				c.trailer.Order = Natural
			}
			found, _ := Find(frames(c.trailer, rng, c.after, 9, 14, 11, 20, 30, 8))
			if len(found) == 0 || found[0].Algorithm.Sum(nine) != a.Sum(nine) && found[0].Algorithm != a || found[0].Range != c.trailer.Range || found[0].After != c.trailer.After {
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
	tr, _ := ParseTrailer("xor8")
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
		p       Parameters
		order   ByteOrder
		lengths []int
		whole   bool
	}{
		{Parameters{16, 0xc0f1, 0x1234, true, true, 0x5678}, Little, []int{10, 10, 10, 10}, false},
		{Parameters{16, 0xc0f1, 0x1234, true, true, 0x5678}, Big, []int{10, 10, 12, 10, 7}, true},
		{Parameters{16, 0x9ab3, 0xffff, false, false, 0}, Big, []int{6, 6, 6, 8, 8}, true},
		{Parameters{8, 0x87, 0x12, false, false, 0}, Natural, []int{5, 5, 5, 5, 5, 6, 6}, true},
	} {
		a, err := Custom(c.p)
		if err != nil {
			t.Fatal(err)
		}
		all := frames(Trailer{Algorithm: a, Order: c.order}, rng, "", c.lengths...)
		found, _ := Find(all)
		if len(found) == 0 || !found[0].Solved || found[0].Whole != c.whole || found[0].Algorithm.CRC.Poly != c.p.Poly {
			t.Errorf("%s: %v", c.p, found)
			continue
		}
		more := frames(Trailer{Algorithm: a, Order: c.order}, rng, "", c.lengths...)
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
