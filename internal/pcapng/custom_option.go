package pcapng

import (
	"encoding/json"
	"net/netip"
	"time"

	"sockeye"
)

// customOption is what a packet cannot say, as JSON. Names are stable; unknown ones are
// ignored.
type customOption struct {
	Session *sessionOption `json:"session,omitempty"`
	Peer    *peerOption    `json:"peer,omitempty"`
	Detail  *detailOption  `json:"detail,omitempty"`
}

type sessionOption struct {
	ID      string          `json:"id"`
	Mode    sockeye.Mode    `json:"mode"`
	Network sockeye.Network `json:"network"`
	Host    string          `json:"host"`
	Port    uint16          `json:"port"`
	Path    string          `json:"path,omitempty"` // in place of host and port
}

// peerOption introduces a peer, once in every segment, and again when its alias
// changes. The zones of addresses are only here.
type peerOption struct {
	ID      uint64             `json:"id"`
	Network sockeye.Network    `json:"network"`
	Local   sockeye.SocketAddr `json:"local"`
	Remote  sockeye.SocketAddr `json:"remote"`
	Alias   string             `json:"alias,omitempty"`
	Since   *time.Time         `json:"since,omitempty"` // when it joined, if that is known
}

type detailOption struct {
	Reason    sockeye.Reason          `json:"reason,omitempty"`
	Error     *errorOption            `json:"error,omitempty"`
	Locals    []sockeye.SocketAddr    `json:"locals,omitempty"`
	Retry     time.Duration           `json:"retry_ns,omitempty"`
	Attempts  []attemptOption         `json:"attempts,omitempty"`
	Datagram  int                     `json:"datagram_bytes,omitempty"`
	Unsent    int                     `json:"unsent_bytes,omitempty"`
	Process   *sockeye.Process        `json:"process,omitempty"`
	Lines     *sockeye.LineEvent      `json:"lines,omitempty"`
	Lost      *lostOption             `json:"lost,omitempty"`
	Interface string                  `json:"interface,omitempty"`
	Pair      *sockeye.PeerRef        `json:"pair,omitempty"`
	WebSocket *sockeye.WebSocketState `json:"websocket,omitempty"`
	TLS       *sockeye.TLSState       `json:"tls,omitempty"`
	Truncated bool                    `json:"truncated,omitempty"`
	Seen      sockeye.SeenProtocol    `json:"seen,omitempty"`
	Message   sockeye.MessageType     `json:"message_type,omitempty"`
	MQTT      *sockeye.MQTTState      `json:"mqtt,omitempty"`
	Published *sockeye.Publication    `json:"published,omitempty"`
	Cause     *sockeye.Cause          `json:"cause,omitempty"`
	Comment   *sockeye.Comment        `json:"comment,omitempty"`
	Control   *sockeye.ControlFrame   `json:"control,omitempty"`
	Close     *sockeye.CloseStatus    `json:"close,omitempty"`
	Fault     *sockeye.FaultEvent     `json:"fault,omitempty"`
	TCP       *sockeye.TCPSample      `json:"tcp,omitempty"`
}

type errorOption struct {
	Kind    sockeye.ErrorKind `json:"kind,omitempty"`
	Op      string            `json:"op,omitempty"`
	Target  string            `json:"target,omitempty"`
	Message *textOption       `json:"message,omitempty"`
	Hint    *textOption       `json:"hint,omitempty"`
	Errno   string            `json:"errno,omitempty"`
	Cause   string            `json:"cause,omitempty"` // the text of Err, for a kind that has no sentence of its own
}

type textOption struct {
	En string `json:"en"`
	Zh string `json:"zh,omitempty"`
}

type attemptOption struct {
	Address netip.AddrPort `json:"address"`
	After   time.Duration  `json:"after_ns"`
	Took    time.Duration  `json:"took_ns"`
	Error   *errorOption   `json:"error,omitempty"`
}

type lostOption struct {
	Events uint64 `json:"events"`
	Bytes  uint64 `json:"bytes"`
}

// json is the note as one line. What would make it longer than any honest event
// needs is left out.
func (n customOption) json() []byte {
	out := mustMarshal(&n)
	if len(out) <= maxCustomOption/2 {
		return out
	}
	if n.Session != nil {
		s := *n.Session
		s.Host = ""
		n.Session = &s
	}
	if n.Peer != nil {
		p := *n.Peer
		p.Alias = ""
		n.Peer = &p
	}
	if n.Detail != nil {
		d := *n.Detail
		d.Error, d.Locals, d.Attempts, d.WebSocket = nil, nil, nil, nil
		d.TLS = withoutCertificates(d.TLS)
		n.Detail = &d
	}
	return mustMarshal(&n)
}

// withoutCertificates is what a handshake agreed on, without what the peer chose.
func withoutCertificates(s *sockeye.TLSState) *sockeye.TLSState {
	if s == nil {
		return nil
	}
	return &sockeye.TLSState{Version: s.Version, Cipher: s.Cipher, Group: s.Group, Resumed: s.Resumed, Unverified: s.Unverified}
}

func mustMarshal(n *customOption) []byte {
	out, err := json.Marshal(n)
	if err != nil {
		panic("pcapng: note does not marshal: " + err.Error()) // no field of note can fail
	}
	return out
}

func sessionOptionOf(s *sockeye.Session) *sessionOption {
	a := s.Endpoint.Address
	return &sessionOption{s.ID, s.Endpoint.Mode, a.Network, a.Host, a.Port, a.Path}
}

func (n *sessionOption) session() *sockeye.Session {
	return &sockeye.Session{ID: n.ID, Endpoint: sockeye.Endpoint{
		Mode: n.Mode, Address: sockeye.Address{Network: n.Network, Host: n.Host, Port: n.Port, Path: n.Path}}}
}

func peerOptionOf(p *sockeye.Peer, alias string, since time.Time) *peerOption {
	n := &peerOption{ID: p.ID, Network: p.Network, Local: p.Local, Remote: p.Remote, Alias: alias}
	if !since.IsZero() {
		since = since.UTC()
		n.Since = &since
	}
	return n
}

func detailOptionOf(d *sockeye.Detail) *detailOption {
	if d == nil {
		return nil
	}
	n := &detailOption{
		Reason: d.Reason, Error: errorOptionOf(d.Err), Locals: d.Locals, Retry: d.Retry,
		Datagram: d.Datagram, Unsent: d.Unsent, Process: d.Process, Lines: d.Lines, Interface: d.Interface, Pair: d.Pair,
		WebSocket: d.WebSocket, Message: d.Message, MQTT: d.MQTT, Published: d.Publication, Cause: d.Cause, Comment: d.Comment, Control: d.Control, Close: d.Close, Fault: d.Fault, TLS: d.TLS, Truncated: d.Truncated, Seen: d.Seen, TCP: d.TCP,
	}
	for _, a := range d.Attempts {
		n.Attempts = append(n.Attempts, attemptOption{a.Address, a.After, a.Took, errorOptionOf(a.Err)})
	}
	if d.Lost != (sockeye.Lost{}) {
		n.Lost = &lostOption{d.Lost.Events, d.Lost.Bytes}
	}
	return n
}

func (n *detailOption) detail() *sockeye.Detail {
	if n == nil {
		return nil
	}
	d := &sockeye.Detail{
		Reason: n.Reason, Err: n.Error.error(), Locals: n.Locals, Retry: n.Retry,
		Datagram: n.Datagram, Unsent: n.Unsent, Process: n.Process, Lines: n.Lines, Interface: n.Interface, Pair: n.Pair,
		WebSocket: n.WebSocket, Message: n.Message, MQTT: n.MQTT, Publication: n.Published, Cause: n.Cause, Comment: n.Comment, Control: n.Control, Close: n.Close, Fault: n.Fault, TLS: n.TLS, Truncated: n.Truncated, Seen: n.Seen, TCP: n.TCP,
	}
	for _, a := range n.Attempts {
		d.Attempts = append(d.Attempts, sockeye.Attempt{Address: a.Address, After: a.After, Took: a.Took, Err: a.Error.error()})
	}
	if n.Lost != nil {
		d.Lost = sockeye.Lost{Events: n.Lost.Events, Bytes: n.Lost.Bytes}
	}
	return d
}

func errorOptionOf(e *sockeye.Error) *errorOption {
	if e == nil {
		return nil
	}
	n := &errorOption{Kind: e.Kind, Op: e.Op, Target: e.Target, Message: textOptionOf(e.Message), Hint: textOptionOf(e.Hint), Errno: e.Errno}
	if e.Err != nil && e.Message.IsZero() {
		n.Cause = e.Err.Error()
	}
	return n
}

// error is the same error with a cause that is only its text.
func (n *errorOption) error() *sockeye.Error {
	if n == nil {
		return nil
	}
	e := &sockeye.Error{Kind: n.Kind, Op: n.Op, Target: n.Target, Message: n.Message.text(), Hint: n.Hint.text(), Errno: n.Errno}
	if n.Cause != "" {
		e.Err = causeText(n.Cause)
	}
	return e
}

// causeText is what is left of an error's cause in a recording.
type causeText string

func (c causeText) Error() string { return string(c) }

func textOptionOf(t sockeye.Text) *textOption {
	if t.IsZero() {
		return nil
	}
	return &textOption{t.En, t.Zh}
}

func (n *textOption) text() sockeye.Text {
	if n == nil {
		return sockeye.Text{}
	}
	return sockeye.Text{En: n.En, Zh: n.Zh}
}
