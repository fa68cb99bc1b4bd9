package query

import (
	"strings"

	"sockeye/internal/fields"
	"sockeye/internal/framing"
)

// ParseFields reads specs of values, one a line; "" is none. The error is an
// *sockeye.Error that names the parameter.
func ParseFields(text string) (set fields.SpecSet, err error) {
	for typed := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(typed) == "" {
			continue
		}
		s, err := fields.Parse(typed)
		if err != nil {
			return nil, inParameter("fields", err)
		}
		set = append(set, s)
	}
	return set, nil
}

// WithFields completes how frames are found by what is usual for their values, and reads
// values in them. The error is an *sockeye.Error that names the parameter.
func WithFields(cut *FrameQuery, set fields.SpecSet) (*FrameQuery, error) {
	if len(set) == 0 {
		return cut, nil
	}
	out := FrameQuery{Fields: set}
	if cut != nil {
		out.Spec, out.Check = cut.Spec, cut.Check
		return &out, nil
	}
	spec, err := framing.Parse(set[0].Framing())
	out.Spec = spec
	return &out, err
}

// valuesOf are the values of a frame; only whole ones have any.
func valuesOf(reader *fields.SetReader, dst []fields.Value, f *framing.PeerFrame) []fields.Value {
	if reader == nil || !fields.Complete(f.Mark == framing.Whole, f.Mark == framing.Incomplete, f.Peer) {
		return dst
	}
	values, _ := reader.Read(dst, f.Peer, f.Kind, f.Body)
	return values
}
