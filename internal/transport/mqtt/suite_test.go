package mqtt_test

import (
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// A broker does what every driver must do, as far as one that only listens can.
func TestSuite(t *testing.T) {
	transporttest.ListenSuite(t, transporttest.Case{
		Address: func(t *testing.T) sockeye.Address { return transporttest.At(t, "mqtt://127.0.0.1:0") },
		Dial:    dialForeign,
		Options: sockeye.Options{MessageTopic: "suite"}, // a plain send has a topic before the client published
	})
}

// foreign is a client made of paho's packets, without its goroutines: it publishes what is
// written, and reads the bytes of messages.
type foreign struct {
	net.Conn
	rest []byte
}

func dialForeign(t *testing.T, to sockeye.Address) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", to.HostPort())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(transporttest.Patience))
	connect := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	connect.ProtocolName, connect.ProtocolVersion, connect.CleanSession = "MQTT", 4, true
	if err := connect.Write(c); err != nil {
		t.Fatal(err)
	}
	if p, err := packets.ReadPacket(c); err != nil || p.(*packets.ConnackPacket).ReturnCode != packets.Accepted {
		t.Fatalf("the CONNECT is answered with %v, %v", p, err)
	}
	return &foreign{Conn: c}
}

func (f *foreign) Write(b []byte) (int, error) {
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload = "suite", b
	return len(b), p.Write(f.Conn)
}

func (f *foreign) Read(b []byte) (int, error) {
	for len(f.rest) == 0 {
		p, err := packets.ReadPacket(f.Conn)
		if err != nil {
			return 0, err
		}
		if m, ok := p.(*packets.PublishPacket); ok {
			f.rest = m.Payload
		}
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// Close says good-bye, so that the end is not one of a client that is lost.
func (f *foreign) Close() error {
	packets.NewControlPacket(packets.Disconnect).Write(f.Conn)
	return f.Conn.Close()
}
