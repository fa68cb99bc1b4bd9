package device

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"sockeye/internal/payload"
)

// mqttClient is a connection to a broker, in MQTT 3.1.1 or 5. Its packets are written and
// read by the library that the broker behind mqtt:// uses. publish of QoS 0 may be called
// from any goroutine; everything else belongs to one.
type mqttClient struct {
	conn     net.Conn
	reader   *bufio.Reader
	version  byte // as CONNECT has it: 4 is MQTT 3.1.1
	most     brokerLimits
	commands chan []byte   // messages for the handler
	gone     chan struct{} // closed when the connection is over
	running  sync.WaitGroup
	pinged   atomic.Bool // nothing came since the last PINGREQ

	writing sync.Mutex // held over a packet

	mu          sync.Mutex
	cause       error // why it is over
	lastID      uint16
	unconfirmed map[uint16]byte // the type of the packet that is to come for each number
	refused     error           // why the broker did not take the first that it did not take
	changed     chan struct{}   // capacity 1: one of unconfirmed was confirmed
}

// brokerLimits are what a broker takes.
type brokerLimits struct {
	unconfirmed int // messages
	qos         byte
	packet      int // bytes; 0: no limit
}

const (
	// mqttInFlight is how many messages may wait to be confirmed, either way, if the broker
	// does not want fewer.
	mqttInFlight = 32
	// mqttLargest is how long a packet of the broker may be, in bytes. Commands are short.
	mqttLargest = 256 << 10
	// mqttGoodbye is how long the last packet may take.
	mqttGoodbye = 100 * time.Millisecond
)

// connectMQTT says CONNECT on a connection, and waits for the answer. The connection is
// closed when the client is over; after an error it is the caller's.
func connectMQTT(ctx context.Context, conn net.Conn, version byte, o mqttConnect) (*mqttClient, error) {
	c := &mqttClient{
		conn: conn, reader: bufio.NewReader(conn), version: version, most: brokerLimits{unconfirmed: mqttInFlight, qos: 2},
		commands: make(chan []byte, mqttInFlight), gone: make(chan struct{}), changed: make(chan struct{}, 1), unconfirmed: map[uint16]byte{},
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	err := c.write(context.Background(), o.packet(), (*packets.Packet).ConnectEncode)
	if err == nil {
		err = c.readConnack(&o)
	}
	if !stop() {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	c.running.Go(c.read)
	if o.keepAlive > 0 {
		c.running.Go(func() { c.keepAlive(o.keepAlive) })
	}
	return c, nil
}

func (o *mqttConnect) packet() *packets.Packet {
	return &packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Connect},
		Properties:  packets.Properties{ReceiveMaximum: mqttInFlight, MaximumPacketSize: mqttLargest},
		Connect: packets.ConnectParams{
			ProtocolName: []byte("MQTT"), ClientIdentifier: o.clientID, Clean: true, Keepalive: uint16(o.keepAlive.Seconds()),
			UsernameFlag: o.username != "", Username: []byte(o.username), PasswordFlag: o.username != "" && o.password != "", Password: []byte(o.password),
			WillFlag: o.willTopic != "", WillTopic: o.willTopic, WillPayload: []byte(offline), WillQos: min(1, byte(len(o.willTopic))), WillRetain: o.willTopic != "",
		},
	}
}

// readConnack reads what the broker answers to CONNECT, and what it takes.
func (c *mqttClient) readConnack(o *mqttConnect) error {
	p, body, err := c.readPacket()
	if err != nil {
		return err
	}
	if len(body) == 2 {
		p.ProtocolVersion = 4 // a broker that does not know MQTT 5 answers as it can
	}
	if p.FixedHeader.Type != packets.Connack || p.ConnackDecode(body) != nil {
		return errors.New("it does not speak MQTT")
	}
	if p.ReasonCode != 0 {
		return reasonFault(p.ProtocolVersion, p.ReasonCode, p.Properties.ReasonString)
	}
	if n := int(p.Properties.ReceiveMaximum); n > 0 {
		c.most.unconfirmed = min(n, mqttInFlight)
	}
	if p.Properties.MaximumQosFlag {
		c.most.qos = p.Properties.MaximumQos
	}
	c.most.packet = int(p.Properties.MaximumPacketSize)
	if p.Properties.ServerKeepAliveFlag {
		o.keepAlive = time.Duration(p.Properties.ServerKeepAlive) * time.Second
	}
	return nil
}

// reasonFault says why a broker refuses (MQTT 3.1.1 section 3.2.2.3, MQTT 5 section 2.4).
func reasonFault(version, code byte, reason string) error {
	words := map[byte]string{1: "it does not know this version of MQTT", 2: "it does not accept the client ID", 3: "it is not available", 4: "bad user name or password", 5: "not authorized"}
	if version == 5 {
		words = map[byte]string{0x84: words[1], 0x85: words[2], 0x86: words[4], 0x87: words[5], 0x88: words[3]}
	}
	switch {
	case words[code] != "":
		return errors.New(words[code])
	case reason != "":
		return errors.New(payload.SafeString(reason))
	}
	return fmt.Errorf("reason %#x", code)
}

// write writes a packet. If ctx ends meanwhile, so does the connection: half a packet may
// have gone out.
func (c *mqttClient) write(ctx context.Context, p *packets.Packet, encode func(*packets.Packet, *bytes.Buffer) error) error {
	p.ProtocolVersion = c.version
	var b bytes.Buffer
	if err := encode(p, &b); err != nil {
		return err
	}
	if c.most.packet > 0 && b.Len() > c.most.packet {
		return fmt.Errorf("the message takes %d bytes, and the broker takes %d at most", b.Len(), c.most.packet)
	}
	stop := context.AfterFunc(ctx, func() { c.end(context.Cause(ctx)) })
	defer stop()
	c.writing.Lock()
	defer c.writing.Unlock()
	if _, err := c.conn.Write(b.Bytes()); err != nil {
		return c.end(err)
	}
	return nil
}

// end closes the connection, and returns why it is over, which may be an earlier reason.
func (c *mqttClient) end(why error) error {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = why
		close(c.gone)
	}
	why = c.cause
	c.mu.Unlock()
	c.conn.Close()
	return why
}

// lost is closed when the connection is.
func (c *mqttClient) lost() <-chan struct{} { return c.gone }

// publish sends a message. It may return before the broker has it, which confirmed waits
// for.
func (c *mqttClient) publish(ctx context.Context, topic string, data []byte, qos byte, retain bool) error {
	if qos > c.most.qos {
		return fmt.Errorf("the broker takes QoS %d at most", c.most.qos)
	}
	p := &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos, Retain: retain}, TopicName: topic, Payload: data}
	if qos > 0 {
		if err := c.awaitUnconfirmed(ctx, c.most.unconfirmed-1); err != nil {
			return err
		}
		p.PacketID = c.number([]byte{0, packets.Puback, packets.Pubrec}[qos])
	}
	return c.write(ctx, p, (*packets.Packet).PublishEncode)
}

// number is the next packet identifier, of which a packet of a type is to come.
func (c *mqttClient) number(next byte) uint16 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		c.lastID++
		if c.lastID != 0 && c.unconfirmed[c.lastID] == 0 {
			c.unconfirmed[c.lastID] = next
			return c.lastID
		}
	}
}

// confirmed waits until the broker has all that was published. The error is that of the
// first message that it did not take.
func (c *mqttClient) confirmed(ctx context.Context) error {
	if err := c.awaitUnconfirmed(ctx, 0); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.refused
	c.refused = nil
	return err
}

// awaitUnconfirmed waits until at most so many are not confirmed.
func (c *mqttClient) awaitUnconfirmed(ctx context.Context, most int) error {
	for {
		c.mu.Lock()
		n, cause := len(c.unconfirmed), c.cause
		c.mu.Unlock()
		if cause != nil || n <= most {
			return cause
		}
		select {
		case <-c.changed:
		case <-c.gone:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// subscribe has handle called for the messages of a topic, one after another, until
// disconnect returns. It may be called once.
func (c *mqttClient) subscribe(ctx context.Context, topic string, handle func(data []byte)) error {
	c.running.Go(func() {
		for {
			select {
			case data := <-c.commands:
				handle(data)
			case <-c.gone:
				return
			}
		}
	})
	p := &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: c.number(packets.Suback), Filters: packets.Subscriptions{{Filter: topic, Qos: 1}}}
	if err := c.write(ctx, p, (*packets.Packet).SubscribeEncode); err != nil {
		return err
	}
	return c.confirmed(ctx)
}

// disconnect says goodbye, so that the broker does not publish the will, and returns when
// everything has ended.
func (c *mqttClient) disconnect() {
	ctx, cancel := context.WithTimeout(context.Background(), mqttGoodbye)
	c.write(ctx, &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}}, (*packets.Packet).DisconnectEncode)
	cancel()
	c.end(net.ErrClosed)
	c.running.Wait()
}

// keepAlive asks the broker for a sign of life twice in the time that was agreed on, and
// ends the connection if none came since the last time.
func (c *mqttClient) keepAlive(agreed time.Duration) {
	ticker := time.NewTicker(agreed / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-c.gone:
			return
		}
		if c.pinged.Swap(true) {
			c.end(fmt.Errorf("the broker has been silent for %v", agreed/2))
			return
		}
		ctx, cancel := context.WithTimeoutCause(context.Background(), agreed/2, errors.New("the broker does not read"))
		c.write(ctx, &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}}, (*packets.Packet).PingreqEncode)
		cancel()
	}
}

// read takes what the broker sends, until the connection is over.
func (c *mqttClient) read() {
	for {
		p, body, err := c.readPacket()
		if err == nil {
			c.pinged.Store(false)
			err = c.take(&p, body)
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

// readPacket reads the head of a packet, and its body.
func (c *mqttClient) readPacket() (p packets.Packet, body []byte, err error) {
	first, err := c.reader.ReadByte()
	if err != nil {
		return p, nil, err
	}
	if err := p.FixedHeader.Decode(first); err != nil {
		return p, nil, errors.New("what the broker sends is not MQTT")
	}
	length, _, err := packets.DecodeLength(c.reader)
	if err != nil {
		return p, nil, err
	}
	if length > mqttLargest {
		return p, nil, fmt.Errorf("a packet of %d bytes, and %d are the most", length, mqttLargest)
	}
	p.FixedHeader.Remaining, p.ProtocolVersion = length, c.version
	body = make([]byte, length)
	_, err = io.ReadFull(c.reader, body)
	return p, body, err
}
