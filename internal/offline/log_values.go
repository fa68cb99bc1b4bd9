package offline

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"time"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

// valueLine is a frame with values, in JSON.
type valueLine struct {
	V         int             `json:"v"`
	Seq       uint64          `json:"seq"`
	Time      time.Time       `json:"time"`
	Session   string          `json:"session,omitempty"`
	PeerID    uint64          `json:"peer_id,omitempty"`
	Peer      string          `json:"peer,omitempty"`
	Alias     string          `json:"alias,omitempty"`
	Direction string          `json:"direction"`
	Values    json.RawMessage `json:"values"`
}

// writeValueLines exports the values of frames, one line for each frame that has any.
func (a *commands) writeValueLines(d *recording.Reader, m *recording.EventMatcher, x exporting, w io.Writer) error {
	reader, split := x.cut.Values(), x.cut.Splitter()
	out := bufio.NewWriter(w)
	var values []fields.Value
	var failed error
	take := func(f *framing.PeerFrame) {
		if failed != nil || !terminal.HasValues(f) || x.wants != nil && !x.wants(f) {
			return
		}
		if values, _ = reader.Read(values[:0], f.Peer, f.Kind, f.Body); len(values) == 0 {
			return
		}
		line := valueLine{V: 1, Seq: f.Seq, Time: f.Time.UTC(), Direction: f.Kind.String(), Values: fields.AppendJSON(nil, values)}
		if f.Session != nil {
			line.Session = f.Session.ID
		}
		if p := f.Peer; p != nil {
			line.PeerID, line.Peer, line.Alias = p.ID, p.Remote.String(), p.Alias()
		}
		text, err := sockeye.MarshalJSON(line)
		if err == nil {
			_, err = out.Write(append(text, '\n'))
		}
		failed = err
	}
	err := d.Each(a.Ctx, m, func(e *sockeye.Event) error {
		split.Event(e, take)
		return failed
	})
	split.End(take)
	return errors.Join(err, failed, out.Flush())
}
