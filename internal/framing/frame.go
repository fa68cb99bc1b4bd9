package framing

import (
	"fmt"
	"slices"
	"time"
)

// Mark says what a piece of a stream is.
type Mark uint8

// The marks. Their names (see String) are stable.
const (
	Whole      Mark = iota // a frame
	Garbage                // bytes that belong to no frame, or a frame that breaks its own rules
	Oversize               // a piece of something longer than a frame may be
	Incomplete             // a frame that the end of the stream cut off
	Open                   // bytes that more may make a frame of; see Splitter.Rests
)

var markNames = [...]string{Whole: "whole", Garbage: "garbage", Oversize: "oversize", Incomplete: "incomplete", Open: "open"}

// String is the stable name of the mark.
func (m Mark) String() string { return markNames[m] }

// MarshalText is String, for JSON.
func (m Mark) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what String says; an error, and nothing changed, if no mark is called
// so.
func (m *Mark) UnmarshalText(text []byte) error {
	n := slices.Index(markNames[:], string(text))
	if n < 0 {
		return fmt.Errorf("%q is no mark of a frame", text)
	}
	*m = Mark(n)
	return nil
}

// CheckResult says whether the checksum of a frame is right.
type CheckResult uint8

// The verdicts. Their names (see String) are stable.
const (
	Unchecked CheckResult = iota // nobody asked, or the piece is no frame
	Right
	Wrong
)

var verdictNames = [...]string{Unchecked: "", Right: "right", Wrong: "wrong"}

// String is the stable name of the verdict, "" for Unchecked.
func (v CheckResult) String() string { return verdictNames[v] }

// UnmarshalText reads what String says; an error, and nothing changed, if no verdict is
// called so.
func (v *CheckResult) UnmarshalText(text []byte) error {
	n := slices.Index(verdictNames[:], string(text))
	if n < 0 {
		return fmt.Errorf("%q is no verdict on a checksum", text)
	}
	*v = CheckResult(n)
	return nil
}

// Chunk is bytes of one direction as one read or write moved them.
type Chunk struct {
	Data []byte
	// Seq is the number of the event.
	Seq  uint64
	Time time.Time
}

// Frame is one piece of a stream. Its slices are lent: they are valid until the
// next call of the Framer.
type Frame struct {
	// Data is the piece exactly as it crossed the socket. The Data of all pieces
	// together is the stream; only line ends and the like after the last frame may
	// be missing.
	Data []byte
	// Body is what the frame is about: without delimiter, head and tail, or RTU
	// checksum, unescaped for SLIP and COBS; else, and if Mark is not Whole, it is
	// Data.
	Body []byte
	// Offset is where in the stream Data begins.
	Offset uint64
	Mark   Mark
	Check  CheckResult
	// Reads are the offsets in Data at which another chunk begins. Of one frame in
	// more than 4,096 chunks not all are known.
	Reads []int
	// Seq and Time are the event in which Data begins, LastSeq and End the one in
	// which it ends.
	Seq, LastSeq uint64
	Time, End    time.Time
}

// BodyAt is where in Data the body lies; false if it does not, since it is decoded.
func (f *Frame) BodyAt() (from, to int, within bool) {
	from = cap(f.Data) - cap(f.Body)
	to = from + len(f.Body)
	if len(f.Body) == 0 || from < 0 || to > len(f.Data) || &f.Data[from] != &f.Body[0] {
		return 0, 0, len(f.Body) == 0
	}
	return from, to, true
}

// splitRule says where the first frame of a stream ends. It may only look at what
// the answer needs, so that the answer is the same for every longer stream.
type splitRule interface {
	// cut looks at b, of which an earlier call has seen the first seen bytes and
	// found no answer. A positive n says that the first n bytes are a piece with
	// this mark, a negative one that the first -n bytes begin no frame, and 0 that
	// more bytes must come.
	cut(b []byte, seen int) (n int, m Mark)
	// body is the body of a whole frame; scratch may be used and grown.
	body(frame []byte, scratch *[]byte) []byte
}

// ender is a splitRule that knows better than Incomplete what a stream's last bytes
// are. It is false for what is not worth a frame.
type ender interface {
	end(b []byte) (Mark, bool)
}

// stateful is a splitRule that remembers what it has seen of a frame.
type stateful interface {
	splitRule
	reset()          // forgets it
	copy() splitRule // with a memory of its own
}

// maxCuts bounds the chunk borders remembered of what is not cut yet.
const maxCuts = 4096

// readStart is where in the stream a chunk begins.
type readStart struct {
	offset uint64
	seq    uint64
	time   time.Time
}
