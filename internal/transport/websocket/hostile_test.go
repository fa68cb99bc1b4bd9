package websocket_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// T36: 6 MiB that unpack to 6 GiB are closed with 1009 as soon as it shows that the message is longer than
// max-message, in one frame and in many, and take no memory; so is a bomb that begins as an honest message.
func TestCompressionBomb(t *testing.T) {
	const most = 16 << 20 // as without the option
	chunk := packedZeros(t, 64<<20)
	bomb := bytes.Repeat(chunk, 6<<30/(64<<20)) // each chunk ends in a flush, and so can be followed by any
	var honest bytes.Buffer
	w, err := flate.NewWriter(&honest, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{36})
	io.CopyN(w, random, 1<<20)
	w.Flush()
	if len(bomb)>>19 != 11 { // 1030:1 is the most

		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	for name, c := range map[string]struct {
		packed []byte
		frame  int // bytes in one
		memory int // at most
	}{
		"one frame":              {bomb, len(bomb), 8 << 20},
		"frames of 4 KiB":        {bomb, 4 << 10, 8 << 20},
		"behind an honest start": {append(honest.Bytes(), bomb...), 1 << 20, 64 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			_, r, at := server(t, "", sockeye.Options{Compress: sockeye.On}, nil)
			conn, answer := request(t, at, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n\r\n")
			if !strings.Contains(answer, "permessage-deflate") {
				t.Fatalf("the answer is %q", answer)
			}
			frames := framesOf(c.packed, c.frame)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			sent, _ := conn.Write(frames) // an error is a connection that is closed
			left := r.WaitKind(t, sockeye.Left, 1).Detail
			runtime.ReadMemStats(&after)
			if left.Close == nil || left.Close.Code != 1009 || !left.Close.ByUs || left.Err == nil {
				t.Errorf("left for %s, %v, %+v", left.Reason, left.Err, left.Close)
			}
			if took := int(after.TotalAlloc - before.TotalAlloc); took > c.memory {
				t.Errorf("%d KiB were taken for a message of at most %d MiB", took>>10, most>>20)
			}
			t.Logf("%d KiB of memory, %d KiB sent", (after.TotalAlloc-before.TotalAlloc)>>10, sent>>10)
		})
	}
}

// packedZeros is so many zeros, compressed, up to a flush and with it.
func packedZeros(t *testing.T, n int) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range n / len(zeros) {
		w.Write(zeros)
	}
	w.Flush()
	return packed.Bytes()
}

// framesOf is a compressed binary message in frames of so many bytes, masked with zeros.
func framesOf(packed []byte, size int) (frames []byte) {
	packed = bytes.TrimSuffix(packed, []byte{0, 0, 0xff, 0xff}) // RFC 7692 section 7.2.1
	first := byte(0x42)
	for at := 0; at < len(packed); at += size {
		part := packed[at:min(at+size, len(packed))]
		if at+size >= len(packed) {
			first |= 0x80
		}
		frames = binary.BigEndian.AppendUint64(append(frames, first, 0x80|127), uint64(len(part)))
		frames = append(append(frames, 0, 0, 0, 0), part...)
		first = 0
	}
	return frames
}

// T35: fragments without end, be they empty, and pings without end take no memory, and
// nobody else waits.
func TestEndlessFragmentsAndPings(t *testing.T) {
	const most = 64 << 10
	empty := []byte{0x00, 0x80, 0, 0, 0, 0}
	one := []byte{0x00, 0x81, 0, 0, 0, 0, 'x'}
	ping := []byte{0x89, 0x80, 0, 0, 0, 0}
	_, r, at := server(t, "", sockeye.Options{MaxMessage: most}, transporttest.Echoing{})
	for name, c := range map[string]struct {
		first, again []byte
		ends         bool
	}{"empty fragments": {[]byte{0x02, 0x80, 0, 0, 0, 0}, empty, false}, "fragments of a byte": {[]byte{0x02, 0x80, 0, 0, 0, 0}, one, true}, "pings": {nil, ping, false}} {
		conn := upgrade(t, at)
		go io.Copy(io.Discard, conn) // pongs, and the Close frame
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		conn.Write(c.first)
		many := bytes.Repeat(c.again, 2*most/64)
		for range 64 {
			if _, err := conn.Write(many); err != nil {
				break
			}
		}
		other := upgrade(t, at)
		io.WriteString(other, "\x81\x82\x00\x00\x00\x00hi")
		got := make([]byte, 4)
		if _, err := io.ReadFull(other, got); err != nil || string(got) != "\x81\x02hi" {
			t.Errorf("%s: another peer gets %q, %v", name, got, err)
		}
		other.Close()
		conn.Close()
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); name != "pings" && grown > 8<<20 { // each ping is an event that the test's log keeps
			t.Errorf("%s: %d MiB are held", name, grown>>20)
		}
		if c.ends {
			for n := 1; ; n++ {
				if left := r.WaitKind(t, sockeye.Left, n).Detail; left.Close != nil && left.Close.Code == 1009 {
					break
				}
			}
		}
	}
}

// T35: each of the 256 first bytes of a frame, masked and not, is taken or closed with 1002
// as RFC 6455 sections 5.1, 5.2, 5.4 and 5.5 say.
func TestEveryFirstByte(t *testing.T) {
	_, _, at := server(t, "", sockeye.Options{}, nil)
	for first := range 256 {
		opcode, final := first&0xf, first&0x80 != 0
		for _, frame := range [][]byte{{byte(first), 0x81, 0, 0, 0, 0, 'a'}, {byte(first), 0x01, 'a'}} {
			masked := len(frame) == 7
			good := masked && first&0x70 == 0 && (opcode == 1 || opcode == 2 || final && (opcode == 9 || opcode == 10))
			conn := upgrade(t, at)
			conn.Write(frame)
			want := 1002
			if good { // a Close frame may stand within a message, too
				want = 1000
				io.WriteString(conn, "\x88\x82\x00\x00\x00\x00\x03\xe8")
			}
			answer, err := io.ReadAll(conn)
			conn.Close()
			last := answer
			for len(last) >= 2 && last[0] != 0x88 && len(last) > 2+int(last[1]) { // short frames without a mask
				last = last[2+int(last[1]):]
			}
			if len(last) < 4 || last[0] != 0x88 || int(binary.BigEndian.Uint16(last[2:])) != want {
				t.Errorf("%#02x, masked %t: the answer is %q, %v, want a close with %d", first, masked, answer, err, want)
			}
		}
	}
}
