package offline

import (
	"bytes"
	"errors"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording"
)

// The bounds of what a guess looks at.
const (
	maxSampleBytes  = 8 << 20
	maxSampleFrames = 500 // of one direction and way to find frames
	maxSampleFrame  = 4 << 10
)

// sampleFramings are the ways to find frames that a guess tries.
var sampleFramings = []string{"line", "json", "delim:0000807f", "none"}

// samples are the first frames of a recording, found in several ways.
type samples struct {
	splitters []*framing.Splitter
	frames    map[sampleKey][][]byte
	bytes     int
}

type sampleKey struct {
	framing int
	kind    sockeye.EventKind
}

// errSampled ends the reading of a recording: there is enough to guess with.
var errSampled = errors.New("enough")

// sample reads the first frames of a recording.
func (a *commands) sample(args []string, f *filterFlags) (*samples, error) {
	filter, err := f.filter()
	if err != nil {
		return nil, err
	}
	m, err := filter.Matcher()
	if err != nil {
		return nil, err
	}
	r, err := a.openRecording(args)
	if err != nil {
		return nil, err
	}
	told := 0
	events, err := r.Read(recording.ReadOptions{After: filter.After, Damaged: func(file string, d pcapng.Damage) { a.warnDamage(file, d, &told) }})
	if err != nil {
		return nil, err
	}
	defer events.Close()
	s := newSamples()
	if err = events.Each(a.Ctx, m, s.add); err != nil && !errors.Is(err, errSampled) {
		return nil, a.ended(err)
	}
	s.end()
	return s, nil
}

func newSamples() *samples {
	s := &samples{frames: map[sampleKey][][]byte{}}
	for _, typed := range sampleFramings {
		spec, err := framing.Parse(typed)
		if err != nil {
			panic("offline: " + typed + ": " + err.Error()) // it is in the code
		}
		s.splitters = append(s.splitters, framing.NewSplitter(spec, checksum.Trailer{}))
	}
	return s
}

func (s *samples) add(e *sockeye.Event) error {
	for n, split := range s.splitters {
		split.Event(e, s.keep(n))
	}
	if s.bytes += len(e.Data); s.bytes > maxSampleBytes {
		return errSampled
	}
	return nil
}

func (s *samples) end() {
	for n, split := range s.splitters {
		split.End(s.keep(n))
	}
}

// keep takes a frame that was found in one of the ways.
func (s *samples) keep(way int) func(*framing.PeerFrame) {
	return func(f *framing.PeerFrame) {
		key := sampleKey{way, f.Kind}
		if f.Mark == framing.Whole && len(f.Body) > 0 && len(f.Body) <= maxSampleFrame && len(s.frames[key]) < maxSampleFrames {
			s.frames[key] = append(s.frames[key], bytes.Clone(f.Body))
		}
	}
}

// proposal is a spec that fits, and how its frames were found.
type proposal struct {
	fields.SpecGuess
	frame string
}

// flags are what a command needs to show it.
func (p *proposal) flags() string {
	s := "--fields " + shellQuote(p.Spec.String())
	if p.frame != p.Spec.Framing() {
		s = "--frame " + p.frame + " " + s
	}
	return s
}

// proposals are specs that fit, the best of each direction first.
func (s *samples) proposals() []proposal {
	var out []proposal
	for _, kind := range []sockeye.EventKind{sockeye.Received, sockeye.Sent} {
		for n, frame := range sampleFramings {
			found := guessed(frame, s.frames[sampleKey{n, kind}])
			for _, p := range found {
				p.Spec.Direction = kind
				out = append(out, proposal{p, frame})
			}
			if len(found) > 0 {
				break
			}
		}
	}
	return out
}

// guessed are specs that fit frames which were found in a way.
func guessed(frame string, frames [][]byte) []fields.SpecGuess {
	switch frame {
	case "delim:0000807f":
		return fields.GuessFloats(frames)
	case "none":
		if found := fields.GuessText(frames); len(found) > 0 {
			return found
		}
		if p, ok := fields.GuessStruct(frames); ok {
			return []fields.SpecGuess{p}
		}
		return nil
	}
	return fields.GuessText(frames)
}
