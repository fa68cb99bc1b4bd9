package fields

import (
	"regexp"
	"slices"

	"sockeye"
	"sockeye/internal/payload"
)

// Reader reads the values of the frames of one stream. It belongs to one goroutine.
type Reader struct {
	spec    FieldSpec
	pattern *regexp.Regexp
	longest int      // bytes of a frame that the pattern is tried on
	header  []string // the columns of csv with a header; empty until it came
	// headerRow is the row that header was read from.
	headerRow []byte
	found     []Value // scratch: what a text format says before fields choose
}

// NewReader makes a reader for a spec that Parse has accepted.
func (s FieldSpec) NewReader() *Reader {
	r := &Reader{spec: s}
	if s.Format == Regexp {
		re, steps, err := payload.CompileRegexp(s.Pattern)
		if err != nil {
			panic(err) // Parse has not accepted it
		}
		r.pattern, r.longest = re, payload.MaxWork/steps
	}
	return r
}

// Read appends the values of a frame to dst. If the frame is not what the spec
// describes, why says so, and the values are those that could be read all the same.
// The values do not refer to the frame. Of one frame at most MaxValues are read.
func (r *Reader) Read(dst []Value, frame []byte) (values []Value, why sockeye.Text) {
	switch r.spec.Format {
	case Struct:
		return r.spec.readStruct(dst, frame)
	case JustFloat:
		return r.spec.readFloats(dst, frame)
	case CSV:
		return r.readCSV(dst, frame)
	case FireWater:
		return r.spec.readFireWater(dst, frame)
	}
	r.found = r.found[:0]
	switch r.spec.Format {
	case Keys:
		r.found, why = readKeys(r.found, frame)
	case JSON:
		r.found, why = readJSON(r.found, frame)
	case Regexp:
		r.found, why = r.readPattern(r.found, frame)
	case Influx:
		r.found, why = readInflux(r.found, frame)
	case NMEA:
		r.found, why = readNMEA(r.found, frame)
	}
	return r.spec.choose(dst, r.found), why
}

// choose appends what the fields of a text format want of the values that a frame
// says.
func (s *FieldSpec) choose(dst, found []Value) []Value {
	if len(s.Fields) == 0 {
		return append(dst, found...)
	}
	for n := range s.Fields {
		f := &s.Fields[n]
		source := f.Source
		if source == "" {
			source = f.Name
		}
		at := slices.IndexFunc(found, func(v Value) bool { return v.Name == source })
		if at >= 0 {
			dst = append(dst, f.apply(found[at]))
		}
	}
	return dst
}

// apply is a value that text says, as the field wants it.
func (f *Field) apply(v Value) Value {
	unit := v.Unit
	if v.Numeric {
		v = f.number(v)
	}
	v.Name = f.Name
	if v.Unit = f.Unit; v.Unit == "" {
		v.Unit = unit
	}
	return v
}

// column appends v, the value at place n. The field at that place names it; where there is
// none, its name is the prefix and a number.
func (s *FieldSpec) column(dst []Value, n int, prefix string, first int, v Value) []Value {
	if len(s.Fields) == 0 {
		v.Name = numbered(prefix, n+first)
		return append(dst, v)
	}
	if n >= len(s.Fields) || s.Fields[n].Name == "" {
		return dst
	}
	return append(dst, s.Fields[n].apply(v))
}

// SpecSet is several specs: a frame is read by the first that fits it.
type SpecSet []FieldSpec

// SetReader reads the values of the frames of all streams, each direction of each peer
// by itself. It belongs to one goroutine.
type SetReader struct {
	set     SpecSet
	streams map[sockeye.StreamKey][]*Reader
	best    []Value // scratch: what the spec read that comes nearest
}

// Headers is true if frames before one may say what its values are called.
func (s SpecSet) Headers() bool {
	return slices.ContainsFunc(s, func(one FieldSpec) bool { return one.Header })
}

// NewReader makes a reader that has seen no stream yet.
func (s SpecSet) NewReader() *SetReader {
	return &SetReader{set: s, streams: map[sockeye.StreamKey][]*Reader{}}
}

// maxStreams bounds the streams whose headers are remembered. With more, all are
// forgotten.
const maxStreams = 1 << 16

// Read appends the values of a frame that p sent (kind is sockeye.Received) or got
// (sockeye.Sent); see Reader.Read. If no spec fits, why is what the first one for the
// direction says.
func (r *SetReader) Read(dst []Value, p *sockeye.Peer, kind sockeye.EventKind, frame []byte) (values []Value, why sockeye.Text) {
	key := p.Stream(kind)
	readers := r.streams[key]
	if readers == nil {
		if len(r.streams) >= maxStreams {
			clear(r.streams)
		}
		for _, s := range r.set {
			if s.Direction == 0 || s.Direction == kind {
				readers = append(readers, s.NewReader())
			}
		}
		r.streams[key] = readers
	}
	before := len(dst)
	for n, one := range readers {
		got, problem := one.Read(dst[:before], frame)
		if problem == nothing && len(got) > before {
			return got, nothing
		}
		if n == 0 || len(got)-before > len(r.best) {
			r.best, why = append(r.best[:0], got[before:]...), problem
		}
		dst = got[:before] // with the room that it has now
	}
	if len(readers) == 0 {
		return dst, nothing
	}
	return append(dst, r.best...), why
}

// Complete is true for frames that values are read from: whole ones, and the last line
// of a datagram, which needs no end of line.
func Complete(whole, incomplete bool, p *sockeye.Peer) bool {
	return whole || incomplete && p != nil && p.Network.Traits().Bounded()
}
