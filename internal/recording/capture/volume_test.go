package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"sockeye"
	"sockeye/internal/fuzztest"
)

// T39: whatever is changed in a capture, reading ends, without a panic and without much memory,
// gives no more bytes than there are, and says what is wrong in words. SOCKEYE_EXECS says in how
// many files.
func TestMutatedCaptures(t *testing.T) {
	var files [][]byte
	for name, file := range seeds(t) {
		if len(file) < 2<<10 && name != "gzip" && name != "zstd" {
			files = append(files, file)
		}
	}
	c, s := flows(t)
	files = append(files, pcapngOf(t, append(handshake(c, s, 99, 499), c.segment("A", 100, 500, "question"))...))
	fuzztest.Run(t, fuzztest.FuzzTarget{Seeds: files, Fixed: 4 << 20, New: func() func([]byte) error {
		var file bytes.Reader
		return func(b []byte) error {
			file.Reset(b)
			d, err := newReader(&file, CaptureOptions{}, 1<<10)
			return drain(d, err, int64(len(b)))
		}
	}})
}

// T39: the same of captures that are compressed: what unpacks is bounded, too.
func TestMutatedPackedCaptures(t *testing.T) {
	all := seeds(t)
	small := all["TCP: "+tcpCases(t)[0].name]
	fuzztest.Run(t, fuzztest.FuzzTarget{
		Seeds: [][]byte{all["gzip"], all["zstd"], gzipped(t, small), gzipped(t, small[:40], small[40:]), zstdOf(t, small)},
		Fixed: maxZstdFrame + 20<<20,
		New: func() func([]byte) error {
			var file bytes.Reader
			return func(b []byte) error {
				file.Reset(b)
				d, err := newReader(&file, CaptureOptions{}, 1<<10)
				return drain(d, err, freeOfRatio)
			}
		},
	})
}

// drain reads to the end of what gives so many bytes of data at most, and tells what cannot be.
func drain(d *Reader, err error, most int64) error {
	given := int64(0)
	for err == nil {
		var e sockeye.Event
		e, err = d.Next()
		given += int64(len(e.Data))
		if len(e.Data) > maxPacket {
			return fmt.Errorf("%d bytes in one event", len(e.Data))
		}
	}
	if d != nil && (d.tcp.waiting != 0 || d.fragments.cost != 0) {
		return fmt.Errorf("%d and %d bytes wait at the end", d.tcp.waiting, d.fragments.cost)
	}
	if e := sockeye.ErrorOf(err); err != io.EOF && (!errors.As(err, &e) || e.Message.En == "" || e.Message.Zh == "") {
		return err
	}
	if given > most {
		return fmt.Errorf("%d bytes of data", given)
	}
	return nil
}
