package recording

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"sockeye/internal/pcapng"
)

// A recording that was compressed is still ours: aliases, numbers and checksums count,
// damage is found and repaired, and a cut is told as such.
func TestCompressedRecording(t *testing.T) {
	w := newTape(t)
	w.opened().received("one")
	w.peer.SetAlias("kitchen")
	w.sent("two").received("three")
	path := w.cut()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := lines(t, path, ReadOptions{}, Filter{})
	at := bytes.Index(whole, []byte("three"))
	for name, pack := range packers {
		t.Run(name, func(t *testing.T) {
			packed := filepath.Join(t.TempDir(), "a")
			put(t, packed, pack(t, whole))
			r, err := Open(packed)
			if err != nil || r.Foreign() {
				t.Fatalf("foreign: %v, %v", r, err)
			}
			if r.First() != 1 {
				t.Errorf("the first event is %d", r.First())
			}
			for _, o := range []ReadOptions{{}, {Follow: false, From: 4}, {Follow: true}} {
				if diff := cmp.Diff(want[max(0, int(o.From)-1):], lines(t, packed, o, Filter{})); diff != "" {
					t.Errorf("%+v: %s", o, diff)
				}
			}
			s, err := r.Summarize(t.Context(), nil)
			if err != nil || s.Sessions[0].Peers[0].Alias != "kitchen" {
				t.Errorf("%+v, %v", s, err)
			}
			if report := verify(t, packed); !report.Sound() || report.Torn > 0 || report.Events != 5 {
				t.Errorf("%+v", report)
			}
			changed := bytes.Clone(whole)
			changed[at] ^= 0xFF
			put(t, packed, pack(t, changed))
			if report := verify(t, packed); report.Damages != 1 || report.Damage[0].Offset > int64(at) || report.Damage[0].Seq != 5 || report.Events != 4 {
				t.Errorf("changed: %+v", report)
			}
			if name == "zstd" {
				return // it is one block, of which nothing is given if it is cut
			}
			text := pack(t, whole)
			put(t, packed, text[:len(text)-6])
			if report := verify(t, packed); len(report.Damage) != 1 || report.Damage[0].Kind != pcapng.Torn {
				t.Errorf("cut off: %+v", report)
			}
			if r, err = Open(packed); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Repair(t.Context(), filepath.Join(t.TempDir(), "to"), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

var packers = map[string]func(testing.TB, []byte) []byte{
	"gzip": func(t testing.TB, b []byte) []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		w.Write(b)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	},
	"zstd": func(t testing.TB, b []byte) []byte {
		w, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return w.EncodeAll(b, nil)
	},
}
