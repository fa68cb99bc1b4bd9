package mqtt

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"sockeye"
	"sockeye/internal/transport"
)

// broker is the broker of one session.
type broker struct {
	session *transport.DriverSession
	server  *mochi.Server

	mu      sync.Mutex
	dropped transport.ErrorLimiter
}

// The bounds of one client.
const (
	writesPending = 256             // messages that wait for a client that reads slowly
	inflight      = 1024            // messages that it has not acknowledged
	statsEvery    = 10              // seconds between messages on $SYS
	stallLimit    = 5 * time.Second // how long one packet may wait for a client that does not read
)

// newBroker starts a broker, which ends with the session.
func newBroker(s *transport.DriverSession) (*broker, error) {
	limits := mochi.NewDefaultServerCapabilities()
	limits.MaximumClientWritesPending, limits.MaximumInflight = writesPending, inflight
	limits.MaximumPacketSize = uint32(s.Options().MaxMessage)
	b := &broker{session: s, dropped: transport.NewErrorLimiter(s)}
	b.server = mochi.New(&mochi.Options{Capabilities: limits, InlineClient: true, SysTopicResendInterval: statsEvery, Logger: slog.New(slog.DiscardHandler)})
	if err := b.server.AddHook(&hook{broker: b}, nil); err != nil {
		return nil, err
	}
	if err := b.server.Serve(); err != nil {
		return nil, err
	}
	s.OnPublish(b.publish)
	s.Go(b.end)
	return b, nil
}

// end waits until nobody is let in any more, and all clients have left.
func (b *broker) end() {
	<-b.session.Context().Done()
	b.server.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropped.Flush()
}

// accept reads the CONNECT and has the broker answer it.
func (b *broker) accept(under transport.Conn) (transport.Conn, error) {
	c := &conn{Conn: under, broker: b, reader: bufio.NewReader(under), most: b.session.Options().MaxMessage,
		receivedTopics: topicAliases{}, sentTopics: topicAliases{}, acked: make(chan byte, 1), attached: make(chan struct{}), gone: make(chan struct{}), over: make(chan struct{})}
	if err := c.readConnect(); err != nil {
		return nil, err
	}
	ours, its := net.Pipe()
	c.feed = ours
	b.session.Go(func() {
		defer close(c.over)
		err := b.server.EstablishConnection("", &brokerSide{Conn: its, c: c})
		c.mu.Lock()
		c.cause = cmp.Or(c.cause, err)
		c.mu.Unlock()
		c.Close()
	})
	if err := c.pass(c.connect); err == nil {
		select {
		case code := <-c.acked:
			if code == packets.CodeSuccess.Code {
				return c, nil
			}
			c.Close()
			return nil, refused(under, code)
		case <-c.over:
		}
	}
	c.Close()
	<-c.over
	return nil, c.endOf(c.cause)
}

func refused(under transport.Conn, code byte) error {
	return &sockeye.Error{Kind: sockeye.Refused, Op: "accept", Target: under.Remote().String(),
		Message: sockeye.Text{En: fmt.Sprintf("the CONNECT is refused with code 0x%02x", code), Zh: fmt.Sprintf("拒绝了 CONNECT，返回码 0x%02x", code)}}
}

// publish hands a message to all who subscribed to its topic, or to some clients whatever
// they subscribed to. It says how many clients that are.
func (b *broker) publish(to []transport.Conn, m sockeye.Publication, data []byte) (int, error) {
	for n, c := range to {
		if err := c.(*conn).publish(m, data); err != nil {
			return n, err
		}
	}
	if len(to) > 0 {
		return len(to), nil
	}
	found := 0
	for id := range b.server.Topics.Subscribers(m.Topic).Subscriptions {
		if cl, ok := b.server.Clients.Get(id); ok && !cl.Closed() {
			found++
		}
	}
	return found, b.server.Publish(m.Topic, bytes.Clone(data), m.Retain, byte(m.QoS))
}

// hook hears what the library does.
type hook struct {
	mochi.HookBase
	broker *broker
}

// ID names the hook.
func (*hook) ID() string { return "sockeye" }

// Provides says which calls it wants.
func (*hook) Provides(b byte) bool {
	return bytes.IndexByte([]byte{mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnSessionEstablish, mochi.OnDisconnect, mochi.OnPublishDropped}, b) >= 0
}

// OnConnectAuthenticate lets everybody in whom the listener did.
func (*hook) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

// OnACLCheck lets everybody publish and subscribe, but not publish on $SYS.
func (*hook) OnACLCheck(_ *mochi.Client, topic string, write bool) bool {
	return !write || topic == "" || topic[0] != '$'
}

// OnSessionEstablish notes the identifier of a client that gave none.
func (h *hook) OnSessionEstablish(cl *mochi.Client, _ packets.Packet) {
	if s, ok := cl.Net.Conn.(*brokerSide); ok {
		s.c.state.Client = cl.ID
	}
}

// OnDisconnect notes why the broker ended a connection.
func (*hook) OnDisconnect(cl *mochi.Client, _ error, _ bool) {
	if s, ok := cl.Net.Conn.(*brokerSide); ok {
		s.c.mu.Lock()
		defer s.c.mu.Unlock()
		s.c.cause = cl.StopCause()
	}
}

// OnPublishDropped tells of a message that a client was too slow for.
func (h *hook) OnPublishDropped(cl *mochi.Client, pk packets.Packet) {
	b := h.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropped.Add(&sockeye.Error{Kind: sockeye.LimitReached, Op: "publish", Target: fmt.Sprintf("%.80q", cl.ID),
		Message: sockeye.Text{En: fmt.Sprintf("a message on %.80q did not reach this client: %d wait for it already", pk.TopicName, writesPending),
			Zh: fmt.Sprintf("主题 %.80q 的一条消息未送达此客户端：已有 %d 条在等待", pk.TopicName, writesPending)}})
}
