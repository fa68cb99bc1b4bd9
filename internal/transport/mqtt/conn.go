package mqtt

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"sockeye"
	"sockeye/internal/transport"
)

// conn is a client as a transport.MessageConn. Every packet goes through it: what comes is
// recorded and then passed to the broker, and what the broker writes is recorded as the
// kernel takes it. Its events are messages.
type conn struct {
	transport.Conn // below; its addresses, options and status are ours
	broker         *broker
	reader         *bufio.Reader
	most           int // bytes of a packet
	version        byte
	state          sockeye.MQTTState
	connect        []byte   // the CONNECT packet
	feed           net.Conn // what is written here, the broker reads

	// Only the reader uses these.
	receivedTopics topicAliases
	held           []byte // a PUBLISH that is recorded and not passed on yet

	// How messages of the broker are recorded; see SetPush.
	order    transport.SendOrder
	sent     func(data []byte, how *sockeye.Detail)
	acked    chan byte     // the code of the CONNACK
	attached chan struct{} // closed once messages can be recorded
	attach   sync.Once

	gone   chan struct{} // closed by Close
	closed sync.Once
	over   chan struct{} // closed when the broker has ended with this client
	cause  error         // why, once over is closed

	mu     sync.Mutex
	answer string // topic of what is sent to this client
	bye    bool   // it said DISCONNECT, and will say no more

	writing    sync.Mutex // held over a packet
	sentTopics topicAliases
}

// readConnect reads the packet that begins every connection.
func (c *conn) readConnect() error {
	if first, _ := c.reader.Peek(3); len(first) == 3 && first[0] == 0x16 && first[1] == 3 { // RFC 8446 section 5.1
		return &sockeye.Error{Kind: sockeye.Refused, Op: "accept", Target: c.Remote().String(),
			Message: sockeye.Text{En: "the client speaks TLS, and this port does not", Zh: "客户端使用 TLS，而此端口不使用"},
			Hint:    sockeye.Text{En: "connect with mqtt:// instead of mqtts://", Zh: "请用 mqtt:// 而不是 mqtts:// 连接"}}
	}
	p, err := readPacket(c.reader, c.most)
	if err != nil {
		return err
	}
	d, err := p.decoded(0)
	if err != nil || p.header.Type != packets.Connect {
		return errMalformed
	}
	c.connect, c.version = p.raw, d.ProtocolVersion
	c.state = sockeye.MQTTState{Client: d.Connect.ClientIdentifier, User: string(d.Connect.Username), KeepAlive: int(d.Connect.Keepalive),
		Version: map[byte]string{3: "3.1", 4: "3.1.1", 5: "5"}[d.ProtocolVersion], Clean: d.Connect.Clean, Will: d.Connect.WillTopic}
	return nil
}

// Joined is what the joined event tells.
func (c *conn) Joined() *sockeye.Detail {
	var d sockeye.Detail
	if below, ok := c.Conn.(interface{ Joined() *sockeye.Detail }); ok {
		d = *below.Joined()
	}
	d.MQTT = &c.state
	return &d
}

// Control calls f with the descriptor below, while it is open.
func (c *conn) Control(f func(fd uintptr)) error {
	if below, ok := c.Conn.(transport.FDController); ok {
		return below.Control(f)
	}
	return nil
}

// SetPush says how messages are recorded that the broker has for this client.
func (c *conn) SetPush(order transport.SendOrder, sent func(data []byte, how *sockeye.Detail)) {
	c.order, c.sent = order, sent
}

// ReadMessage waits for the next PUBLISH. Other packets go to the broker meanwhile.
func (c *conn) ReadMessage(control func(*sockeye.Detail)) ([]byte, *sockeye.Detail, error) {
	c.attach.Do(func() { close(c.attached) })
	for {
		p, err := readPacket(c.reader, c.most)
		if err != nil {
			return nil, nil, c.endOf(err)
		}
		d, err := p.decoded(c.version)
		if err != nil {
			return nil, nil, c.endOf(err)
		}
		switch p.header.Type {
		case packets.Publish:
			topic := c.receivedTopics.topicOf(&d)
			c.held = p.raw
			c.mu.Lock()
			c.answer = cmp.Or(d.Properties.ResponseTopic, topic)
			c.mu.Unlock()
			return d.Payload, &sockeye.Detail{Publication: publicationOf(topic, &d)}, nil
		case packets.Subscribe, packets.Unsubscribe:
			control(&sockeye.Detail{Control: subscription(&d)})
		case packets.Pingreq:
			control(&sockeye.Detail{Control: &sockeye.ControlFrame{Type: "ping"}})
		case packets.Disconnect:
			c.mu.Lock()
			c.bye = true
			c.mu.Unlock()
		}
		if err := c.pass(p.raw); err != nil {
			return nil, nil, c.endOf(err)
		}
	}
}

func subscription(d *packets.Packet) *sockeye.ControlFrame {
	f := &sockeye.ControlFrame{Type: "subscribe"}
	if d.FixedHeader.Type == packets.Unsubscribe {
		f.Type = "unsubscribe"
	}
	for _, s := range d.Filters {
		f.Topics = append(f.Topics, s.Filter)
	}
	return f
}

// FreeMessage passes the message to the broker, now that it is recorded and answered.
func (c *conn) FreeMessage() {
	if c.held != nil {
		c.pass(c.held) // a failure is seen by the next read: the broker has ended the connection
		c.held = nil
	}
}

// pass gives the broker a packet.
func (c *conn) pass(raw []byte) error {
	_, err := c.feed.Write(raw)
	return err
}

// endOf is how the connection ended: in the words of whoever ended it.
func (c *conn) endOf(err error) error {
	select {
	case <-c.gone: // by the broker, or by us
		<-c.over
	default:
		if !errors.Is(err, io.EOF) {
			return err
		}
	}
	c.mu.Lock()
	bye, cause := c.bye, c.cause
	c.mu.Unlock()
	if bye {
		return io.EOF
	}
	return explain(c.Remote().String(), cmp.Or(cause, err))
}

// explain says why the broker ended a connection.
func explain(target string, err error) error {
	if code, ok := errors.AsType[packets.Code](err); ok {
		return &sockeye.Error{Kind: sockeye.System, Op: "receive", Target: target, Err: err,
			Message: sockeye.Text{En: "the broker ended the connection: " + code.Reason, Zh: "代理结束了连接：" + code.Reason}}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &sockeye.Error{Kind: sockeye.TimedOut, Op: "receive", Target: target, Err: err,
			Message: sockeye.Text{En: "the client was silent for one and a half times its keep-alive", Zh: "客户端沉默的时间超过了保活时间的 1.5 倍"}}
	}
	return err
}

// WriteMessage publishes to this client alone, whatever it subscribed to.
func (c *conn) WriteMessage(data []byte, _ sockeye.MessageType, order transport.SendOrder, took func(*sockeye.Detail)) error {
	c.mu.Lock()
	topic := cmp.Or(c.broker.session.Options().MessageTopic, c.answer)
	c.mu.Unlock()
	if topic == "" {
		return &sockeye.Error{Kind: sockeye.Misuse, Op: "send", Target: c.Remote().String(),
			Message: sockeye.Text{En: "on which topic? This client has published on none yet", Zh: "未指定主题，且此客户端尚未发布过消息"},
			Hint:    sockeye.Text{En: "name one with --topic, or publish to all subscribers: session publish", Zh: "请用 --topic 指定，或向全部订阅者发布：session publish"}}
	}
	return c.write(sockeye.Publication{Topic: topic}, data, order, took)
}

// publish is WriteMessage with a topic of its own.
func (c *conn) publish(m sockeye.Publication, data []byte) error {
	return c.write(sockeye.Publication{Topic: m.Topic, Retain: m.Retain}, data, c.order, func(how *sockeye.Detail) { c.sent(data, how) })
}

func (c *conn) write(m sockeye.Publication, data []byte, order transport.SendOrder, took func(*sockeye.Detail)) error {
	p := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Retain: m.Retain}, ProtocolVersion: c.version, TopicName: m.Topic, Payload: data}
	var b bytes.Buffer
	if err := p.PublishEncode(&b); err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	n, err := transport.WriteOrdered(c.Conn, b.Bytes(), order, func() { took(&sockeye.Detail{Publication: &m}) })
	return c.wrote(n, b.Len(), err)
}

// wrote ends the connection if a packet was written in part: nothing can follow it.
func (c *conn) wrote(n, all int, err error) error {
	if n > 0 && n < all {
		c.Conn.Abort()
		c.Close()
	}
	return err
}

// Close ends the connection, and the broker's part of it.
func (c *conn) Close() error {
	c.closed.Do(func() { close(c.gone) })
	c.feed.Close()
	return c.Conn.Close()
}

// Drain says good-bye to a client that can be told: the server is shutting down (MQTT 5.0
// section 3.14).
func (c *conn) Drain(context.Context) {
	if c.version < 5 {
		return
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.Conn.SetWriteDeadline(time.Now().Add(time.Second))
	c.Conn.Write([]byte{packets.Disconnect << 4, 2, packets.ErrServerShuttingDown.Code, 0}) // who does not hear it sees the end
}

// AwaitEnd waits, for a moment, until the client closes the connection below.
func (c *conn) AwaitEnd() {
	c.Conn.SetReadDeadline(time.Now().Add(time.Second))
	io.Copy(io.Discard, c.Conn)
}
