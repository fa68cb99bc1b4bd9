package crcsearch

import (
	"math/rand/v2"
	"testing"

	"sockeye/internal/checksum"
)

// A CRC of whatever width and parameters, in any place, is computed from frames of
// mixed lengths, and explains the next frames too.
func TestSolveEveryWidth(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, width := range []int{8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 40, 48, 56, 63, 64} {
		tr, after := randomTrailer(t, width, rng)
		lengths := []int{15, 15, 15, 18, 18, 22, 27, 15, 30}
		all := frames(tr, rng, after, lengths...)
		found, scope := Find(all)
		fresh := frames(tr, rng, after, 14, 15, 19, 40)
		if !anyExplains(found, append(all, fresh...)) {
			t.Errorf("%s: %+v: found %v", tr, scope, found)
		}
		for _, f := range found {
			if f.Solved && !f.Whole {
				t.Errorf("%s: frames of six lengths leave a choice: %v", tr, f)
			}
		}
	}
}

// Three frames of one length are enough for 16 bits and more, for frames of that
// length.
func TestSolveThreeFrames(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for _, width := range []int{16, 24, 32, 64} {
		for range 2 {
			tr, after := randomTrailer(t, width, rng)
			if width == 16 { // so few bits are believed in a plain place only
				tr, after = checksum.Trailer{Algorithm: tr.Algorithm}, ""
			}
			all := frames(tr, rng, after, 20, 20, 20)
			if found, _ := Find(all); !anyExplains(found, append(all, frames(tr, rng, after, 20, 20)...)) {
				t.Errorf("%s: found %v", tr, found)
			}
		}
	}
}

// Frames that all have another length are enough, too.
func TestSolveDifferentLengths(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for _, width := range []int{16, 24, 32, 64} {
		tr, after := randomTrailer(t, width, rng)
		all := frames(tr, rng, after, 16, 17, 21, 30)
		if found, _ := Find(all); !anyExplains(found, append(all, frames(tr, rng, after, 18, 40)...)) {
			t.Errorf("%s: found %v", tr, found)
		}
	}
}

// With a usual init and xorout, two frames do.
func TestSolveTwoFrames(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	for _, width := range []int{24, 32, 64} {
		for _, init := range []uint64{0, lowBits(width)} {
			a, err := checksum.Custom(checksum.Parameters{Width: width, Poly: rng.Uint64()&lowBits(width) | 1, Init: init, RefIn: true, RefOut: true, XorOut: lowBits(width)})
			if err != nil {
				t.Fatal(err)
			}
			tr := checksum.Trailer{Algorithm: a, Range: checksum.Coverage{From: 2}}
			all := frames(tr, rng, "", 16, 19)
			if found, _ := Find(all); !anyExplains(found, append(all, frames(tr, rng, "", 18, 40)...)) {
				t.Errorf("%s: found %v", tr, found)
			}
		}
	}
}

// Neither noise nor a checksum that is no CRC is explained by parameters, and the
// scope says what was looked for.
func TestSolveNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	noise := func(n, length int) [][]byte { return frames(checksum.Trailer{}, rng, "", slicesOf(n, length)...) }
	for _, c := range []struct {
		frames     [][]byte
		any, usual int
	}{
		{noise(1, 20), 0, 0},
		{noise(2, 20), 0, 16},
		{noise(3, 20), 16, 8},
		{noise(8, 20), 8, 8},
		// The second and third differ only in what a checksum of 40 bits would not cover.
		{[][]byte{{0, 1, 2, 3, 4, 5, 6, 7}, {255, 0x22, 0x33, 0x41, 0x51, 0x60, 0x70, 0x80}, {255, 0x29, 0x33, 0x41, 0x51, 0x60, 0x70, 0xf0}}, 16, 8},
		{[][]byte{{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}}, 0, 0},
		{[][]byte{[]byte("+OK\r\n"), []byte("+OK 1\r\n"), []byte("+OK 2\r\n"), []byte("+NO 13\r\n")}, 16, 8},
	} {
		found, scope := Find(c.frames)
		for _, f := range found {
			if f.Solved {
				t.Errorf("%q: %s", c.frames, f.Trailer)
			}
		}
		if len(found) == 0 && (scope.Any != c.any || scope.Usual != c.usual) {
			t.Errorf("%q: %+v, want any from %d, usual from %d", c.frames, scope, c.any, c.usual)
		}
	}
}

// However long the frames are, the work of a search is bounded; the plainest places
// come first, and are looked at all the same.
func TestSolveIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	var scope SearchScope
	if solve(frames(checksum.Trailer{}, rng, "", slicesOf(5, 2000)...), &scope, maxWork/20); !scope.Stopped {
		t.Errorf("%+v", scope)
	}
	a, _ := checksum.Custom(checksum.Parameters{Width: 32, Poly: 0x12345679, Init: 1, RefIn: true, RefOut: true})
	all := frames(checksum.Trailer{Algorithm: a}, rng, "", 2000, 2000, 2000, 2100)
	if found := solve(all, &scope, maxWork); !anyExplains(found, all) {
		t.Errorf("%+v", scope)
	}
}

// Whatever is solved in whatever frames explains them.
func FuzzSolve(f *testing.F) {
	f.Add([]byte("$AB*03\r\n$AC*02\r\n$QRS*50\r\n"), byte('\n'))
	f.Add([]byte("\x01\x03\x00\x00\x00\x0a\xc5\xcd"), byte(0xff))
	f.Add([]byte("aaaabbbbcccc,aaaabbbbcccd,aaaabbbbccce,a"), byte(','))
	f.Fuzz(func(t *testing.T, data []byte, separator byte) {
		var all [][]byte
		for start, i := 0, 0; i < len(data) && i < 200; i++ {
			if data[i] == separator {
				all, start = append(all, data[start:i+1]), i+1
			}
		}
		if len(all) == 0 {
			return
		}
		for _, c := range solve(all, &SearchScope{}, 100_000) {
			if !explains(c.Trailer, all) {
				t.Errorf("%s does not explain %q", c.Trailer, all)
			}
		}
	})
}

// BenchmarkFindNothing is the longest search: eight frames of noise.
func BenchmarkFindNothing(b *testing.B) {
	rng := rand.New(rand.NewPCG(23, 24))
	for _, c := range []struct {
		name      string
		n, length int
	}{{"2x32", 2, 32}, {"3x32", 3, 32}, {"8x32", 8, 32}, {"8x512", 8, 512}, {"2x512", 2, 512}} {
		all := frames(checksum.Trailer{}, rng, "", slicesOf(c.n, c.length)...)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				Find(all)
			}
		})
	}
}

// randomTrailer is a CRC of a width with random parameters in a random place, and what
// follows it.
func randomTrailer(t *testing.T, width int, rng *rand.Rand) (tr checksum.Trailer, after string) {
	t.Helper()
	p := checksum.Parameters{Width: width, Poly: rng.Uint64()&lowBits(width) | 1, RefIn: rng.IntN(2) == 0}
	p.RefOut = p.RefIn != (rng.IntN(4) == 0)
	switch rng.IntN(3) {
	case 0:
		p.Init, p.XorOut = lowBits(width), lowBits(width)
	case 1:
		p.Init, p.XorOut = rng.Uint64()&lowBits(width), rng.Uint64()&lowBits(width)
	}
	a, err := checksum.Custom(p)
	if err != nil {
		t.Fatal(err)
	}
	tr = checksum.Trailer{Algorithm: a, Range: checksum.Coverage{From: rng.IntN(5), To: -rng.IntN(3)}}
	if width > 8 {
		tr.Order = []checksum.ByteOrder{checksum.Natural, checksum.Big, checksum.Little}[rng.IntN(3)]
	}
	if rng.IntN(4) == 0 {
		tr.Digits = checksum.Upper
	}
	after = []string{"", "\n", "\r\n"}[rng.IntN(3)]
	tr.After = len(after)
	return tr, after
}

func anyExplains(found []Candidate, frames [][]byte) bool {
	for _, f := range found {
		if explains(f.Trailer, frames) {
			return true
		}
	}
	return false
}

func slicesOf(n, length int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = length
	}
	return all
}
