package recording

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/pcapng"
)

// tape writes events as segments, as a writer would.
type tape struct {
	t       testing.TB
	dir     string
	encoder *pcapng.BlockEncoder
	now     time.Time
	seq     uint64
	session *sockeye.Session
	peer    *sockeye.Peer
	number  int
	buf     []byte
}

var tapeStart = time.Date(2026, 1, 31, 9, 30, 15, 0, time.UTC)

func newTape(t testing.TB) *tape {
	a, err := sockeye.ParseAddress("127.0.0.1:10000")
	if err != nil {
		t.Fatal(err)
	}
	s := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: a}}
	return &tape{
		t: t, dir: t.TempDir(), encoder: pcapng.NewEncoder(pcapng.EncodeOptions{}), now: tapeStart, session: s,
		peer: &sockeye.Peer{ID: 1, Session: s, Network: "tcp",
			Local: sockeye.ParseSocketAddr("127.0.0.1:10000"), Remote: sockeye.ParseSocketAddr("127.0.0.1:54036")},
	}
}

func (w *tape) event(kind sockeye.EventKind, data string, d *sockeye.Detail) *tape {
	w.seq++
	w.now = w.now.Add(time.Millisecond)
	if len(w.buf) == 0 {
		w.buf = w.encoder.Begin(w.buf, w.now)
	}
	e := sockeye.Event{Seq: w.seq, Time: w.now, Kind: kind, Session: w.session, Data: []byte(data), Detail: d}
	if kind != sockeye.Opened && kind != sockeye.Ended {
		e.Peer = w.peer
	}
	w.buf = w.encoder.Append(w.buf, &e)
	return w
}

func (w *tape) opened() *tape {
	return w.event(sockeye.Opened, "", &sockeye.Detail{Locals: []sockeye.SocketAddr{w.peer.Local}}).event(sockeye.Joined, "", nil)
}

func (w *tape) received(data string) *tape { return w.event(sockeye.Received, data, nil) }
func (w *tape) sent(data string) *tape     { return w.event(sockeye.Sent, data, nil) }

// cut ends the segment and returns its path.
func (w *tape) cut() string {
	w.t.Helper()
	w.number++
	path := filepath.Join(w.dir, segmentName{"20260131-093015", "tcp-listen-10000", w.number}.String())
	put(w.t, path, w.buf)
	w.buf = nil
	return path
}

// put writes a file that was last changed a while ago: what is torn in it stays so.
func put(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	age(t, path)
}

// age makes a file one that was last changed a while ago.
func age(t testing.TB, path string) {
	t.Helper()
	if err := os.Chtimes(path, tapeStart, tapeStart); err != nil {
		t.Fatal(err)
	}
}

// lines is every event of a recording, shortly: number, kind and data.
func lines(t testing.TB, path string, o ReadOptions, f Filter) []string {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Matcher()
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Read(o)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var out []string
	err = d.Each(t.Context(), m, func(e *sockeye.Event) error {
		out = append(out, line(e))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func line(e *sockeye.Event) string {
	s := fmt.Sprintf("%d %s", e.Seq, e.Kind)
	if len(e.Data) > 0 {
		s += " " + string(e.Data)
	}
	if e.Kind == sockeye.Gap {
		s += fmt.Sprintf(" of %d", e.Detail.Lost.Events)
	}
	return s
}

// A directory is one recording, whatever segments it is in, and a peer in two of
// them is one peer.
func TestReadOverSegments(t *testing.T) {
	w := newTape(t)
	w.opened().received("one").cut()
	w.sent("two").cut()
	w.received("three").cut()
	want := []string{"1 opened", "2 joined", "3 received one", "4 sent two", "5 received three"}
	if diff := cmp.Diff(want, lines(t, w.dir, ReadOptions{}, Filter{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[3:], lines(t, w.dir, ReadOptions{From: 4}, Filter{})); diff != "" {
		t.Error(diff)
	}
	peers := map[*sockeye.Peer]bool{}
	r, _ := Open(w.dir)
	d, _ := r.Read(ReadOptions{})
	defer d.Close()
	d.Each(t.Context(), nil, func(e *sockeye.Event) error {
		if e.Peer != nil {
			peers[e.Peer] = true
		}
		return nil
	})
	if len(peers) != 1 {
		t.Errorf("%d peers", len(peers))
	}
}

// What a writer wrote again after a failed sync comes once; what is missing is a gap.
func TestReadRepeatsAndGaps(t *testing.T) {
	w := newTape(t)
	w.opened().received("one").received("two").cut()
	w.seq -= 1
	w.received("two").received("three").cut()
	w.seq += 10
	w.received("later").cut()
	want := []string{"1 opened", "2 joined", "3 received one", "4 received two", "5 received three", "6 gap of 10", "16 received later"}
	if diff := cmp.Diff(want, lines(t, w.dir, ReadOptions{}, Filter{})); diff != "" {
		t.Error(diff)
	}
}

// A run that counts from 1 again in the same directory is no gap and no repeat.
func TestReadTwoRuns(t *testing.T) {
	w := newTape(t)
	w.opened().received("first run").cut()
	w.encoder, w.seq = pcapng.NewEncoder(pcapng.EncodeOptions{}), 0
	w.opened().received("second run").cut()
	want := []string{"1 opened", "2 joined", "3 received first run", "1 opened", "2 joined", "3 received second run"}
	if diff := cmp.Diff(want, lines(t, w.dir, ReadOptions{}, Filter{})); diff != "" {
		t.Error(diff)
	}
}

// Following goes from what there is into what is written next, into a half
// written block and into the next segment, and ends with its context.
func TestFollowReadsWhatIsWrittenNext(t *testing.T) {
	w := newTape(t)
	w.opened().received("one")
	whole := slices.Clone(w.buf)
	w.received("two")
	longer := slices.Clone(w.buf)
	path := w.cut()
	if err := os.WriteFile(path, whole[:len(whole)-7], 0o600); err != nil { // torn for now
		t.Fatal(err)
	}
	r, err := Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Read(ReadOptions{Follow: true, Damaged: func(_ string, x pcapng.Damage) { t.Errorf("damage: %+v", x) }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ctx, cancel := context.WithCancel(t.Context())
	next := func(want string) {
		t.Helper()
		e, err := d.Next(ctx)
		if err != nil || line(&e) != want {
			t.Fatalf("%s, %v; want %s", line(&e), err, want)
		}
	}
	next("1 opened")
	next("2 joined")
	if err := os.WriteFile(path, longer, 0o600); err != nil {
		t.Fatal(err)
	}
	next("3 received one")
	next("4 received two")
	w.received("three").cut()
	next("5 received three")
	cancel()
	if _, err := d.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A filter finds events by direction, peer, session and bytes, also where what is sought lies
// across several events of a stream.
func TestFilter(t *testing.T) {
	w := newTape(t)
	w.opened().received("Hello 01").sent("ok").received("Studio! Hel").received("lo again").sent("Hello 01Studio!").event(sockeye.Left, "", nil).cut()
	for _, c := range []struct {
		name string
		f    Filter
		want []string
	}{
		{"direction", Filter{Direction: sockeye.Sent}, []string{"4 sent ok", "7 sent Hello 01Studio!"}},
		{"a text over two chunks", Filter{Bytes: []byte("01Studio"), Direction: sockeye.Received}, []string{"5 received Studio! Hel"}},
		{"a text in both directions", Filter{Bytes: []byte("Hello")}, []string{"3 received Hello 01", "6 received lo again", "7 sent Hello 01Studio!"}},
		{"a regular expression over chunks", Filter{Regexp: "Hel+o a"}, []string{"6 received lo again"}},
		{"peer by port", Filter{Peer: ":54036", Direction: sockeye.Sent, Bytes: []byte("ok")}, []string{"4 sent ok"}},
		{"no such peer", Filter{Peer: "9"}, nil},
		{"no such session", Filter{Session: "s9"}, nil},
		{"one of several sessions", Filter{Session: "s9,s1", Direction: sockeye.Sent}, []string{"4 sent ok", "7 sent Hello 01Studio!"}},
		{"none of several sessions", Filter{Session: "s9,s11", Direction: sockeye.Sent}, nil},
		{"one of several peers", Filter{Peer: "9,#1", Direction: sockeye.Sent}, []string{"4 sent ok", "7 sent Hello 01Studio!"}},
		{"none of several peers", Filter{Peer: "9,11"}, nil},
		{"no list of peers", Filter{Peer: "a,1"}, nil},
		{"until", Filter{Before: tapeStart.Add(3 * time.Millisecond)}, []string{"1 opened", "2 joined"}},
		{"since", Filter{After: tapeStart.Add(8 * time.Millisecond)}, []string{"8 left"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lines(t, w.dir, ReadOptions{}, c.f)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, f := range []Filter{{Regexp: "("}, {Regexp: "a", Bytes: []byte("b")}, {Regexp: strings.Repeat("a", 3000)}, {Regexp: strings.Repeat(`\pL`, 600)}, {Regexp: "(?:ab){1000}"}} {
		if _, err := f.Matcher(); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.Invalid {
			t.Errorf("%v: %v", f, err)
		}
	}
}

// However a stream was cut into chunks, the same places are found.
func TestMatchesDoNotDependOnChunks(t *testing.T) {
	const stream = "abcabcabxabcabcababcab"
	found := func(chunk int) (out []uint64) {
		m, err := Filter{Bytes: []byte("abcab")}.Matcher()
		if err != nil {
			t.Fatal(err)
		}
		p := newTape(t).peer
		for at := 0; at < len(stream); at += chunk {
			e := sockeye.Event{Seq: uint64(at + 1), Kind: sockeye.Received, Peer: p, Data: []byte(stream[at:min(len(stream), at+chunk)])}
			m.Each(&e, func(x Hit) {
				out = append(out, x.Offset)
				if want := x.Offset - x.Offset%uint64(chunk) + 1; x.Seq != want {
					t.Errorf("chunks of %d: the match at %d begins in event %d, want %d", chunk, x.Offset, x.Seq, want)
				}
			})
		}
		return out
	}
	first := func(offsets []uint64) []uint64 { // overlapping ones may be told or not
		var out []uint64
		for _, o := range offsets {
			if len(out) == 0 || o >= out[len(out)-1]+5 {
				out = append(out, o)
			}
		}
		return out
	}
	want := found(len(stream))
	for chunk := 1; chunk < len(stream); chunk++ {
		if diff := cmp.Diff(want, first(found(chunk))); diff != "" {
			t.Errorf("chunks of %d: %s", chunk, diff)
		}
	}
}

// Every single-bit flip is found and costs at most one event (F11).
func TestEveryBitFlip(t *testing.T) {
	w := newTape(t)
	w.opened().received("one").sent("two").received("three")
	path := w.cut()
	clean, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := lines(t, path, ReadOptions{}, Filter{})
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for bit := range len(clean) * 8 {
		f.WriteAt([]byte{clean[bit/8] ^ 1<<(bit%8)}, int64(bit/8))
		age(t, path)
		damages := 0
		d, err := r.Read(ReadOptions{Damaged: func(string, pcapng.Damage) { damages++ }})
		if err != nil {
			t.Fatal(err)
		}
		events := 0
		err = d.Each(t.Context(), nil, func(e *sockeye.Event) error {
			if e.Kind != sockeye.Gap {
				events++
			}
			return nil
		})
		d.Close()
		if err != nil || damages == 0 || events < len(all)-1 {
			t.Fatalf("bit %d: %v, %d damages, %d of %d events", bit, err, damages, events, len(all))
		}
		f.WriteAt(clean[bit/8:bit/8+1], int64(bit/8))
	}
}

// eventsOf is every event that is not a gap.
func eventsOf(t *testing.T, r *Files) (out []string) {
	d, err := r.Read(ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.Each(t.Context(), nil, func(e *sockeye.Event) error {
		if e.Kind != sockeye.Gap {
			out = append(out, line(e))
		}
		return nil
	})
	return out
}

// A file cut anywhere gives what was whole before the cut.
func TestTruncatedAnywhere(t *testing.T) {
	w := newTape(t)
	w.opened().received("one").sent("two")
	path := w.cut()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := lines(t, path, ReadOptions{}, Filter{})
	for n := range whole {
		put(t, path, whole[:n])
		r, err := Open(path)
		if err != nil {
			continue // not even a header
		}
		if got := eventsOf(t, r); !slices.Equal(got, all[:len(got)]) {
			t.Fatalf("cut at %d: %q", n, got)
		}
	}
}

// Repair writes what is whole and leaves the old as it is.
func TestRepair(t *testing.T) {
	w := newTape(t)
	w.opened().received("one").received("two").received("three")
	path := w.cut()
	w.sent("four").cut()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[bytes.LastIndex(text, []byte("two"))] ^= 0x20
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "repaired")
	report, err := r.Repair(t.Context(), fresh, nil)
	if err != nil || report.Damages != 1 || report.Files != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	if report.Damage[0].File != path || report.Damage[0].Seq != 4 {
		t.Errorf("%+v", report.Damage[0])
	}
	want := []string{"1 opened", "2 joined", "3 received one", "4 gap of 1", "5 received three", "6 sent four"}
	if diff := cmp.Diff(want, lines(t, fresh, ReadOptions{}, Filter{})); diff != "" {
		t.Error(diff)
	}
	repaired, err := Open(fresh)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := repaired.Verify(t.Context(), nil); err != nil || !again.Sound() {
		t.Errorf("%+v, %v", again, err)
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, text) {
		t.Error("the old file was touched")
	}
	if _, err := r.Repair(t.Context(), fresh, nil); sockeye.ErrorOf(err) == nil {
		t.Error("an existing directory was taken")
	}
}

// T28: no cell of an export is a formula, and the bytes come back.
func TestCSV(t *testing.T) {
	w := newTape(t)
	payloads := []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\x00=1", "a,\"b\"\r\nc", "plain", "你好"}
	w.opened()
	for _, p := range payloads {
		w.received(p)
	}
	w.cut()
	r, err := Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Read(ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var out bytes.Buffer
	if err := WriteCSV(t.Context(), d, nil, &out, sockeye.English); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 3+len(payloads) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if opened := rows[1]; opened[3] != "opened" || opened[5] == "" {
		t.Errorf("the session is opened at no address: %q", opened)
	}
	for n, p := range payloads {
		row := rows[3+n]
		if row[10] != fmt.Sprintf("%x", p) {
			t.Errorf("%q: %s", p, row[10])
		}
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n\x00", rune(cell[0])) {
				t.Errorf("%q gave the cell %q", p, cell)
			}
		}
	}
}

// Every direction of every peer becomes a file with its bytes as they crossed.
func TestWriteRaw(t *testing.T) {
	w := newTape(t)
	w.opened().received("one").sent("two").received("three").cut()
	r, _ := Open(w.dir)
	d, err := r.Read(ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	dir := filepath.Join(t.TempDir(), "raw")
	names, err := WriteRaw(t.Context(), d, nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"s1_peer-1_received.bin", "s1_peer-1_sent.bin"}, names); diff != "" {
		t.Error(diff)
	}
	got, _ := os.ReadFile(filepath.Join(dir, names[0]))
	if string(got) != "onethree" {
		t.Errorf("%q", got)
	}
}

// The events that a filter leaves are written as a recording that can be read again.
func TestWritePcapng(t *testing.T) {
	w := newTape(t)
	w.opened().received("one").sent("two").received("three").cut()
	r, _ := Open(w.dir)
	m, _ := Filter{Direction: sockeye.Received}.Matcher()
	d, err := r.Read(ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	path := filepath.Join(t.TempDir(), "out.pcapng")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := WritePcapng(t.Context(), d, m, f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if diff := cmp.Diff([]string{"1 received one", "2 received three"}, lines(t, path, ReadOptions{}, Filter{})); diff != "" {
		t.Error(diff)
	}
}

// What is no recording is refused with the reason.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no capture"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "no recording", text: "neither a recording", filepath.Join(dir, "none"): "no such file"} {
		_, err := Open(path)
		if e := sockeye.ErrorOf(err); e == nil || !strings.Contains(e.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// T39: whatever a segment holds, reading ends, in bounded memory.
func FuzzRecording(f *testing.F) {
	w := newTape(f)
	w.opened().received("one").sent("two")
	f.Add(slices.Clone(w.buf))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "x.pcapng")
		put(t, path, text)
		r, err := Open(path)
		if err != nil {
			return
		}
		d, err := r.Read(ReadOptions{})
		if err != nil {
			return
		}
		defer d.Close()
		for {
			if _, err := d.Next(t.Context()); err != nil {
				if !errors.Is(err, io.EOF) && sockeye.ErrorOf(err).Kind == "" {
					t.Fatal(err)
				}
				return
			}
		}
	})
}

// F24: what the first version wrote is read by every later one. The file is of a
// real session; it is never made anew.
func TestVersion1IsRead(t *testing.T) {
	want := []string{"1 opened", "2 joined", "3 received Hello 01Studio!", "4 sent Hello 01Studio!", "5 finished", "6 left", "7 closed"}
	if diff := cmp.Diff(want, lines(t, filepath.Join("testdata", "version1.pcapng"), ReadOptions{}, Filter{})); diff != "" {
		t.Error(diff)
	}
}
