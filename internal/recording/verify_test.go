package recording

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/pcapng"
)

func verify(t *testing.T, path string) *VerifyReport {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// A segment that is gone from the middle is named by the numbers that are missing;
// one that is gone from the beginning was too old.
func TestVerifyMissingSegments(t *testing.T) {
	w := newTape(t)
	first := w.opened().received("three").cut()
	second := w.received("four").received("five").cut()
	w.received("six").cut()
	if r := verify(t, w.dir); !r.Sound() || r.Events != 6 {
		t.Errorf("before: %+v", r)
	}
	os.Remove(second)
	r := verify(t, w.dir)
	if r.Damages != 1 || r.Damage[0].Kind != Missing || r.Damage[0].Seq != 4 || r.Damage[0].What.En != "the events 4 to 5 are missing" || r.Events != 4 {
		t.Errorf("%+v", r)
	}
	os.Remove(first)
	if r := verify(t, w.dir); !r.Sound() || r.Events != 1 {
		t.Errorf("only the last: %+v", r)
	}
}

// F11: whatever is done to the blocks of a segment is reported at its place, once,
// and the rest is read.
func TestDamageIsReportedAtItsPlace(t *testing.T) {
	w := newTape(t)
	w.opened()
	var ends []int
	for range 200 {
		w.received(strings.Repeat("0123456789abcdef", 20))
		ends = append(ends, len(w.buf))
	}
	whole := w.buf
	path := w.cut()
	at, end := ends[99], ends[100] // of one event's block
	last := len(whole)
	with := func(change func(b []byte) []byte) []byte { return change(bytes.Clone(whole)) }
	for _, c := range []struct {
		name   string
		text   []byte
		kind   pcapng.DamageKind
		offset int
		events uint64
	}{
		{"a page of zeros", with(func(b []byte) []byte { clear(b[at : at+4096]); return b }), pcapng.Broken, at, 202 - 9},
		{"a changed byte of data", with(func(b []byte) []byte { b[at+100] ^= 0xFF; return b }), pcapng.Broken, at, 201},
		{"a block twice", with(func(b []byte) []byte {
			return append(append(bytes.Clone(b[:end]), b[at:end]...), b[end:]...)
		}), pcapng.Repeated, end, 202},
		{"a block taken out", with(func(b []byte) []byte { return append(b[:at], b[end:]...) }), Missing, 0, 201},
		{"bytes put in", with(func(b []byte) []byte {
			return append(append(bytes.Clone(b[:at]), "these are not ours!!"...), b[at:]...)
		}), pcapng.Broken, at, 202},
		{"cut off", whole[:last-100], pcapng.Torn, ends[198], 201},
		{"zeros at the end", append(bytes.Clone(whole), make([]byte, 5000)...), pcapng.Torn, last, 202},
	} {
		t.Run(c.name, func(t *testing.T) {
			put(t, path, c.text)
			r := verify(t, path)
			if len(r.Damage) != 1 || r.Damage[0].Kind != c.kind || r.Damage[0].Offset != int64(c.offset) {
				t.Errorf("%+v, want %s at %d", r.Damage, c.kind, c.offset)
			}
			if r.Events != c.events {
				t.Errorf("%d events, want %d", r.Events, c.events)
			}
		})
	}
}

// F11: Random damage in a larger recording never costs more than the blocks it is in.
func TestRandomDamage(t *testing.T) {
	w := newTape(t)
	w.opened()
	for range 3000 {
		w.received(strings.Repeat("x", 700))
	}
	whole := w.buf
	path := w.cut()
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		text := bytes.Clone(whole)
		hits := 1 + rnd.IntN(20)
		for range hits {
			text[4096+rnd.IntN(len(text)-4096)] ^= byte(1 + rnd.IntN(255))
		}
		put(t, path, text)
		r := verify(t, path)
		if r.Sound() || r.Events+uint64(hits)+1 < 3002 {
			t.Fatalf("seed %d: %d hits, %d damages, %d events", seed, hits, r.Damages, r.Events)
		}
	}
}

// What cannot be finished is taken away again.
func TestRepairLeavesNothingHalf(t *testing.T) {
	w := newTape(t)
	w.opened()
	for range 5000 {
		w.received("some bytes of a message")
	}
	path := w.cut()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, from := range []string{w.dir, path} {
		r, err := Open(from)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "to")
		_, err = r.Repair(ctx, to, func(int64, int64) { cancel() })
		if err == nil {
			t.Error("it went on after its context ended")
		}
		if _, err := os.Stat(to); err == nil {
			t.Error("something is left")
		}
	}
}

// A repaired recording says the same of itself as the old one: run, application,
// when each segment began.
func TestRepairKeepsWhoRecorded(t *testing.T) {
	w := newTape(t)
	w.encoder = pcapng.NewEncoder(pcapng.EncodeOptions{Application: "Sockeye 1.2", OS: "linux", Run: 77})
	path := w.opened().received("one").cut()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "to.pcapng")
	if _, err := r.Repair(t.Context(), to, nil); err != nil {
		t.Fatal(err)
	}
	want, err := readHeader(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readHeader(to)
	want.ID, got.ID = 0, 0
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// A capture of another program's is read, and never repaired.
func TestRepairRefusesForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.pcap")
	put(t, path, []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00"))
	r, err := Open(path)
	if err != nil || !r.Foreign() {
		t.Fatal(err)
	}
	if _, err := r.Repair(t.Context(), filepath.Join(t.TempDir(), "to"), nil); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.Unsupported {
		t.Error(err)
	}
}

// Repair never writes over what is there.
func TestRepairOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	file, there := filepath.Join(dir, "one.pcapng"), filepath.Join(dir, "there.pcapng")
	w := openWriter(t, WriteOptions{File: file})
	write(t, w, 1, 3, "data")
	closeWriter(t, w)
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Repair(t.Context(), there, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("it says %v", err)
	}
	if text, err := os.ReadFile(there); string(text) != "mine" || err != nil {
		t.Errorf("what was there is %q, %v", text, err)
	}
}
