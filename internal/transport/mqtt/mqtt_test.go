package mqtt_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	paho5 "github.com/eclipse/paho.golang/paho"
	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

// serve is a broker on loopback.
func serve(t *testing.T, o sockeye.Options, answer transport.Responder) (*transport.Session, *transporttest.EventLog, string) {
	t.Helper()
	at := transporttest.At(t, "mqtt://127.0.0.1:0")
	s, r := transporttest.Open(t, sockeye.Endpoint{Mode: sockeye.Listen, Address: at, Options: o}, answer)
	return s, r, s.Locals()[0].String()
}

// client3 is a client of version 3.1.1.
func client3(t *testing.T, at, id string, set func(*paho.ClientOptions)) paho.Client {
	t.Helper()
	o := paho.NewClientOptions().AddBroker("tcp://" + at).SetClientID(id).SetProtocolVersion(4).SetAutoReconnect(false)
	if set != nil {
		set(o)
	}
	c := paho.NewClient(o)
	done(t, c.Connect())
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

func done(t *testing.T, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(transporttest.Patience) || token.Error() != nil {
		t.Fatalf("the client: %v", token.Error())
	}
}

// heard are the messages that a client of version 3.1.1 subscribed to.
func heard(t *testing.T, c paho.Client, filter string, qos byte) <-chan string {
	t.Helper()
	got := make(chan string, 100)
	done(t, c.Subscribe(filter, qos, func(_ paho.Client, m paho.Message) { got <- m.Topic() + "=" + string(m.Payload()) }))
	done(t, c.Unsubscribe("none")) // its answer follows what was retained; that of Subscribe does not
	return got
}

func expect(t *testing.T, got <-chan string, want string) {
	t.Helper()
	select {
	case one := <-got:
		if one != want {
			t.Errorf("the client got %q, want %q", one, want)
		}
	case <-time.After(transporttest.Patience):
		t.Fatalf("the client did not get %q", want)
	}
}

// What one client publishes, another one gets, in both versions and all qualities of
// service; each is an event with its topic, the answer never before the question.
func TestPublishAndSubscribe(t *testing.T) {
	_, r, at := serve(t, sockeye.Options{}, nil)
	three := client3(t, at, "three", nil)
	got3 := heard(t, three, "plant/#", 2)
	five, got5 := client5(t, at, "five", "plant/+/temperature")
	for qos := range 3 {
		done(t, three.Publish("plant/a/temperature", byte(qos), false, "20."+string(rune('0'+qos))))
		expect(t, got3, "plant/a/temperature=20."+string(rune('0'+qos)))
		expect(t, got5, "plant/a/temperature=20."+string(rune('0'+qos)))
	}
	if _, err := five.Publish(t.Context(), &paho5.Publish{Topic: "plant/b", QoS: 2, Payload: []byte("hello"), Properties: &paho5.PublishProperties{ResponseTopic: "answers/5", ContentType: "text/plain"}}); err != nil {
		t.Fatal(err)
	}
	expect(t, got3, "plant/b=hello")
	received := r.WaitKind(t, sockeye.Received, 4)
	want := &sockeye.Publication{Topic: "plant/b", QoS: 2, ResponseTopic: "answers/5", ContentType: "text/plain"}
	if diff := cmp.Diff(want, received.Detail.Publication); diff != "" || string(received.Data) != "hello" {
		t.Errorf("received %q (-want +got):\n%s", received.Data, diff)
	}
	r.WaitKind(t, sockeye.Sent, 7)
	sent := r.All(transporttest.IsKind(sockeye.Sent))
	if len(sent) != 7 {
		t.Errorf("%d messages sent, want 7", len(sent))
	}
	for _, e := range sent {
		if e.Detail.Publication.Topic == "" || e.Seq < r.WaitKind(t, sockeye.Received, 1).Seq {
			t.Errorf("sent %+v as event %d", e.Detail.Publication, e.Seq)
		}
	}
	joined := r.WaitKind(t, sockeye.Joined, 1).Detail.MQTT
	if diff := cmp.Diff(&sockeye.MQTTState{Client: "three", Version: "3.1.1", KeepAlive: 30, Clean: true}, joined); diff != "" {
		t.Errorf("joined (-want +got):\n%s", diff)
	}
	if c := r.WaitKind(t, sockeye.Control, 1).Detail.Control; c.Type != "subscribe" || len(c.Topics) != 1 || c.Topics[0] != "plant/#" {
		t.Errorf("the subscription is %+v", c)
	}
}

// client5 is a client of version 5 and what it gets.
func client5(t *testing.T, at, id, filter string) (*autopaho.ConnectionManager, <-chan string) {
	t.Helper()
	got := make(chan string, 100)
	c, err := autopaho.NewConnection(t.Context(), autopaho.ClientConfig{ServerUrls: []*url.URL{{Scheme: "mqtt", Host: at}}, KeepAlive: 30, CleanStartOnInitialConnection: true,
		ClientConfig: paho5.ClientConfig{ClientID: id, OnPublishReceived: []func(paho5.PublishReceived) (bool, error){func(m paho5.PublishReceived) (bool, error) {
			got <- m.Packet.Topic + "=" + string(m.Packet.Payload)
			return true, nil
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AwaitConnection(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Disconnect(t.Context()); <-c.Done() })
	if filter != "" {
		if _, err := c.Subscribe(t.Context(), &paho5.Subscribe{Subscriptions: []paho5.SubscribeOptions{{Topic: filter, QoS: 2}}}); err != nil {
			t.Fatal(err)
		}
	}
	return c, got
}

// We publish to subscribers, and to clients that we choose; a plain send goes to where the
// client wants answers.
func TestPublishReachesSubscribers(t *testing.T) {
	s, r, at := serve(t, sockeye.Options{}, nil)
	c := client3(t, at, "board", nil)
	got := heard(t, c, "#", 1)
	if n, err := s.Publish(nil, sockeye.Publication{Topic: "leds/1", Retain: true, QoS: 1}, []byte("on")); n != 1 || err != nil {
		t.Fatalf("published to %d, %v", n, err)
	}
	expect(t, got, "leds/1=on")
	if n, err := s.Publish(nil, sockeye.Publication{Topic: "$SYS/x"}, nil); err == nil && n > 1 {
		t.Errorf("published to %d", n)
	}
	p := s.Peers()[0]
	if n, err := s.Publish([]*transport.Peer{p}, sockeye.Publication{Topic: "only/you"}, []byte("x")); n != 1 || err != nil {
		t.Fatalf("published to %d, %v", n, err)
	}
	expect(t, got, "only/you=x")
	if _, err := p.Send(t.Context(), []byte("where?")); sockeye.ErrorOf(err).Kind != sockeye.Misuse {
		t.Errorf("a send without a topic: %v", err)
	}
	done(t, c.Publish("board/says", 0, false, "hello"))
	expect(t, got, "board/says=hello")
	if _, err := p.Send(t.Context(), []byte("hi")); err != nil {
		t.Fatal(err)
	}
	expect(t, got, "board/says=hi")
	late := client3(t, at, "late", nil)
	expect(t, heard(t, late, "leds/#", 0), "leds/1=on") // it was retained
	if e := r.WaitKind(t, sockeye.Sent, 1); e.Detail.Publication.Topic != "leds/1" {
		t.Errorf("sent first: %+v", e.Detail.Publication)
	}
}

// Rules and echo answer messages as they answer any other.
func TestRulesAndEchoAnswerMessages(t *testing.T) {
	_, _, at := serve(t, sockeye.Options{MessageTopic: "echo"}, transporttest.Echoing{})
	c := client3(t, at, "board", nil)
	got := heard(t, c, "echo", 0)
	done(t, c.Publish("x", 1, false, "ping"))
	expect(t, got, "echo=ping")
}

// A client that is lost has its will published; one that says good-bye has not. The second
// client with an identifier takes the place of the first.
func TestWillAndTakeover(t *testing.T) {
	s, r, at := serve(t, sockeye.Options{}, nil)
	watcher := client3(t, at, "watcher", nil)
	got := heard(t, watcher, "wills", 0)
	will := func(o *paho.ClientOptions) { o.SetWill("wills", o.ClientID, 0, false) }
	client3(t, at, "polite", will).Disconnect(100)
	r.WaitKind(t, sockeye.Left, 1)
	client3(t, at, "lost", will)
	s.Peer(r.WaitKind(t, sockeye.Joined, 3).Peer.ID).Abort()
	expect(t, got, "wills=lost")
	client3(t, at, "twin", nil)
	client3(t, at, "twin", nil)
	left := r.WaitKind(t, sockeye.Left, 3).Detail
	if left.Err == nil || !strings.Contains(left.Err.Error(), "session takeover") {
		t.Errorf("the first twin left for %+v, %v", left.Reason, left.Err)
	}
}

// What is no MQTT, or too much of it, is told in words.
func TestHostileClients(t *testing.T) {
	_, r, at := serve(t, sockeye.Options{MaxMessage: 1000}, nil)
	for name, c := range map[string]struct{ send, want string }{
		"HTTP":                   {"GET / HTTP/1.1\r\n\r\n" + strings.Repeat("x", 200), "not MQTT"},
		"TLS":                    {"\x16\x03\x01\x02\x00\x01", "speaks TLS"},
		"too long":               {"\x10\xff\xff\xff\x7f", "bytes, and 1000 are the most"},
		"no CONNECT":             {"\xc0\x00", "not MQTT"},
		"cut short":              {"\x10\x20\x00\x04MQ", "in the middle of a packet"},
		"a long size":            {"\x10\xff\xff\xff\xff\xff", "not MQTT"},
		"no options of a filter": {"\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01c\x82\x06\x00\x01\x00\x00\x01a", "not MQTT"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			io.WriteString(conn, c.send)
			conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, conn)
			r.Wait(t, c.want, func(e sockeye.Event) bool {
				return (e.Kind == sockeye.Failed || e.Kind == sockeye.Left) && e.Detail.Err != nil && strings.Contains(e.Detail.Err.Error(), c.want)
			})
		})
	}
}

// Closing the session ends the clients in good order, with a DISCONNECT where there is one.
func TestClose(t *testing.T) {
	s, r, at := serve(t, sockeye.Options{}, nil)
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01c")
	r.WaitKind(t, sockeye.Joined, 1)
	s.Peers()[0].Close(t.Context())
	said, err := io.ReadAll(conn)
	if err != nil || !bytes.HasSuffix(said, []byte{0xe0, 2, 0x8b, 0}) {
		t.Errorf("the client got % x, %v", said, err)
	}
	if e := r.WaitKind(t, sockeye.Left, 1); e.Detail.Reason != sockeye.ReasonLocal {
		t.Errorf("left for %s", e.Detail.Reason)
	}
}
