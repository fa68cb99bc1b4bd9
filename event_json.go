package sockeye

import (
	"time"
)

// EventVersion is the "v" of every event line. It changes only when a field's
// meaning does; new fields may appear under the same version.
const EventVersion = 1

// eventLine is the stable form of an Event outside the program: one line of
// --json, one event of the API.
type eventLine struct {
	V         int             `json:"v"`
	Seq       uint64          `json:"seq,omitempty"`
	Time      string          `json:"time"`
	Session   string          `json:"session,omitempty"`
	Kind      string          `json:"kind"`
	Network   string          `json:"network,omitempty"`
	Local     string          `json:"local,omitempty"`
	Locals    []string        `json:"locals,omitempty"`
	Peer      string          `json:"peer,omitempty"`
	PeerID    uint64          `json:"peer_id,omitempty"`
	Alias     string          `json:"alias,omitempty"`
	Bytes     *int            `json:"bytes,omitempty"`
	Data      []byte          `json:"data,omitempty"`
	Datagram  int             `json:"datagram_bytes,omitempty"`
	Reason    Reason          `json:"reason,omitempty"`
	Error     *errorLine      `json:"error,omitempty"`
	Unsent    int             `json:"unsent_bytes,omitempty"`
	RetryMS   float64         `json:"retry_ms,omitempty"`
	Attempts  []attemptLine   `json:"attempts,omitempty"`
	Process   *Process        `json:"process,omitempty"`
	Lost      *lostLine       `json:"lost,omitempty"`
	Lines     *LineEvent      `json:"lines,omitempty"`
	Interface string          `json:"interface,omitempty"`
	Pair      *PeerRef        `json:"pair,omitempty"`
	WebSocket *WebSocketState `json:"websocket,omitempty"`
	TLS       *TLSState       `json:"tls,omitempty"`
	Seen      SeenProtocol    `json:"seen,omitempty"`
	Truncated bool            `json:"truncated,omitempty"`
	Message   MessageType     `json:"message_type,omitempty"`
	MQTT      *MQTTState      `json:"mqtt,omitempty"`
	Published *Publication    `json:"published,omitempty"`
	Cause     *Cause          `json:"cause,omitempty"`
	Comment   *Comment        `json:"comment,omitempty"`
	Control   *ControlFrame   `json:"control,omitempty"`
	Close     *CloseStatus    `json:"close,omitempty"`
	Fault     *faultLine      `json:"fault,omitempty"`
	TCP       *tcpLine        `json:"tcp,omitempty"`
}

// faultLine is what a fault did, and the same in words.
type faultLine struct {
	FaultEvent
	Message string `json:"message"`
}

// tcpLine is a sample, and what keeps the connection from sending more.
type tcpLine struct {
	TCPSample
	Limit     TCPLimit `json:"limit,omitempty"`
	LimitText string   `json:"limit_text,omitempty"`
}

type errorLine struct {
	Kind    ErrorKind `json:"kind"`
	Op      string    `json:"op,omitempty"`
	Target  string    `json:"target,omitempty"`
	Message string    `json:"message"`
	Hint    string    `json:"hint,omitempty"`
	Errno   string    `json:"errno,omitempty"`
	// Translation says the same in another language, where both were asked for.
	Translation *translation `json:"translation,omitempty"`
}

type translation struct {
	Language Lang   `json:"language"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

type attemptLine struct {
	Address string  `json:"address"`
	AfterMS float64 `json:"after_ms"`
	TookMS  float64 `json:"took_ms"`
	Error   string  `json:"error,omitempty"`
}

type lostLine struct {
	Events uint64 `json:"events"`
	Bytes  uint64 `json:"bytes"`
}

// AppendJSON appends the event as one line of JSON, without the newline. Texts
// of errors are in the given language; the words in "kind" and "reason" never
// change with it. Data is base64.
func (e *Event) AppendJSON(dst []byte, l Lang) []byte {
	out, err := MarshalJSON(e.line(l))
	if err != nil {
		panic("sockeye: event does not marshal: " + err.Error()) // no field of eventLine can fail
	}
	return append(dst, out...)
}

func (e *Event) line(l Lang) eventLine {
	line := eventLine{V: EventVersion, Seq: e.Seq, Time: e.Time.UTC().Format(timeNanos), Kind: e.Kind.String()}
	if e.Session != nil {
		line.Session = e.Session.ID
		line.Network = string(e.Session.Endpoint.Address.network().Transport())
	}
	if p := e.Peer; p != nil {
		line.Network, line.PeerID, line.Alias = string(p.Network), p.ID, p.Alias()
		line.Local, line.Peer = p.Local.String(), p.Remote.String()
	}
	if e.Kind == Received || e.Kind == Sent {
		n := len(e.Data)
		line.Bytes, line.Data = &n, e.Data
	}
	if e.Detail != nil {
		line.detail(e.Detail, l)
	}
	return line
}

const timeNanos = "2006-01-02T15:04:05.000000000Z07:00"

func (line *eventLine) detail(d *Detail, l Lang) {
	line.Reason, line.Datagram, line.Unsent = d.Reason, d.Datagram, d.Unsent
	line.RetryMS, line.Process, line.Lines = milliseconds(d.Retry), d.Process, d.Lines
	line.Interface, line.Pair = d.Interface, d.Pair
	line.TLS, line.Truncated, line.Seen = d.TLS, d.Truncated, d.Seen
	line.WebSocket, line.Message, line.Control, line.Close = d.WebSocket, d.Message, d.Control, d.Close
	line.MQTT, line.Published, line.Cause, line.Comment = d.MQTT, d.Publication, d.Cause, d.Comment
	if len(d.Locals) > 0 {
		line.Local = d.Locals[0].String()
	}
	if len(d.Locals) > 1 {
		for _, a := range d.Locals {
			line.Locals = append(line.Locals, a.String())
		}
	}
	if d.Err != nil {
		line.Error = d.Err.line(l)
	}
	for _, a := range d.Attempts {
		al := attemptLine{Address: a.Address.String(), AfterMS: milliseconds(a.After), TookMS: milliseconds(a.Took)}
		if a.Err != nil {
			al.Error = a.Err.Reason(l)
		}
		line.Attempts = append(line.Attempts, al)
	}
	if d.Fault != nil {
		line.Fault = &faultLine{*d.Fault, d.Fault.Text().In(l)}
	}
	if d.TCP != nil {
		limit, text := d.TCP.Limit()
		line.TCP = &tcpLine{*d.TCP, limit, text.In(l)}
	}
	if d.Lost != (Lost{}) {
		line.Lost = &lostLine{d.Lost.Events, d.Lost.Bytes}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (e *Error) line(l Lang) *errorLine {
	return &errorLine{Kind: e.Kind, Op: e.Op, Target: e.Target, Message: e.Reason(l), Hint: e.Hint.In(l), Errno: e.Errno}
}
