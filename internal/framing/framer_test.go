package framing

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sockeye/internal/checksum"
)

// piece is what the tests compare of a frame.
type piece struct {
	Data, Body string
	Mark       Mark
}

var begin = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// cutAll cuts a stream in chunks that end at the given offsets, and then ends it.
func cutAll(t testing.TB, s Spec, stream []byte, ends ...int) []piece {
	t.Helper()
	f := New(s, checksum.Trailer{})
	var out []piece
	next := uint64(0)
	drain := func() {
		for {
			fr, ok := f.Next()
			if !ok {
				return
			}
			if fr.Offset < next || !bytes.Equal(fr.Data, stream[fr.Offset:fr.Offset+uint64(len(fr.Data))]) {
				t.Fatalf("%s: a frame at %d, after one that ends at %d, is not of the stream: %x", s, fr.Offset, next, fr.Data)
			}
			if len(fr.Data) > s.max() && s.Method != Fixed && s.Method != None {
				t.Fatalf("%s: a frame of %d bytes", s, len(fr.Data))
			}
			next = fr.Offset + uint64(len(fr.Data))
			out = append(out, piece{string(fr.Data), string(fr.Body), fr.Mark})
		}
	}
	from := 0
	for n, end := range append(ends, len(stream)) {
		chunk := bytes.Clone(stream[from:end])
		f.Feed(Chunk{Data: chunk, Seq: uint64(n + 1), Time: begin})
		drain()
		clear(chunk) // it was lent
		from = end
	}
	f.End()
	drain()
	if f.Pending() != 0 {
		t.Fatalf("%s: %d bytes are pending after the end", s, f.Pending())
	}
	return out
}

func spec(t testing.TB, text string) Spec {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each case is a stream and its pieces with a bar between; a piece that is not
// whole begins with g! (garbage), o! (oversize) or i! (incomplete). "=" gives the
// body where it is not the piece. Streams of "hex " are hex.
func TestCut(t *testing.T) {
	for _, c := range []struct{ name, spec, pieces string }{
		{"lines", "line", "one\n=one|two\r\n=two|\n=|i!rest"},
		{"long line", "line:max=4", "o!aaaa|o!aaaa|o!a\n|b\n=b"},
		{"line that just fits", "line:max=4", "abc\n=abc|abc\n=abc"},
		{"long line at the end", "line:max=4", "o!aaaa|o!bb"},
		{"delimiter", `delim:"\r\n"`, "a\rb\r\n=a\rb|c\r\n=c|i!\r"},
		{"delimiter over the limit", `delim:"--",max=5`, "o!aaaa|o!a--|b--=b"},
		{"fixed", "fixed:3", "abc|def|i!gh"},
		{"length", "length:offset=2,size=2", "hex aabb0002c0c1|0000 0000|i!aabb00"},
		{"length, low byte first, of all", "length:size=2,order=little,counts=all", "hex 0400aabb|0200|i!0300"},
		{"length with a checksum after", "length:size=1,adjust=2", "hex 01aac1c2|00c1c2"},
		{"length over the limit", "length:size=4,max=8", "hex g!ffffffff|00000001aa|i!00000003aa"},
		{"length smaller than its header", "length:size=2,counts=all,max=16", "hex g!00|0003aa|g!0001|000477ff"},
		{"varint", "length:size=varint", "hex 02c0c1|00|8100aa|i!03bb"},
		{"varint over the limit", "length:size=varint,max=200", "hex g!c9|01aa|00"},
		{"varint that never ends", "length:size=varint", "hex g!ff80|80808080808080808000"},
		{"MQTT", "length:offset=1,size=varint", "hex c000|3003000161|d000|i!3080"},
		{"varint of all", "length:size=varint,counts=all", "hex 03aabb|01|g!00|02cc"},
		{"length with head and tail", "length:head=aa55,offset=2,size=1,adjust=1,tail=0d", "hex g!00aaaa|aa5501bb0d|g!aa5501bb0c|aa55000d|i!aa"},
		{"head and tail", `between:head="<<",tail=">"`, "g!x|<<<a>=<a|<<>=|g!>|i!<<b"},
		{"head and tail with two bytes after", "between:head=24,tail=2a,after=2,max=10", "$GP*41=GP|$*00=|o!$aaaaaaaaa|g!aaaa|$a*11=a|i!$b*1"},
		{"stx", "stx:after=1", "hex 0241420301=4142|g!ff|02030a=|i!0203"},
		{"slip", "slip", "hex c001dbdcc0=01c0|dbddc0=db|c0c0c0aac0=aa|g!dbdbc0|i!01db"},
		{"slip, nothing after the last", "slip", "hex 01c0=01"},
		{"slip over the limit", "slip:max=3", "hex o!010203|o!0405c0|06c0=06|g!c0c0c0|07c0=07"},
		{"cobs", "cobs", "hex 0101 00=00|03112202 33 00=11220033|g!0500|i!02"},
		{"json", "json", `{"a":[1,"}"]}| 12=12|"x\"y"| [true,null]=[true,null]|` + "\ntrue=true"},
		{"json with garbage", "json", `g!: x}|{"a":1}|g!{]|,[1]=[1]|i! ["`},
		{"json over the limit", "json:max=5", `o!"aaaa|g!aa|"{"|g!b|i!":1}`},
		{"modbus tcp", "modbus-tcp", "hex 000100000006010300000001|g!0001ff|00020000000201 83|i!000300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := spec(t, c.spec)
			want := wanted(t, c.pieces)
			var stream []byte
			for _, p := range want {
				stream = append(stream, p.Data...)
			}
			if diff := cmp.Diff(want, cutAll(t, s, stream)); diff != "" {
				t.Errorf("at once (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, cutAll(t, s, stream, each(len(stream))...)); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
		})
	}
}

// wanted reads the pieces of TestCut.
func wanted(t *testing.T, text string) []piece {
	t.Helper()
	rest, isHex := bytes.CutPrefix([]byte(text), []byte("hex "))
	bytesOf := func(b []byte) string {
		if !isHex {
			return string(b)
		}
		raw, err := hex.DecodeString(string(bytes.ReplaceAll(b, []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	var out []piece
	for _, p := range bytes.Split(rest, []byte("|")) {
		var w piece
		for mark, sign := range map[Mark]string{Garbage: "g!", Oversize: "o!", Incomplete: "i!"} {
			if rest, ok := bytes.CutPrefix(p, []byte(sign)); ok {
				p, w.Mark = rest, mark
			}
		}
		data, body, different := bytes.Cut(p, []byte("="))
		w.Data, w.Body = bytesOf(data), bytesOf(data)
		if different {
			w.Body = bytesOf(body)
		}
		out = append(out, w)
	}
	return out
}

// each are the ends of chunks of one byte.
func each(n int) []int {
	var ends []int
	for i := 1; i < n; i++ {
		ends = append(ends, i)
	}
	return ends
}

// specs are of every kind whose frames do not depend on chunks, with tight limits.
var specs = []string{
	"length:size=varint", "length:offset=1,size=varint,counts=all,max=300,tail=0b",
	"line", "line:max=5", "delim:0a0b", `delim:"\n\n",max=6`, "fixed:3", "length:size=1", "length:offset=1,size=2,order=little,max=20", "length:size=3,counts=all,adjust=-1,max=12",
	"length:head=0a,offset=1,size=1,tail=0b", "between:head=0a,tail=0b", "between:head=0a0a,tail=0b0b,after=1,max=9", "stx", "stx:after=2,max=7",
	"slip", "slip:max=5", "cobs", "cobs:max=5", "modbus-rtu", "modbus-tcp", "json", "json:max=6",
}

// streams makes streams that are likely to hold what the specs look for.
func streams() *rapid.Generator[[]byte] {
	bits := []string{"\x00", "\x01", "\x02", "\x03", "\x04", "\x05", "\n", "\r", "\x0b", "\xc0", "\xdb", "\xdc", "a", "\xff", "{", "}", "[", "]", `"`, `\`, ",", " ", "7",
		`{"a":1}`, "\x00\x01\x00\x00\x00\x02\x01\x03", "\x01\x03\x00\x00\x00\x0a\xc5\xcd", "\x01\x83\x02\xc0\xf1", "\x11\x03\x06\xae\x41\x56\x52\x43\x40\x49\xad"}
	return rapid.Custom(func(t *rapid.T) []byte {
		return []byte(fmt.Sprint(joined(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 60).Draw(t, "stream"))))
	})
}

func joined(parts []string) string {
	var b bytes.Buffer
	for _, p := range parts {
		b.WriteString(p)
	}
	return b.String()
}

// However a stream is chopped, the frames are the same, and nothing of it is
// missing but what may stand after the last frame.
func TestChunksDoNotMatter(t *testing.T) {
	for _, text := range specs {
		t.Run(text, func(t *testing.T) {
			s := spec(t, text)
			rapid.Check(t, func(r *rapid.T) {
				stream := streams().Draw(r, "stream")
				ends := rapid.SliceOf(rapid.IntRange(0, len(stream))).Draw(r, "ends")
				slices.Sort(ends)
				want := cutAll(t, s, stream)
				if diff := cmp.Diff(want, cutAll(t, s, stream, ends...)); diff != "" {
					r.Fatalf("chunks that end at %v (-at once +chunks):\n%s", ends, diff)
				}
				checkComplete(r, s, stream, want)
			})
		})
	}
}

// checkComplete: the pieces are the stream, but for separators at its end.
func checkComplete(t rapid.TB, s Spec, stream []byte, pieces []piece) {
	var all []byte
	for _, p := range pieces {
		all = append(all, p.Data...)
	}
	rest, ok := bytes.CutPrefix(stream, all)
	allowed := map[Method]string{SLIP: "\xc0", COBS: "\x00", JSON: " ,\n\r\t\x1e"}[s.Method]
	if !ok || len(bytes.Trim(rest, allowed)) > 0 || len(rest) > 0 && allowed == "" {
		t.Fatalf("the pieces %q are not the stream %q", all, stream)
	}
}

// The borders of chunks and the events are seen in the frames.
func TestFramesKeepChunkBorders(t *testing.T) {
	f := New(spec(t, "line"), checksum.Trailer{})
	at := func(ms int) time.Time { return begin.Add(time.Duration(ms) * time.Millisecond) }
	var got []string
	for n, chunk := range []string{"ab", "c", "d\nef\ngh", "i\n", "j"} {
		f.Feed(Chunk{Data: []byte(chunk), Seq: uint64(n + 10), Time: at(n)})
		for fr, ok := f.Next(); ok; fr, ok = f.Next() {
			got = append(got, fmt.Sprintf("%q at %d cut %v, events %d-%d, %s-%s", fr.Data, fr.Offset, fr.Reads, fr.Seq, fr.LastSeq, fr.Time.Sub(begin), fr.End.Sub(begin)))
		}
	}
	want := []string{
		`"abcd\n" at 0 cut [2 3], events 10-12, 0s-2ms`,
		`"ef\n" at 5 cut [], events 12-12, 2ms-2ms`,
		`"ghi\n" at 8 cut [2], events 12-13, 2ms-3ms`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f.Pending() != 1 {
		t.Errorf("%d bytes are pending, want 1", f.Pending())
	}
}

// Chunks are frames for none; for idle, what stands between two pauses.
func TestPauseEndsAFrame(t *testing.T) {
	for _, c := range []struct {
		spec string
		want []string
	}{
		{"none", []string{"a", "b", "c", "d"}},
		{"idle:20ms", []string{"ab", "c", "d"}},
		{"idle:20ms,max=1", []string{"a!", "b", "c", "d"}},
	} {
		f := New(spec(t, c.spec), checksum.Trailer{})
		var got []string
		drain := func() {
			for fr, ok := f.Next(); ok; fr, ok = f.Next() {
				text := string(fr.Data)
				if fr.Mark != Whole {
					text += "!"
				}
				got = append(got, text)
			}
		}
		for _, chunk := range []struct {
			at   int
			data string
		}{{0, "a"}, {19, "b"}, {39, "c"}, {80, "d"}} {
			f.Feed(Chunk{Data: []byte(chunk.data), Time: begin.Add(time.Duration(chunk.at) * time.Millisecond)})
			drain()
		}
		if due := f.Due(); c.spec != "none" && !due.Equal(begin.Add(100*time.Millisecond)) {
			t.Errorf("%s: due at %s", c.spec, due)
		}
		f.Rest(begin.Add(99 * time.Millisecond))
		drain()
		if n := f.Pending(); c.spec != "none" && n != 1 {
			t.Errorf("%s: %d bytes are pending before the pause is over", c.spec, n)
		}
		f.Rest(begin.Add(100 * time.Millisecond))
		drain()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.spec, diff)
		}
	}
}

// A checksum is judged over the whole frame, its end included.
func TestChecksumIsJudged(t *testing.T) {
	nmea, err := checksum.ParseTrailer("xor8(1..-1):HEX+2")
	if err != nil {
		t.Fatal(err)
	}
	f := New(spec(t, "line"), nmea)
	f.Feed(Chunk{Data: []byte("$GPGLL,5057.970,N,00146.110,E,142451,A*27\r\n$GPGLL,5057.970,N,00146.110,E,142451,A*28\r\n\n")})
	var got []CheckResult
	for fr, ok := f.Next(); ok; fr, ok = f.Next() {
		got = append(got, fr.Check)
	}
	if diff := cmp.Diff([]CheckResult{Right, Wrong, Wrong}, got); diff != "" {
		t.Error(diff)
	}
}

// The checksum of SLIP and COBS frames is computed before they are escaped: it is judged in
// what they say, however much of it was escaped, the checksum itself included.
func TestVerdictsOnEscapedFrames(t *testing.T) {
	escape := map[string]func([]byte) string{
		"slip": func(b []byte) string { return string(slipOf(b)) + "\xc0" },
		"cobs": func(b []byte) string { return string(cobsOf(b)) + "\x00" },
	}
	for text, escaped := range escape {
		for _, name := range []string{"sum8", "crc16modbus", "crc32:HEX"} {
			trailer, err := checksum.ParseTrailer(name)
			if err != nil {
				t.Fatal(err)
			}
			f := New(spec(t, text), trailer)
			var stream string
			var want []CheckResult
			for last := range 256 { // so that each byte is escaped somewhere, in sum8 as well
				whole := trailer.Append([]byte{'a', 0, 0xC0, 0xDB, 0xDC, 0xDD, byte(last)})
				wrong := bytes.Clone(whole)
				wrong[2] ^= 1
				stream += escaped(whole) + escaped(wrong)
				want = append(want, Right, Wrong)
			}
			f.Feed(Chunk{Data: []byte(stream)})
			var got []CheckResult
			for fr, ok := f.Next(); ok; fr, ok = f.Next() {
				got = append(got, fr.Check)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s with %s: %s", text, name, diff)
			}
		}
	}
}

// slipOf escapes as RFC 1055 says.
func slipOf(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte{0xDB}, []byte{0xDB, 0xDD})
	return bytes.ReplaceAll(b, []byte{0xC0}, []byte{0xDB, 0xDC})
}

// cobsOf stuffs less than 254 bytes.
func cobsOf(b []byte) (out []byte) {
	for _, run := range bytes.Split(b, []byte{0}) {
		out = append(append(out, byte(len(run)+1)), run...)
	}
	return out
}

// The memory of a stream is bounded, whatever a peer sends, and a stream in single
// bytes does not take quadratic time: this would not end.
func TestFramerMemoryIsBounded(t *testing.T) {
	for _, text := range []string{"line", "delim:00ff", "length:size=4,head=41", "between:head=41,tail=42", "slip", "cobs", "json", "idle:1h", "stx"} {
		f := New(spec(t, text), checksum.Trailer{})
		for _, b := range []byte{'A', 0xC0, 0, '[', '"', 2} {
			chunk := []byte{b}
			for range DefaultMax + 4096 {
				f.Feed(Chunk{Data: chunk, Time: begin})
				for _, ok := f.Next(); ok; _, ok = f.Next() {
				}
			}
		}
		if f.Pending() > DefaultMax || cap(f.own) > 4*DefaultMax || cap(f.starts) > 2*maxCuts {
			t.Errorf("%s: %d bytes pending in %d, %d chunks", text, f.Pending(), cap(f.own), cap(f.starts))
		}
	}
}

// stream1K is frames of 1 KiB with their length in front.
func stream1K(frames int) []byte {
	var b []byte
	for range frames {
		b = append(b, 0x03, 0xfe)
		b = append(b, bytes.Repeat([]byte("x"), 0x3fe)...)
	}
	return b
}

func feedAll(f *Framer, stream []byte, chunk int) (frames int) {
	for at := 0; at < len(stream); at += chunk {
		f.Feed(Chunk{Data: stream[at:min(len(stream), at+chunk)], Time: begin})
		for _, ok := f.Next(); ok; _, ok = f.Next() {
			frames++
		}
	}
	return frames
}

// Cutting allocates nothing, wherever chunks end.
func TestFramingAllocatesNothing(t *testing.T) {
	streams := map[string][]byte{
		"length:size=2": stream1K(100), "line": bytes.Repeat([]byte("hello\r\n"), 1000), "slip": bytes.Repeat([]byte("ab\xdb\xdcc\xc0"), 1000),
		"cobs": bytes.Repeat([]byte("\x03ab\x00"), 1000), "json": bytes.Repeat([]byte(`{"a":[1,2]}`+"\n"), 1000),
		"modbus-rtu": bytes.Repeat([]byte("\x01\x03\x00\x00\x00\x0a\xc5\xcd"), 1000), "between:head=3c,tail=3e": bytes.Repeat([]byte("<a>"), 1000),
	}
	for text, stream := range streams {
		f := New(spec(t, text), checksum.Trailer{})
		feedAll(f, stream, 999)
		frames := 0
		most := 0.0
		if text == "json" {
			most = 1000 // the race detector empties the pool that encoding/json takes its scanner from
		}
		if n := testing.AllocsPerRun(20, func() { frames += feedAll(f, stream, 999) }); n > most || frames < 20*100 {
			t.Errorf("%s: %v allocations for %d frames", text, n, frames/21)
		}
	}
}

// BenchmarkLength1K measures frames of 1 KiB with a length in front, in large reads.
func BenchmarkLength1K(b *testing.B) { benchmark(b, "length:size=2", stream1K(1024), 64<<10) }

// BenchmarkLength1KSmallReads is BenchmarkLength1K where reads are smaller than frames.
func BenchmarkLength1KSmallReads(b *testing.B) {
	benchmark(b, "length:size=2", stream1K(1024), 1400)
}

// BenchmarkLines measures frames that end with a line break.
func BenchmarkLines(b *testing.B) {
	benchmark(b, "line", bytes.Repeat([]byte("temperature=23.5;humidity=40;pressure=1013\r\n"), 20_000), 64<<10)
}

func benchmark(b *testing.B, text string, stream []byte, chunk int) {
	f := New(spec(b, text), checksum.Trailer{})
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		feedAll(f, stream, chunk)
	}
}
