package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"sockeye"
	"sockeye/internal/pcapng"
)

func gzipped(t testing.TB, parts ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, p := range parts { // each a member of its own (RFC 1952, 2.2)
		w := gzip.NewWriter(&b)
		w.Write(p)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func zstdOf(t testing.TB, b []byte, o ...zstd.EOption) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, o...)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// manyDatagrams is a capture of some size.
func manyDatagrams(t testing.TB, n int) []byte {
	packet := raw(udpPacket(t, client4, server4, "question"))
	return pcapOf(t, bytesTimes(packet, n)...)
}

func bytesTimes(p built, n int) []built {
	out := make([]built, n)
	for i := range out {
		out[i] = p
	}
	return out
}

// A compressed capture is opened by what it holds, as Wireshark does.
func TestCompressedCaptureIsOpened(t *testing.T) {
	plain := manyDatagrams(t, 100)
	want, _ := read(t, plain)
	for name, file := range map[string][]byte{
		"gzip":            gzipped(t, plain),
		"gzip in members": gzipped(t, plain[:1000], plain[1000:]),
		"zstd":            zstdOf(t, plain),
		"zstd, pcapng":    zstdOf(t, pcapngOf(t, bytesTimes(raw(udpPacket(t, client4, server4, "question")), 100)...)),
	} {
		got, lost := read(t, file)
		if diff := cmp.Diff(want, got); diff != "" || len(lost) > 0 {
			t.Errorf("%s: %s %q", name, diff, lost)
		}
		if err := Check(bytes.NewReader(file)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Of a compressed file that is cut off or damaged, what comes before that is read.
func TestCompressedDamaged(t *testing.T) {
	if _, err := NewReader(bytes.NewReader(zstdOf(t, manyDatagrams(t, 20))[:100]), CaptureOptions{}); err == nil || !strings.Contains(err.Error(), "only whole ones") {
		t.Errorf("zstd cut off in its first block: %v", err)
	}
	plain := manyDatagrams(t, 20_000)
	for name, whole := range map[string][]byte{"gzip": gzipped(t, plain), "zstd": zstdOf(t, plain)} {
		events, lost := read(t, whole[:len(whole)-20])
		if len(events) < 1000 || len(lost) != 1 || !strings.Contains(lost[0], "cut off") {
			t.Errorf("%s cut off: %d events, %q", name, len(events), lost)
		}
		bad := bytes.Clone(whole)
		bad[len(bad)*3/4] ^= 0x40
		bad[len(bad)*3/4+1] ^= 0xFF
		if events, lost := read(t, bad); len(lost) == 0 {
			t.Errorf("%s changed: %d events, nothing lost", name, len(events))
		}
	}
}

// T37: a file that unpacks to far more than it is ends in an error that says so and
// what to do, and takes no memory for it.
func TestCompressionBombs(t *testing.T) {
	zeros := strings.NewReader(strings.Repeat("\x00", 1<<20))
	bomb := func(w io.WriteCloser, b *bytes.Buffer) []byte {
		w.Write(manyDatagrams(t, 10))
		for range 64 {
			zeros.Seek(0, io.SeekStart)
			io.Copy(w, zeros)
		}
		w.Close()
		return b.Bytes()
	}
	var g, z bytes.Buffer
	zw, err := zstd.NewWriter(&z)
	if err != nil {
		t.Fatal(err)
	}
	wideHead := []byte{0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x98} // a frame that refers back 512 MiB
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"gzip", bomb(gzip.NewWriter(&g), &g), "more than 100 times"},
		{"zstd", bomb(zw, &z), "more than 100 times"},
		{"zstd that needs much memory", append(wideHead, 0, 0, 0), "more than 32 MiB of memory"},
	} {
		err := readAll(c.file)
		e, ok := errors.AsType[*sockeye.Error](err)
		if !ok || !strings.Contains(e.Message.En, c.want) || !strings.Contains(e.Hint.En, "unpack it first") || e.Message.Zh == "" || e.Hint.Zh == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// readAll reads a capture and gives the error that it ends in, nil for its end.
func readAll(file []byte) error {
	d, err := NewReader(bytes.NewReader(file), CaptureOptions{Lost: func(pcapng.Damage) {}})
	for err == nil {
		_, err = d.Next()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// T37: a capture that unpacks to more than 1 GiB, at less than 100 times its size, is refused there and takes no
// memory for it, be it one stream or ten thousand members; so is one that is packed in another packing.
func TestLargeUnpackedCaptures(t *testing.T) {
	var member bytes.Buffer
	w := gzip.NewWriter(&member)
	noise := make([]byte, 1500)
	rand.NewChaCha8([32]byte{37}).Read(noise)
	w.Write(append(packetOf(noise), packetOf(make([]byte, 112<<10))...))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const members = 10_500
	file := append(gzipped(t, manyDatagrams(t, 1)), bytes.Repeat(member.Bytes(), members)...)
	unpacks := int64(members * (112 << 10))
	if unpacks <= maxUnpacked || unpacks > int64(len(file)*maxRatio) {
		t.Fatalf("%d bytes unpack to %d", len(file), unpacks)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"many members":    {file, "more than 1024 MiB"},
		"packed twice":    {gzipped(t, file[:1<<20]), "compressed more than once"},
		"a zip archive":   {[]byte("PK\x03\x04 and whatever else is in it"), "a zip archive"},
		"gzip in zstd":    {zstdOf(t, gzipped(t, manyDatagrams(t, 10))), "compressed more than once"},
		"packed with tar": {gzipped(t, append([]byte("capture.pcap"), make([]byte, 1012)...)), "neither a recording nor a capture"},
	} {
		e, ok := errors.AsType[*sockeye.Error](readAll(c.file))
		if !ok || !strings.Contains(e.Message.En, c.want) || e.Message.Zh == "" || e.Hint.IsZero() {
			t.Errorf("%s: %v (%T), want %q", name, e, e, c.want)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(after.HeapSys) - int64(before.HeapSys); held > 64<<20 {
		t.Errorf("%d MiB were taken", held>>20)
	}
}

// packetOf is a packet of a pcap file in the byte order of pcapOf.
func packetOf(data []byte) []byte {
	return append(words(binary.LittleEndian, 0, 0, uint32(len(data)), uint32(len(data))), data...)
}

// The limit of the size holds where that of the ratio does not.
func TestUnpackedSize(t *testing.T) {
	u := &unpacking{name: "gzip", unpack: "gzip -dk FILE", packed: &counted{n: 1 << 40}, r: endless{}}
	n, err := io.Copy(io.Discard, u)
	if err == nil || n > maxUnpacked || !strings.Contains(err.Error(), "1024 MiB") {
		t.Errorf("%d bytes, %v", n, err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
