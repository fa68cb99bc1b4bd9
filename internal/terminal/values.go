package terminal

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/journal"
	"sockeye/internal/payload"
)

// valueColumns prints the values of frames so that equal names stand below each other. A nil one
// prints none.
type valueColumns struct {
	set    fields.SpecSet
	reader *fields.SetReader
	values []fields.Value
	widths map[string]int // of the value of each name
}

// ShowFrames makes the view show frames instead of chunks, and the values in them that the choice
// names. A nil choice means chunks.
func (v *View) ShowFrames(c *FrameChoice) {
	v.choice, v.Cut = c, c.Splitter()
	v.ShowValues(c)
}

// ShowValues makes the view show the values of the frames that it is given.
func (v *View) ShowValues(c *FrameChoice) {
	v.values, v.decoding = nil, nil
	if c != nil {
		v.decoding = c.decode
	}
	if reader := c.Values(); reader != nil {
		v.values = &valueColumns{set: c.Fields, reader: reader, widths: map[string]int{}}
	}
}

// revalue changes the values that the view shows and shows the latest events once more with them.
// An empty set goes back to the bytes of frames.
func (v *View) revalue(set fields.SpecSet, again *journal.Cursor) {
	c := &FrameChoice{Fields: set}
	switch {
	case v.choice != nil:
		c.spec, c.check = v.choice.spec, v.choice.check
	case len(set) == 0:
		c = nil
	default:
		c.spec, _ = framing.Parse(set[0].Framing()) // cannot fail: Framing returns one of a few constants
	}
	v.values = nil
	v.reframe(c, again)
}

// These bound what is remembered to align values.
const (
	maxValueWidth = 16
	maxColumns    = 256
)

// HasValues reports whether values can be read from a frame.
func HasValues(f *framing.PeerFrame) bool {
	return fields.Complete(f.Mark == framing.Whole, f.Mark == framing.Incomplete, f.Peer)
}

// read returns the values of a frame, and what in it does not fit the spec.
func (c *valueColumns) read(f *framing.PeerFrame) ([]fields.Value, sockeye.Text) {
	if c == nil || !HasValues(f) {
		return nil, sockeye.Text{}
	}
	values, why := c.reader.Read(c.values[:0], f.Peer, f.Kind, f.Body)
	c.values = values
	return values, why
}

// append appends the values of a frame. It returns false if the frame has none; then the frame is
// shown as bytes, followed by the reason.
func (c *valueColumns) append(dst []byte, f *framing.PeerFrame, v *View) ([]byte, bool) {
	values, why := c.read(f)
	if len(values) == 0 {
		if why != (sockeye.Text{}) {
			dst = payload.AppendSafe(dst, f.Body)
			return v.appendNote(dst, payload.SafeString(why.In(v.term.Lang))), true
		}
		return dst, false
	}
	for n := range values {
		if n > 0 {
			dst = append(dst, "  "...)
		}
		dst = v.paint(dst, "2", payload.SafeString(values[n].Name))
		dst = append(dst, ' ')
		dst = c.appendValue(dst, &values[n], n == len(values)-1)
	}
	if why != (sockeye.Text{}) {
		dst = v.appendNote(dst, payload.SafeString(why.In(v.term.Lang)))
	}
	return dst, true
}

// appendValue appends a value with its unit, padded to the width of earlier values of the same
// name.
func (c *valueColumns) appendValue(dst []byte, v *fields.Value, last bool) []byte {
	text := payload.SafeString(v.String())
	if v.Unit != "" {
		text += " " + payload.SafeString(v.Unit)
	}
	width := min(max(c.widths[v.Name], ansi.StringWidth(text)), maxValueWidth)
	if _, known := c.widths[v.Name]; known || len(c.widths) < maxColumns {
		c.widths[v.Name] = width
	}
	dst = append(dst, text...)
	if !last {
		dst = append(dst, strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))...)
	}
	return dst
}

// appendJSON adds the values to a line of JSON as one more member.
func (c *valueColumns) appendJSON(line []byte, f *framing.PeerFrame) []byte {
	values, _ := c.read(f)
	if len(values) == 0 {
		return line
	}
	line = append(line[:len(line)-1], `,"fields":`...)
	return append(fields.AppendJSON(line, values), '}')
}
