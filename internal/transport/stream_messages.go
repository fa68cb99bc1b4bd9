package transport

import (
	"context"

	"sockeye"
)

// MessageConn is a Conn over which messages go whole: each is one event.
type MessageConn interface {
	Conn
	// ReadMessage waits for the next message and says how it came. Its bytes are lent until
	// FreeMessage. control is called with what the protocol itself says meanwhile. At the
	// end of the stream the error is io.EOF.
	ReadMessage(control func(d *sockeye.Detail)) ([]byte, *sockeye.Detail, error)
	// FreeMessage gives back the buffer that ReadMessage lent.
	FreeMessage()
	// WriteMessage writes a message, whole or with an error, as one of a type if messages
	// have types and as is not "". It calls took with how it was sent in the step of order in
	// which the kernel got the last of it.
	WriteMessage(data []byte, as sockeye.MessageType, order SendOrder, took func(how *sockeye.Detail)) error
	// AwaitEnd waits, after both directions ended, until the peer closes the connection
	// below, a moment at most.
	AwaitEnd()
}

// PushingConn is a MessageConn that also writes messages nobody here has asked it to: a
// broker's, from other peers.
type PushingConn interface {
	MessageConn
	// SetPush says how such messages are recorded: by sent, which is called in the step of
	// order in which the kernel got the last of one. SetPush is called before ReadMessage, and
	// the first call of that says that the peer has joined.
	SetPush(order SendOrder, sent func(data []byte, how *sockeye.Detail))
}

// messageIO reads and writes the messages of a connection.
type messageIO struct {
	waitingReader
	conn MessageConn
	data []byte
	as   sockeye.MessageType // of data
}

func newMessageIO(c *StreamConn, conn MessageConn) *messageIO {
	if pushing, ok := conn.(PushingConn); ok {
		pushing.SetPush(c.sendOrder(), func(data []byte, how *sockeye.Detail) { c.recordSent(data, how) })
	}
	return &messageIO{waitingReader{c, make(chan struct{}, 1)}, conn, nil, ""}
}

// next waits for a message, records it and returns its bytes.
func (m *messageIO) next() (*[]byte, int, error) {
	c := m.c
	data, how, err := m.conn.ReadMessage(m.control)
	if err != nil {
		return nil, 0, err
	}
	c.recordReceived(data, how)
	m.data, m.as = data, ""
	if how != nil {
		m.as = how.Message
	}
	return &m.data, len(data), nil
}

// control records what the protocol says beside the messages.
func (m *messageIO) control(d *sockeye.Detail) {
	p := m.c.peer
	p.Public().markActive(p.session.cfg.Now())
	m.c.recordControl(d)
}

func (m *messageIO) put(*[]byte) {
	m.data = nil
	m.conn.FreeMessage()
}

func (m *messageIO) waitAcknowledged() error {
	m.conn.AwaitEnd()
	return nil
}

// write is called by the holder of the turn only.
func (m *messageIO) write(ctx context.Context, data []byte) (int, error) {
	c := m.c
	if ctx.Done() != nil {
		defer c.cancelWith(ctx)()
	}
	c.waiting.Store(int64(len(data)))
	defer c.waiting.Store(0)
	err := m.conn.WriteMessage(data, messageType(ctx), c.sendOrder(), func(how *sockeye.Detail) { c.recordSent(data, withCause(how, HowSent(ctx))) })
	if err != nil {
		return 0, err
	}
	return len(data), nil
}

// MessageType is the type of the message with which a Responder's Received was called, "" if
// it has none. It is for the time of that call.
func (p *Peer) MessageType() sockeye.MessageType {
	if c, ok := p.conn.(*StreamConn); ok {
		if m, ok := c.reader.(*messageIO); ok {
			return m.as
		}
	}
	return ""
}

// ClosedWith is why the other side closed the connection, once it has; nil where its protocol
// says nothing of that.
func (p *Peer) ClosedWith() *sockeye.CloseStatus {
	var d sockeye.Detail
	(*DriverPeer)(p).addEnd(&d)
	if d.Close == nil || d.Close.ByUs {
		return nil
	}
	return d.Close
}

// CloseWith has our side give a reason when it closes, where the protocol has one, instead of
// that of Options.CloseCode.
func (p *Peer) CloseWith(why sockeye.CloseStatus) {
	if c, ok := p.conn.(*StreamConn); ok {
		if says, ok := c.conn.(interface{ CloseWith(sockeye.CloseStatus) }); ok {
			says.CloseWith(why)
		}
	}
}

// addEnd adds to how a peer finished or left what its protocol says of it: a Conn may
// have Ended for that.
func (p *DriverPeer) addEnd(d *sockeye.Detail) {
	if c, ok := p.conn.(*StreamConn); ok {
		if m, ok := c.conn.(interface{ Ended(*sockeye.Detail) }); ok {
			m.Ended(d)
		}
	}
}
