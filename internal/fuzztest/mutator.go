package fuzztest

import (
	"encoding/binary"
	"math/rand/v2"
)

// mostMutations is how many places of a file are changed at most, and growth how much longer
// than its seed it may get, in bytes.
const (
	mostMutations = 6
	growth        = 4 << 10
)

// mutator makes files by changing seed files. It is used by one goroutine.
type mutator struct {
	seeds  [][]byte
	seal   func([]byte)
	source *rand.PCG
	random *rand.Rand
	buf    []byte // of the file
}

func newMutator(seeds [][]byte, seal func([]byte)) *mutator {
	longest := 0
	for _, s := range seeds {
		longest = max(longest, len(s))
	}
	source := rand.NewPCG(0, 0)
	return &mutator{seeds: seeds, seal: seal, source: source, random: rand.New(source), buf: make([]byte, 0, longest+growth)}
}

// file makes the n-th file of a random seed. The slice is valid until the next call.
func (m *mutator) file(seed, n uint64) []byte {
	m.source.Seed(seed, n)
	b := append(m.buf[:0], m.seeds[m.random.IntN(len(m.seeds))]...)
	for range 1 + m.random.IntN(mostMutations) {
		if len(b) == 0 {
			break
		}
		b = m.mutate(b)
	}
	if m.seal != nil && m.random.IntN(2) == 0 {
		m.seal(b)
	}
	return b
}

// mutate changes one thing of a file that is not empty, and keeps it in its buffer.
func (m *mutator) mutate(b []byte) []byte {
	at := m.random.IntN(len(b))
	switch m.random.IntN(9) {
	case 0, 1:
		b[at] ^= 1 << m.random.IntN(8)
	case 2:
		b[at] = byte(m.random.Uint32())
	case 3, 4:
		m.putNumber(b, at)
	case 5:
		return b[:at]
	case 6: // twice, or somewhere else
		return m.insert(b, at, m.stretch(b))
	case 7:
		return m.insert(b, at, m.stretch(m.seeds[m.random.IntN(len(m.seeds))]))
	case 8:
		gone := min(m.length(), len(b)-at)
		return append(b[:at], b[at+gone:]...)
	}
	return b
}

// putNumber writes what may be a length or a count, near a bound of what it is of or of its own size,
// where such fields are most often.
func (m *mutator) putNumber(b []byte, at int) {
	numbers := [...]uint64{0, 1, 4, uint64(len(b)), uint64(len(b) - at), 0x7f, 0x7fff, 1 << 20, 1<<31 - 1, 1<<63 - 1, 1<<64 - 1}
	n := numbers[m.random.IntN(len(numbers))] + uint64(m.random.IntN(9)) - 4
	var order binary.ByteOrder = binary.LittleEndian
	if m.random.IntN(2) == 0 {
		order = binary.BigEndian
	}
	switch width := 1 << (1 + m.random.IntN(3)); {
	case len(b) < width:
	case width == 2:
		order.PutUint16(b[min(at&^1, len(b)-width):], uint16(n))
	case width == 4:
		order.PutUint32(b[min(at&^3, len(b)-width):], uint32(n))
	default:
		order.PutUint64(b[min(at&^3, len(b)-width):], n)
	}
}

// length is how long a stretch is, more often short than long.
func (m *mutator) length() int { return 1 + m.random.IntN(4<<m.random.IntN(9)) }

// stretch is a part of b, often one of whole words as blocks of files are.
func (m *mutator) stretch(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	at, n := m.random.IntN(len(b)), m.length()
	if m.random.IntN(2) == 0 {
		at, n = at&^3, (n+3)&^3
	}
	return b[at:min(at+n, len(b))]
}

// insert puts a stretch, which may be of b itself, into b, as far as its buffer goes.
func (m *mutator) insert(b []byte, at int, stretch []byte) []byte {
	var copied [4 << 8]byte
	n := copy(copied[:min(len(copied), cap(b)-len(b))], stretch)
	b = b[:len(b)+n]
	copy(b[at+n:], b[at:])
	copy(b[at:], copied[:n])
	return b
}
