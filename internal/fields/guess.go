package fields

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// SpecGuess is a spec that fits frames that were seen.
type SpecGuess struct {
	Spec FieldSpec
	// Fits counts the frames that the spec reads without a fault, of all.
	Fits, Frames int
	// Example are the values of one of them.
	Example []Value
}

// maxGuessed bounds the frames that a guess looks at.
const maxGuessed = 2000

// guessedFormats are tried in this order: the one that says most about its values
// first.
var guessedFormats = []string{"json", "nmea", "influx", "firewater", "keys", "csv"}

// GuessText proposes specs of text formats for frames, the best first. Proposed is what
// reads at least four of five frames and finds a number in them.
func GuessText(frames [][]byte) []SpecGuess {
	frames = frames[:min(len(frames), maxGuessed)]
	var out []SpecGuess
	for _, typed := range guessedFormats {
		if typed == "csv" && hasHeader(frames) {
			typed = "csv:header"
		}
		s, err := Parse(typed)
		if err != nil {
			continue
		}
		p := tryOut(s, frames)
		if p.Fits == 0 || 5*p.Fits < 4*p.Frames || !tells(s.Format, &p) {
			continue
		}
		out = append(out, p)
	}
	// what names its values is better than what numbers them
	if len(out) > 1 {
		out = slices.DeleteFunc(out, func(p SpecGuess) bool { return p.Spec.Format == CSV && !p.Spec.Header })
	}
	return out
}

// tryOut reads frames as a spec says.
func tryOut(s FieldSpec, frames [][]byte) SpecGuess {
	p := SpecGuess{Spec: s, Frames: len(frames)}
	r := s.NewReader()
	var values []Value
	for n, frame := range frames {
		got, why := r.Read(values[:0], frame)
		if s.Header && n == 0 {
			p.Fits++ // it names the columns
			continue
		}
		if why != nothing || !slices.ContainsFunc(got, func(v Value) bool { return v.Numeric }) {
			continue
		}
		if p.Fits++; p.Example == nil {
			p.Example = slices.Clone(got)
		}
	}
	return p
}

// tells is true if a format says more than chance: a name, a sentence, two columns.
func tells(f Format, p *SpecGuess) bool {
	switch f {
	case JSON:
		return p.Example[0].Name != "value" // an object or array
	case Influx:
		return !strings.Contains(p.Example[0].Text, "=")
	case CSV:
		return len(p.Example) >= 2
	case FireWater:
		return len(p.Example) >= 2 && p.Example[0].From > 0 && p.Example[0].Name == "ch0"
	}
	return true
}

// hasHeader is true if the first row of csv has only names, and the second a number.
func hasHeader(frames [][]byte) bool {
	if len(frames) < 2 {
		return false
	}
	names, numbers := 0, 0
	words := true
	eachColumn(trimLineEnd(frames[0]), ',', func(_ int, text string, from, _ int) bool {
		v := textValue(text, from)
		words = words && text != "" && !v.Numeric
		names++
		return words && names < MaxValues
	})
	eachColumn(trimLineEnd(frames[1]), ',', func(_ int, text string, from, _ int) bool {
		if textValue(text, from).Numeric {
			numbers++
		}
		return numbers < MaxValues
	})
	return words && names >= 2 && numbers > 0
}

// GuessFloats proposes JustFloat for frames that were found by its tail.
func GuessFloats(frames [][]byte) []SpecGuess {
	frames = frames[:min(len(frames), maxGuessed)]
	p := tryOut(FieldSpec{Format: JustFloat}, frames)
	if p.Frames < 2 || p.Fits < p.Frames {
		return nil
	}
	return []SpecGuess{p}
}

// The bounds of a guess at binary frames.
const (
	minStructFrames = 8
	maxStructSize   = 256
	noisy           = 0.2 // of a number's range from frame to frame: it is no number
)

// GuessStruct proposes a struct for binary frames of one length: at each place the
// type under which the numbers change least like noise. It is false for frames of
// several lengths, too few, or too long ones.
func GuessStruct(frames [][]byte) (SpecGuess, bool) {
	frames = frames[:min(len(frames), maxGuessed)]
	if len(frames) < minStructFrames || len(frames[0]) == 0 || len(frames[0]) > maxStructSize {
		return SpecGuess{}, false
	}
	size := len(frames[0])
	if slices.ContainsFunc(frames, func(f []byte) bool { return len(f) != size }) {
		return SpecGuess{}, false
	}
	s := FieldSpec{Format: Struct}
	for at := 0; at < size; {
		f := guessField(frames, at, numbered("v", len(s.Fields)))
		at += numberTypes[f.Type].size
		s.Fields = append(s.Fields, f)
	}
	return tryOut(s, frames), true
}

// guessField is the field that frames most likely have at a place.
func guessField(frames [][]byte, at int, name string) Field {
	type candidate struct {
		field Field
		noise float64 // of each byte
	}
	best := candidate{Field{Name: name, Type: "u8"}, math.Inf(1)}
	for _, t := range []BinaryType{"f32le", "f32be", "u32le", "u32be", "i16le", "i16be", "u16le", "u16be", "u8"} {
		number := numberTypes[t]
		if at+number.size > len(frames[0]) {
			continue
		}
		f := Field{Name: name, Type: t}
		if noise, plausible := f.noise(frames, at); plausible && noise < best.noise-1e-9 {
			best = candidate{f, noise}
		}
	}
	if best.noise > noisy { // a checksum, or what is encrypted
		return Field{Name: name, Type: "u8"}
	}
	return best.field
}

// noise is how much of its range a number at a place jumps from frame to frame on
// average, and a little for each byte that it does not explain. Implausible are floats
// that no sensor says, and whole numbers of 32 bits that are no counters: two of 16
// bits are more likely.
func (f *Field) noise(frames [][]byte, at int) (noise float64, plausible bool) {
	number := numberTypes[f.Type]
	var jumps, top, last float64
	changes, falls := 0, 0
	for n, frame := range frames {
		v := f.numberAt(number, frame[at:])
		if a := math.Abs(v.Number); number.float && v.Number != 0 && !(a > 1e-4 && a < 1e7) {
			return 0, false
		}
		top = max(top, math.Abs(v.Number))
		if n > 0 && v.Number != last {
			changes++
			jumps += math.Abs(v.Number - last)
			if v.Number < last {
				falls++
			}
		}
		last = v.Number
	}
	switch {
	case changes == 0: // it says nothing: one byte is enough
		return noisy / 2, number.size == 1
	case number.size == 4 && !number.float && falls > len(frames)/50:
		return 0, false
	}
	span := math.Exp2(float64(8 * number.size))
	switch {
	case number.float:
		span = 2 * top
	case number.signed:
		span /= 2
	}
	return jumps/float64(len(frames)-1)/span + 0.02/float64(number.size), true
}

// Summary is the example as people read it.
func (p *SpecGuess) Summary() string {
	var words []string
	for n := range p.Example {
		v := &p.Example[n]
		word := v.Name + "=" + v.String()
		if v.Unit != "" {
			word += " " + v.Unit
		}
		words = append(words, word)
	}
	return strings.Join(words, "  ")
}

// Share is how many of the frames the spec reads, as text: 100 %.
func (p *SpecGuess) Share() string {
	return strconv.Itoa(100*p.Fits/max(1, p.Frames)) + " %"
}
