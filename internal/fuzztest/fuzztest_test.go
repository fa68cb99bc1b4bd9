package fuzztest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// A failure is reported with the seed and the number of its file, and the same seed and number
// make the same file again.
func TestFailuresAreFound(t *testing.T) {
	seeds := [][]byte{[]byte("a file of some bytes that are changed"), []byte("and another one")}
	hit := func(file []byte) bool { return bytes.IndexByte(file, 0xFF) >= 0 }
	var kept atomic.Pointer[[]byte]
	for want, read := range map[string]func(file []byte) error{
		"": func([]byte) error { return nil },
		"panic: index": func(file []byte) error {
			if hit(file) {
				panic("index out of range")
			}
			return nil
		},
		"that cannot be": func(file []byte) error {
			if hit(file) {
				return errors.New("that cannot be")
			}
			return nil
		},
		"KiB of memory": func(file []byte) error {
			if hit(file) {
				b := make([]byte, 8<<20)
				kept.Store(&b)
			}
			return nil
		},
	} {
		r := &run{FuzzTarget: FuzzTarget{Seeds: seeds, Fixed: 4 << 20, New: func() func([]byte) error { return read }}, seed: 7, end: 20_000}
		r.work()
		if !strings.Contains(r.failure, want) || (want == "") != (r.failure == "") {
			t.Errorf("%.300q, want %q", r.failure, want)
		}
		var seed, n uint64
		if _, err := fmt.Sscanf(r.failure, "SOCKEYE_SEED=%d SOCKEYE_EXEC=%d,", &seed, &n); err != nil {
			if want != "" {
				t.Errorf("%.100q: %v", r.failure, err)
			}
			continue
		}
		if file := newMutator(seeds, nil).file(seed, n); !hit(file) || !strings.HasSuffix(r.failure, fmt.Sprintf("%x", file)) {
			t.Errorf("made again it is %x, not that of %.300s", file, r.failure)
		}
	}
}

// Every kind of change is made, and no file is longer than it may be.
func TestMutations(t *testing.T) {
	seed := bytes.Repeat([]byte("0123"), 100)
	m := newMutator([][]byte{seed}, nil)
	shorter, longer, same := 0, 0, 0
	for n := range uint64(5000) {
		switch file := m.file(1, n); {
		case len(file) > len(seed)+growth:
			t.Fatalf("file %d has %d bytes", n, len(file))
		case len(file) < len(seed):
			shorter++
		case len(file) > len(seed):
			longer++
		default:
			same++
		}
	}
	if min(shorter, longer, same) < 500 {
		t.Errorf("%d files are shorter, %d longer and %d as long as the seed", shorter, longer, same)
	}
}
