package framing

import (
	"encoding/hex"
	"strconv"

	"sockeye"
	"sockeye/internal/payload"
)

// FrameVersion is the "v" of every frame line. It changes only when a field's
// meaning does.
const FrameVersion = 1

// frameLine is the stable form of a frame outside the program: one line of --json,
// one frame of the API.
type frameLine struct {
	V         int    `json:"v"`
	Kind      string `json:"kind"` // "frame", where events have theirs
	Seq       uint64 `json:"seq,omitempty"`
	LastSeq   uint64 `json:"last_seq,omitempty"`
	Time      string `json:"time"`
	End       string `json:"end"`
	Session   string `json:"session,omitempty"`
	Direction string `json:"direction"`
	Network   string `json:"network,omitempty"`
	Local     string `json:"local,omitempty"`
	Peer      string `json:"peer,omitempty"`
	PeerID    uint64 `json:"peer_id,omitempty"`
	Alias     string `json:"alias,omitempty"`
	Offset    uint64 `json:"offset"`
	Bytes     int    `json:"bytes"`
	Data      []byte `json:"data"`
	Body      []byte `json:"body,omitempty"`
	Mark      Mark   `json:"mark"`
	Check     string `json:"check,omitempty"`
	Cuts      []int  `json:"cuts,omitempty"`
}

const timeNanos = "2006-01-02T15:04:05.000000000Z07:00"

// AppendJSON appends the frame as one line of JSON, without the newline. Data and
// body are base64; a body that is the data is left out.
func (f *PeerFrame) AppendJSON(dst []byte) []byte {
	line := frameLine{
		V: FrameVersion, Kind: "frame", Seq: f.Seq, LastSeq: f.LastSeq,
		Time: f.Time.UTC().Format(timeNanos), End: f.End.UTC().Format(timeNanos), Direction: f.Kind.String(),
		Offset: f.Offset, Bytes: len(f.Data), Data: f.Data, Mark: f.Mark, Check: f.Check.String(), Cuts: f.Reads,
	}
	if len(f.Body) != len(f.Data) {
		line.Body = f.Body
	}
	if f.Session != nil {
		line.Session = f.Session.ID
	}
	if p := f.Peer; p != nil {
		line.Network, line.PeerID, line.Alias = string(p.Network), p.ID, p.Alias()
		line.Local, line.Peer = p.Local.String(), p.Remote.String()
	}
	out, err := sockeye.MarshalJSON(line)
	if err != nil {
		panic("framing: frame does not marshal: " + err.Error()) // no field of frameLine can fail
	}
	return append(dst, out...)
}

// CSVHeader names the columns of CSV.
var CSVHeader = []string{"seq", "last_seq", "time", "end", "session", "network", "local", "peer", "peer_id", "alias", "direction", "offset", "bytes", "chunks", "mark", "check", "hex", "text"}

// CSV is the frame as one row under CSVHeader. No cell can become a formula in a
// spreadsheet, whatever a peer sent.
func (f *PeerFrame) CSV() []string {
	row := make([]string, 0, len(CSVHeader))
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	row = append(row, number(f.Seq), number(f.LastSeq), f.Time.UTC().Format(timeNanos), f.End.UTC().Format(timeNanos))
	session, network, local, remote, id, alias := "", "", "", "", "", ""
	if f.Session != nil {
		session = f.Session.ID
	}
	if p := f.Peer; p != nil {
		network, local, remote, id, alias = string(p.Network), p.Local.String(), p.Remote.String(), number(p.ID), payload.SafeString(p.Alias())
	}
	row = append(row, session, network, local, remote, id, alias, f.Kind.String(),
		number(f.Offset), strconv.Itoa(len(f.Data)), strconv.Itoa(len(f.Reads)+1), f.Mark.String(), f.Check.String(),
		hex.EncodeToString(f.Data), string(payload.AppendSafe(nil, f.Body)))
	for n, cell := range row {
		row[n] = payload.EscapeCSV(cell)
	}
	return row
}
