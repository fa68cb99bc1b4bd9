package outbox

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A segment is a file whose name is the number of its first record. A record is its
// length, its number, the CRC-32C of both and of the data, and the data; the numbers are
// little-endian.
const (
	headerBytes  = 4 + 8 + 4
	suffix       = ".records"
	leastSegment = 32 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func recordBytes(data int) int64 { return int64(headerBytes + data) }

// queueSegment is one file of the queue.
type queueSegment struct {
	path        string
	first, last uint64 // last is first-1 while it is empty
	bytes       int64
}

// segmentBytes is how large a segment may become: sixteen make a queue.
func (q *Queue) segmentBytes() int64 { return max(leastSegment, q.o.MaxBytes/16) }

// load reads what is in the folder.
func (q *Queue) load() error {
	if err := q.state.open(filepath.Join(q.o.Dir, "state")); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(q.o.Dir, "*"+suffix))
	if err != nil {
		return err
	}
	q.counts.Confirmed, q.counts.Dropped = q.state.confirmedCount, q.state.dropped
	q.last = q.state.confirmed
	slices.Sort(names)
	for _, name := range names {
		first, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), suffix), 10, 64)
		if err != nil {
			continue // not ours
		}
		s := &queueSegment{path: name, first: first, last: first - 1}
		damaged, err := s.scan()
		if err != nil {
			return err
		}
		if damaged {
			q.counts.Damaged++
		}
		if s.last < s.first { // made, and then came the crash
			if err := os.Remove(name); err != nil {
				return err
			}
			continue
		}
		q.segments = append(q.segments, s)
		q.last = max(q.last, s.last)
	}
	for _, s := range q.segments {
		q.counts.Waiting += s.countFrom(q.state.confirmed + 1)
	}
	// After a loss of power the state may be ahead of the records: new ones get the
	// numbers of those lost, and nobody has sent them.
	q.state.begun = min(max(q.state.begun, q.state.confirmed), q.last)
	q.removeConfirmed()
	return nil
}

// countFrom counts the records with numbers from number on.
func (s *queueSegment) countFrom(number uint64) uint64 {
	if s.last < s.first || number > s.last {
		return 0
	}
	return s.last - max(number, s.first) + 1
}

// countUpTo counts the records that wait with numbers up to number.
func (q *Queue) countUpTo(number uint64) (n uint64) {
	for _, s := range q.segments {
		n += s.countFrom(q.state.confirmed+1) - s.countFrom(number+1)
	}
	return n
}

// scan finds the end of the last whole record and cuts off what is behind it.
func (s *queueSegment) scan() (damaged bool, err error) {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return false, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	for {
		number, data, err := readRecord(in)
		if err == io.EOF {
			return false, nil
		}
		if err != nil || number != s.last+1 {
			break
		}
		s.last = number
		s.bytes += recordBytes(len(data))
	}
	return true, f.Truncate(s.bytes)
}

var errTorn = errors.New("the record is damaged")

// readRecord reads one record; io.EOF is the end of the file between two.
func readRecord(in *bufio.Reader) (number uint64, data []byte, err error) {
	var h [headerBytes]byte
	if _, err := io.ReadFull(in, h[:]); err == io.EOF {
		return 0, nil, io.EOF
	} else if err != nil {
		return 0, nil, errTorn
	}
	size := binary.LittleEndian.Uint32(h[:])
	if size > MaxRecord {
		return 0, nil, errTorn
	}
	data = make([]byte, size)
	if _, err := io.ReadFull(in, data); err != nil {
		return 0, nil, errTorn
	}
	if sumOf(h[:12], data) != binary.LittleEndian.Uint32(h[12:]) {
		return 0, nil, errTorn
	}
	return binary.LittleEndian.Uint64(h[4:]), data, nil
}

func sumOf(header, data []byte) uint32 {
	return crc32.Update(crc32.Checksum(header, castagnoli), castagnoli, data)
}

// makeRoom drops what the policy says until size more bytes have room.
func (q *Queue) makeRoom(size int64) error {
	for q.bytes()+size > q.o.MaxBytes {
		if q.o.Drop == DropNewest || len(q.segments) == 0 {
			return q.drop(1, ErrFull)
		}
		oldest := q.segments[0]
		n := oldest.countFrom(q.state.confirmed + 1)
		if len(q.segments) == 1 {
			q.endSegment()
		}
		if err := q.remove(oldest); err != nil {
			return err
		}
		q.counts.Waiting -= n
		if oldest.last > q.state.confirmed {
			q.state.confirmed = oldest.last
		}
		q.state.begun = max(q.state.begun, q.state.confirmed)
		if err := q.drop(n, nil); err != nil {
			return err
		}
	}
	return nil
}

// drop counts dropped records.
func (q *Queue) drop(n uint64, why error) error {
	q.counts.Dropped += n
	q.state.dropped = q.counts.Dropped
	q.dirty = true
	return errors.Join(why, q.state.save())
}

func (q *Queue) bytes() (n int64) {
	for _, s := range q.segments {
		n += s.bytes
	}
	return n
}

// write appends one record with one call, so that a crash leaves it whole or torn.
func (q *Queue) write(data []byte) error {
	s, err := q.segmentFor(recordBytes(len(data)))
	if err != nil {
		return err
	}
	b := make([]byte, headerBytes, headerBytes+len(data))
	binary.LittleEndian.PutUint32(b, uint32(len(data)))
	binary.LittleEndian.PutUint64(b[4:], q.last+1)
	binary.LittleEndian.PutUint32(b[12:], sumOf(b[:12], data))
	if _, err := q.writing.WriteAt(append(b, data...), s.bytes); err != nil {
		return errors.Join(err, q.writing.Truncate(s.bytes)) // a full disk may have taken a part
	}
	q.last++
	s.last = q.last
	s.bytes += recordBytes(len(data))
	q.dirty = true
	return nil
}

// segmentFor is the segment that is written, a new one if the last is full.
func (q *Queue) segmentFor(size int64) (*queueSegment, error) {
	if q.writing != nil {
		if s := q.segments[len(q.segments)-1]; s.bytes == 0 || s.bytes+size <= q.segmentBytes() {
			return s, nil
		}
		if err := q.writing.Sync(); err != nil { // Sync does the last one only
			return nil, err
		}
		q.endSegment()
	}
	s := &queueSegment{path: filepath.Join(q.o.Dir, fmt.Sprintf("%020d%s", q.last+1, suffix)), first: q.last + 1, last: q.last}
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	q.segments, q.writing = append(q.segments, s), f
	return s, nil
}

func (q *Queue) endSegment() {
	if q.writing != nil {
		q.writing.Close()
		q.writing = nil
	}
}

// removeConfirmed removes segments of which every record is confirmed.
func (q *Queue) removeConfirmed() {
	for len(q.segments) > 0 {
		s := q.segments[0]
		writing := len(q.segments) == 1 && q.writing != nil
		if s.last > q.state.confirmed || writing && s.bytes < q.segmentBytes()/2 {
			return
		}
		if writing {
			q.endSegment()
		}
		if q.remove(s) != nil {
			return // the next confirmation tries again
		}
	}
}

// remove removes the first segment.
func (q *Queue) remove(s *queueSegment) error {
	if q.reading != nil && q.reading.queueSegment == s {
		q.reading.file.Close()
		q.reading = nil
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	q.segments = q.segments[1:]
	return nil
}

// segmentScanner goes through a segment.
type segmentScanner struct {
	*queueSegment
	file *os.File
	at   int64  // where the record next begins
	next uint64 // its number
}

// readFrom reads up to most records from a number on.
func (q *Queue) readFrom(number uint64, most int) ([]Record, error) {
	var records []Record
	for _, s := range q.segments {
		if s.countFrom(number) == 0 || len(records) >= most {
			continue
		}
		if err := q.seek(s, number); err != nil {
			return records, err
		}
		in := bufio.NewReaderSize(io.NewSectionReader(q.reading.file, q.reading.at, s.bytes-q.reading.at), 16<<10)
		at, next := q.reading.at, q.reading.next
		for next <= s.last && len(records) < most {
			n, data, err := readRecord(in)
			if err != nil {
				q.giveUp(s, next)
				break
			}
			at += recordBytes(len(data))
			next++
			if n < number {
				q.reading.at, q.reading.next = at, next // confirmed: not read again
				continue
			}
			records = append(records, Record{n, n <= q.state.begun, data})
		}
	}
	return records, nil
}

// giveUp leaves out the records of a segment from a number on: the disk does not give
// them back.
func (q *Queue) giveUp(s *queueSegment, number uint64) {
	q.counts.Damaged++
	q.counts.Waiting -= s.countFrom(max(number, q.state.confirmed+1))
	s.last = number - 1
	if s == q.segments[len(q.segments)-1] {
		q.endSegment()
	}
}

// seek sets the reader to a segment, at or before a number.
func (q *Queue) seek(s *queueSegment, number uint64) error {
	if r := q.reading; r != nil && r.queueSegment == s && r.next <= number {
		return nil
	}
	if q.reading != nil {
		q.reading.file.Close()
		q.reading = nil
	}
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	q.reading = &segmentScanner{s, f, 0, s.first}
	return nil
}
