// Package crcsearch finds which checksum is in frames that somebody captured: one
// that is known by name, or a CRC of 8 to 64 bits that is computed from the frames.
// It is pure: bytes in, explanations out.
package crcsearch

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"sockeye/internal/checksum"
)

// Candidate is a checksum that explains frames.
type Candidate struct {
	checksum.Trailer
	// Chance is how many checksums in as plain a place would explain the frames if
	// these were random: far below 1 is a discovery, above it is a coincidence.
	Chance float64
	// Solved says that the parameters were computed from the frames, and Whole that
	// Init and XorOut are the only ones; frames of one length leave a choice.
	Solved, Whole bool
}

// The bounds of the search: bytes before the range, between it and the checksum,
// and after that.
const (
	maxBefore  = 8
	maxBetween = 2
	maxAfter   = 3
)

// SearchScope says what a search looked for, so that finding nothing means something.
type SearchScope struct {
	// Named checksums were tried, each in up to Places.
	Named, Places int
	// Any is the smallest width, in bits, from which on CRCs of up to 64 bits with any
	// parameters were looked for, the narrowest in plain places only; Usual that for an init and xorout of zeros or ones. 0
	// is for none: the frames say too little.
	Any, Usual int
	// Stopped says that long frames used up the work that one search may be.
	Stopped bool
}

// Find names the checksums of the catalogue that explain the last bytes of every
// frame, the plainest first. Where none does, it computes the parameters of a CRC of 8
// to 64 bits: from three frames of one length, four of different ones, more where the
// bits are few, or from two if init and xorout are usual.
func Find(frames [][]byte) ([]Candidate, SearchScope) {
	scope := SearchScope{Named: len(checksum.All()), Places: len(everyPlace()[1])}
	if len(frames) == 0 {
		return nil, scope
	}
	var found []Candidate
	named := map[int]int{} // by bits
	for _, a := range checksum.All() {
		named[a.Bits]++
		seen := map[checksum.Trailer]bool{} // ranges differ only by bytes that change nothing
		for _, t := range places(a) {
			t.Algorithm = a
			plain := t
			plain.Range = checksum.Coverage{}
			if !seen[plain] && explains(t, frames) {
				seen[plain] = true
				found = append(found, Candidate{Trailer: t})
			}
		}
	}
	if len(found) == 0 {
		return solve(frames, &scope, maxWork), scope
	}
	n := distinct(frames)
	slices.SortStableFunc(found, func(a, b Candidate) int { return -cmp.Compare(a.evidence(n), b.evidence(n)) })
	for i, f := range found {
		if f.evidence(n) < found[0].evidence(n)-closeCall {
			return found[:i], scope
		}
		found[i].Chance = float64(named[f.Algorithm.Bits]) * math.Pow(2, -float64(f.evidence(n)))
	}
	return found, scope
}

// evidence is how many bits speak for a finding: those of the checksum in each of n
// frames, less what an odd place has to be paid with.
func (f Candidate) evidence(n int) int { return f.Algorithm.Bits*n - 2*oddity(f.Trailer) }

// closeCall is by how many bits a finding may fall behind the best and still be
// worth showing.
const closeCall = 8

// everyPlace are the ways a checksum may stand in a frame, the plainest first: for
// those of one byte, those with the low byte first, and the others.
var everyPlace = sync.OnceValue(func() (all [3][]checksum.Trailer) {
	for i, a := range []*checksum.Algorithm{{Bits: 8}, {Bits: 16, Little: true}, {Bits: 16}} {
		all[i] = placesLike(a)
	}
	return all
})

// places are the ways that an algorithm's checksum may stand in a frame.
func places(a *checksum.Algorithm) []checksum.Trailer {
	switch {
	case a.Size() == 1:
		return everyPlace()[0]
	case a.Little:
		return everyPlace()[1]
	}
	return everyPlace()[2]
}

func placesLike(a *checksum.Algorithm) []checksum.Trailer {
	var all []checksum.Trailer
	for after := range maxAfter + 1 {
		for between := range maxBetween + 1 {
			for before := range maxBefore + 1 {
				for _, digits := range []checksum.Digits{checksum.Binary, checksum.Upper} {
					t := checksum.Trailer{Range: checksum.Coverage{From: before, To: -between}, Digits: digits, After: after}
					all = append(all, t)
					if a.Size() > 1 {
						t.Order = checksum.Big
						if digits == checksum.Upper || !a.Little {
							t.Order = checksum.Little
						}
						all = append(all, t)
					}
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b checksum.Trailer) int { return cmp.Compare(oddity(a), oddity(b)) })
	return all
}

// oddity is larger the less a place is expected.
func oddity(t checksum.Trailer) int {
	n := 2*t.Range.From - 3*t.Range.To + 3*t.After
	if t.Order != checksum.Natural {
		n += 2
	}
	if t.Digits != checksum.Binary {
		n++
	}
	return n
}

func explains(t checksum.Trailer, frames [][]byte) bool {
	for _, f := range frames {
		at := len(f) - t.After - t.Size()
		if from, to, ok := t.Range.Cut(at); !ok || from >= to {
			return false // a sum of nothing explains nothing
		}
		if v, _ := t.Verify(f); v != checksum.Right {
			return false
		}
	}
	return true
}

// distinct counts the frames that differ.
func distinct(frames [][]byte) int {
	seen := map[string]bool{}
	for _, f := range frames {
		seen[string(f)] = true
	}
	return len(seen)
}
