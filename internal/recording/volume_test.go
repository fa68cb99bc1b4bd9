package recording

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/fuzztest"
	"sockeye/internal/pcapng"
)

// memoryFile is a segment file in memory. Its modification time is old, so that a reader does
// not wait for a writer.
type memoryFile struct {
	bytes.Reader
	fs.FileInfo // nil: only Size and ModTime are called
}

func (f *memoryFile) Close() error               { return nil }
func (f *memoryFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *memoryFile) Size() int64                { return f.Reader.Size() }
func (f *memoryFile) ModTime() time.Time         { return tapeStart }

// inMemory is a recording of segments that are in memory.
func inMemory(segments ...[]byte) *Files {
	r := &Files{path: "memory", isDir: true, names: pcapng.NewRegistry(), heads: map[string]segmentHead{}}
	var entries []DirEntry
	for n, s := range segments {
		entries = append(entries, DirEntry{segmentName{"20260131-093015", "tcp-listen-10000", n + 1}.String(), int64(len(s)), tapeStart})
	}
	r.list = func(string) ([]DirEntry, error) { return entries, nil }
	r.open = func(file segmentFile) (openedFile, error) {
		f := &memoryFile{}
		f.Reset(segments[file.name.number-1])
		return f, nil
	}
	return r
}

// T39: whatever is changed in a recording of three segments, reading ends, from its beginning and
// from the middle, without a panic and without much memory; the events have numbers that rise, and
// what is missing between them is told of. SOCKEYE_EXECS says in how many recordings.
func TestMutatedRecordingsInMemory(t *testing.T) {
	w := newTape(t)
	first := w.opened().received("one").buf
	w.buf, w.encoder = nil, pcapng.NewEncoder(pcapng.EncodeOptions{Run: 7})
	w.sent("two")
	w.peer.SetAlias("kitchen")
	second := w.received("three").buf
	w.buf, w.encoder = nil, pcapng.NewEncoder(pcapng.EncodeOptions{Run: 7})
	third := w.sent("four").event(sockeye.Left, "", &sockeye.Detail{Reason: sockeye.ReasonEOF}).buf
	fuzztest.Run(t, fuzztest.FuzzTarget{
		Seeds: [][]byte{first, second, third, append(bytes.Clone(second), third...)},
		Fixed: 16 << 20,
		Seal:  resealBlocks,
		New: func() func([]byte) error {
			return func(b []byte) error {
				switch len(b) / 4 % 4 {
				case 0:
					return readRising(t, inMemory(b, second, third), ReadOptions{})
				case 1:
					return readRising(t, inMemory(first, b, third), ReadOptions{})
				case 2:
					return readRising(t, inMemory(first, second, b), ReadOptions{})
				}
				return readRising(t, inMemory(first, b, third), ReadOptions{From: 5})
			}
		},
	})
}

// readRising reads to the end and tells what cannot be.
func readRising(t *testing.T, r *Files, o ReadOptions) error {
	d, err := r.Read(o)
	if err != nil {
		return err
	}
	defer d.Close()
	next, run := uint64(0), uint64(0)
	for {
		e, err := d.Next(t.Context())
		switch at := d.At(&e); {
		case err != nil:
			return failedInWords(err)
		case e.Seq == 0: // it belongs to no place
		case at.Run != run:
			next, run = lastOf(&e)+1, at.Run
		case e.Seq < next:
			return fmt.Errorf("event %d after event %d", e.Seq, next-1)
		case e.Seq > next && next > 0:
			return fmt.Errorf("event %d after event %d, without a gap", e.Seq, next-1)
		default:
			next = max(next, lastOf(&e)+1)
		}
	}
}

// resealBlocks makes the checksums of blocks right that have no packet in them.
func resealBlocks(b []byte) {
	const tail, packet = 12, 6 // bytes from the checksum on; the kind of block
	for len(b) >= 12 {
		n := int(binary.LittleEndian.Uint32(b[4:]))
		if n < 32 || n > len(b) {
			return
		}
		if binary.LittleEndian.Uint32(b) != packet {
			binary.LittleEndian.PutUint32(b[n-tail:], crc32.Checksum(b[:n-tail], castagnoli))
		}
		b = b[n:]
	}
}

// T39: whatever an index says, its checksum right or not, reading from where it points to ends, and
// gives no event that is not in the segment.
func TestMutatedIndexes(t *testing.T) {
	w := newTape(t)
	w.opened()
	introduced := int64(len(w.buf))
	w.received("one").sent("two")
	at := int64(len(w.buf))
	segment := w.received("three").sent("four").buf
	text := indexText(t, &index{Size: int64(len(segment)), Modified: tapeStart, Segment: 5, Run: 7,
		Points: []indexPoint{{introduced, 3, tapeStart}, {at, 5, tapeStart}}, Introductions: []byteRange{{0, introduced}},
		fileSummary: fileSummary{Events: 6, FirstSeq: 1, LastSeq: 6, First: tapeStart, Last: tapeStart,
			Sessions: []indexSession{{7, &SessionSummary{ID: "s1", Peers: []*PeerSummary{{ID: 1, Network: "tcp"}}}}}}})
	said := map[string]bool{"": true, "one": true, "two": true, "three": true, "four": true}
	fuzztest.Run(t, fuzztest.FuzzTarget{
		Seeds: [][]byte{text},
		Fixed: 4 << 20,
		Seal: func(b []byte) {
			line, body, _ := bytes.Cut(b, []byte("\n"))
			if sealed := indexLine(body); len(sealed) == len(line) {
				copy(b, sealed)
			}
		},
		New: func() func([]byte) error {
			r := inMemory(segment)
			return func(b []byte) error {
				x, err := parseIndex(b)
				if err != nil {
					return nil
				}
				d := &Reader{recording: r, o: ReadOptions{Damaged: func(string, pcapng.Damage) {}}}
				files, _ := r.files()
				if d.open, err = r.openFile(files[0]); err != nil {
					return err
				}
				d.left = files[0]
				p := x.pointBefore(5, time.Time{})
				d.open.decode(p.Offset, x.introductions(p.Offset))
				d.open.expected = p.Seq
				defer d.Close()
				for n := 0; ; n++ {
					e, err := d.Next(t.Context())
					if err != nil {
						return failedInWords(err)
					}
					if !said[string(e.Data)] || n > 20 {
						return fmt.Errorf("event %d with %q as number %d", e.Seq, e.Data, n)
					}
				}
			}
		},
	})
}

// indexText is an index as it is in a file.
func indexText(t *testing.T, x *index) []byte {
	t.Helper()
	body, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(indexLine(body) + "\n" + string(body))
}

// failedInWords is nil for the end, and for an error that says in both languages what failed.
func failedInWords(err error) error {
	if e := sockeye.ErrorOf(err); err == io.EOF || e != nil && e.Message.En != "" && e.Message.Zh != "" {
		return nil
	}
	return err
}
