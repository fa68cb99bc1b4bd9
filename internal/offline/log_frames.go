package offline

import (
	"encoding/csv"
	"errors"
	"io"

	"sockeye"
	"sockeye/internal/framing"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

// writeFrames exports the frames of a recording as CSV.
func (a *commands) writeFrames(d *recording.Reader, m *recording.Matcher, wants func(*framing.PeerFrame) bool, c *terminal.FrameChoice, w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	err := out.Write(framing.CSVHeader)
	split := c.Splitter()
	write := func(f *framing.PeerFrame) {
		if err == nil && (wants == nil || wants(f)) {
			err = out.Write(f.CSV())
		}
	}
	readErr := d.Each(a.Ctx, m, func(e *sockeye.Event) error {
		split.Event(e, write)
		return err
	})
	split.End(write)
	out.Flush()
	return errors.Join(readErr, out.Error())
}
