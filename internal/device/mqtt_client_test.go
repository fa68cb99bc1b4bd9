package device

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// fakeBroker is the other side of a client: a test says what it sends.
type fakeBroker struct {
	conn   net.Conn
	reader *bufio.Reader
}

// brokerAndClient connects a client of MQTT 5 to a broker that answers CONNECT with these
// properties.
func brokerAndClient(t *testing.T, o mqttConnect, takes packets.Properties) (*fakeBroker, *mqttClient) {
	t.Helper()
	here, there := net.Pipe()
	b := &fakeBroker{there, bufio.NewReader(there)}
	go func() {
		b.read()
		b.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connack}, Properties: takes}, (*packets.Packet).ConnackEncode)
	}()
	c, err := connectMQTT(t.Context(), here, 5, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { there.Close(); c.disconnect() })
	return b, c
}

// read gives the type and the body of what the client sent; 0 at the end.
func (b *fakeBroker) read() (kind byte, body []byte) {
	first, err := b.reader.ReadByte()
	if err != nil {
		return 0, nil
	}
	length, _, err := packets.DecodeLength(b.reader)
	if err != nil {
		return 0, nil
	}
	body = make([]byte, length)
	if _, err := io.ReadFull(b.reader, body); err != nil {
		return 0, nil
	}
	return first >> 4, body
}

func (b *fakeBroker) write(p *packets.Packet, encode func(*packets.Packet, *bytes.Buffer) error) {
	p.ProtocolVersion = 5
	var buf bytes.Buffer
	encode(p, &buf)
	b.conn.Write(buf.Bytes())
}

// A broker that takes one unconfirmed message is sent the second when it has confirmed the
// first; what it says that it does not take is not sent; why it refuses one is told once.
func TestMQTTLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := brokerAndClient(t, mqttConnect{clientID: "x"}, packets.Properties{ReceiveMaximum: 1, MaximumQosFlag: true, MaximumQos: 1, MaximumPacketSize: 100})
		if err := c.publish(t.Context(), "t", nil, 2, false); err == nil || !strings.Contains(err.Error(), "QoS 1 at most") {
			t.Errorf("QoS 2: %v", err)
		}
		if err := c.publish(t.Context(), "t", make([]byte, 200), 0, false); err == nil || !strings.Contains(err.Error(), "100 at most") {
			t.Errorf("a message that is too large: %v", err)
		}
		published := make(chan error)
		go func() {
			for range 2 {
				published <- c.publish(t.Context(), "t", []byte("data"), 1, false)
			}
		}()
		b.read()
		<-published
		synctest.Wait()
		select {
		case <-published:
			t.Error("the second did not wait")
		default:
		}
		b.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: 1}, (*packets.Packet).PubackEncode)
		if kind, _ := b.read(); kind != packets.Publish {
			t.Errorf("packet of type %d", kind)
		}
		<-published
		b.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: 2, ReasonCode: 0x97, Properties: packets.Properties{ReasonString: "full"}}, (*packets.Packet).PubackEncode)
		if err := c.confirmed(t.Context()); err == nil || !strings.Contains(err.Error(), "full") {
			t.Errorf("a refused message: %v", err)
		}
		if err := c.confirmed(t.Context()); err != nil {
			t.Errorf("told twice: %v", err)
		}
	})
}

// QoS 2 takes four packets, and the message is confirmed by the last.
func TestMQTTExactlyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := brokerAndClient(t, mqttConnect{clientID: "x"}, packets.Properties{})
		var sent []byte
		over := make(chan struct{})
		go func() {
			defer close(over)
			for {
				kind, _ := b.read()
				sent = append(sent, kind)
				switch kind {
				case packets.Publish:
					b.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrec}, PacketID: 1}, (*packets.Packet).PubrecEncode)
				case packets.Pubrel:
					b.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubcomp}, PacketID: 1}, (*packets.Packet).PubcompEncode)
				case 0, packets.Disconnect:
					return
				}
			}
		}()
		if err := errors.Join(c.publish(t.Context(), "t", nil, 2, false), c.confirmed(t.Context())); err != nil {
			t.Error(err)
		}
		c.disconnect()
		<-over
		if want := []byte{packets.Publish, packets.Pubrel, packets.Disconnect}; !slices.Equal(sent, want) {
			t.Errorf("sent %v, not %v", sent, want)
		}
	})
}

// A broker that answers no PINGREQ is given up in the time that was agreed on, even if it
// said another one.
func TestMQTTSilentBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := brokerAndClient(t, mqttConnect{clientID: "x", keepAlive: time.Hour}, packets.Properties{ServerKeepAliveFlag: true, ServerKeepAlive: 10})
		begun := time.Now()
		if kind, _ := b.read(); kind != packets.Pingreq {
			t.Errorf("packet of type %d", kind)
		}
		b.write(&packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingresp}}, (*packets.Packet).PingrespEncode)
		b.read()
		<-c.lost()
		if after := time.Since(begun); after != 15*time.Second {
			t.Errorf("given up after %v", after)
		}
		if err := c.confirmed(t.Context()); err == nil || !strings.Contains(err.Error(), "silent") {
			t.Errorf("why: %v", err)
		}
	})
}

// A broker that does not answer CONNECT, or in MQTT 3.1.1.
func TestMQTTNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		go io.Copy(io.Discard, there)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := connectMQTT(ctx, here, 5, mqttConnect{clientID: "x"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("no answer: %v", err)
		}
		here, there = net.Pipe()
		defer there.Close()
		go func() {
			(&fakeBroker{there, bufio.NewReader(there)}).read()
			there.Write([]byte{packets.Connack << 4, 2, 0, 1})
		}()
		if _, err := connectMQTT(t.Context(), here, 5, mqttConnect{clientID: "x"}); err == nil || !strings.Contains(err.Error(), "version") {
			t.Errorf("a broker of MQTT 3.1.1: %v", err)
		}
		here.Close()
	})
}

// FuzzMQTTBroker: whatever a broker sends, the client ends in good order.
func FuzzMQTTBroker(f *testing.F) {
	f.Add([]byte{packets.Puback << 4, 2, 0, 1})
	f.Add([]byte{packets.Publish<<4 | 2, 6, 0, 1, 't', 0, 1, 0})
	f.Add([]byte{packets.Suback << 4, 4, 0, 1, 0, 0x87})
	f.Add([]byte{packets.Disconnect << 4, 2, 0x8b, 0})
	f.Add([]byte{packets.Publish << 4, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, version := range []byte{4, 5} {
			here, there := net.Pipe()
			go io.Copy(io.Discard, there)
			c := &mqttClient{conn: here, reader: bufio.NewReader(bytes.NewReader(data)), version: version, commands: make(chan []byte, 1+len(data)), gone: make(chan struct{}), changed: make(chan struct{}, 1), unconfirmed: map[uint16]byte{1: packets.Suback, 2: packets.Pubrec}}
			c.read()
			if <-c.lost(); c.cause == nil {
				t.Error("over without a cause")
			}
			there.Close()
		}
	})
}
