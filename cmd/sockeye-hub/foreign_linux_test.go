package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"sockeye/internal/freeport"
	"sockeye/internal/hub"
	"sockeye/internal/hub/server"
)

// kept writes what a command printed into a file.
func kept(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A NATS client of another make reads the boards that its credentials name, live and from
// the stream, and has them send; others it can neither hear nor write to.
func TestForeignNATSClient(t *testing.T) {
	h := startHub(t)
	press := startPlayer(t, h.enrol(t, "plant/press"), "--hub-send")
	startPlayer(t, h.enrol(t, "plant/lathe"))
	b, other := hub.BoardID{Site: "plant", Name: "press"}, hub.BoardID{Site: "plant", Name: "lathe"}
	conn, denied := dialForeign(t, h, "panel", "--board", "plant/press", "--send")
	live, err := conn.SubscribeSync(b.Events(""))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := press.peer.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	for seen := ""; !strings.Contains(seen, "aGVsbG8K"); { // base 64 of it
		m, err := live.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		seen += string(m.Data)
	}
	consumer := foreignConsumer(t, conn, "panel", b)
	first, err := consumer.Next(jetstream.FetchMaxWait(patience))
	if err != nil || first.Headers().Get("Sockeye-First") != "1" {
		t.Fatalf("the first message of the stream: %v", err)
	}
	if err := first.DoubleAck(t.Context()); err != nil {
		t.Errorf("it cannot acknowledge: %v", err)
	}
	m, err := conn.Request(b.SendSubject(), []byte(`{"data":"aGk=","expires":"`+time.Now().Add(time.Minute).UTC().Format(time.RFC3339)+`"}`), patience)
	if err != nil || !strings.Contains(string(m.Data), `"delivered"`) {
		t.Errorf("a request to send: %v, %s", err, m.Data)
	}
	for what, do := range map[string]func() error{
		"hear another board":           func() error { _, err := conn.SubscribeSync(other.Events("")); return err },
		"write events":                 func() error { return conn.Publish(b.Events("s1"), []byte("{}")) },
		"have another board send":      func() error { return conn.Publish(other.SendSubject(), []byte("{}")) },
		"hear answers to others":       func() error { _, err := conn.SubscribeSync("_INBOX.>"); return err },
		"read the stream of another":   func() error { return conn.Publish("$JS.API.CONSUMER.CREATE.SOCKEYE.x."+other.Events(""), []byte("{}")) },
		"purge the stream":             func() error { return conn.Publish("$JS.API.STREAM.PURGE.SOCKEYE", []byte("{}")) },
		"read the last of any subject": func() error { return conn.Publish("$JS.API.DIRECT.GET.SOCKEYE", []byte(`{"seq":1}`)) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if err := conn.Flush(); err != nil {
			t.Fatal(err)
		}
		expectDenied(t, denied, what)
	}
}

// dialForeign connects with credentials that the hub prints; what is denied comes by the channel.
func dialForeign(t *testing.T, h *hubProcess, name string, args ...string) (*nats.Conn, <-chan string) {
	t.Helper()
	denied := make(chan string, 100)
	conn, err := nats.Connect("tls://"+h.addr, nats.RootCAs(kept(t, "ca.pem", h.ask(t, "creds", "--ca"))), nats.UserCredentials(kept(t, "x.creds", h.ask(t, append([]string{"creds", name}, args...)...))),
		nats.CustomInboxPrefix(server.ForeignInbox(name)), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err.Error() }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn, denied
}

// foreignConsumer makes the consumer by which a program with credentials of a name reads a board.
func foreignConsumer(t *testing.T, conn *nats.Conn, name string, b hub.BoardID) jetstream.Consumer {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.CreateConsumer(t.Context(), hub.Stream, jetstream.ConsumerConfig{Name: server.ForeignConsumer(name, b), FilterSubject: b.Events(""), AckPolicy: jetstream.AckExplicitPolicy, InactiveThreshold: patience})
	if err != nil {
		t.Fatal(err)
	}
	return consumer
}

// Credentials of one board read that by a consumer of its name, and can neither read, change,
// see nor delete that of another board, of a site, or one that the hub itself reads by.
func TestForeignConsumers(t *testing.T) {
	h := startHub(t)
	press, lathe := hub.BoardID{Site: "plant", Name: "press"}, hub.BoardID{Site: "plant", Name: "lathe"}
	admin := h.connect(t)
	for _, b := range []hub.BoardID{press, lathe} {
		if !newTape(t, admin, b).say(time.Now(), []byte("of "+b.String())) {
			t.Fatal("the hub does not acknowledge")
		}
	}
	site := hub.BoardID{Site: "plant", Name: "*"}
	all := hub.BoardID{Site: "*", Name: "*"}
	var others []string
	for _, of := range []struct {
		name, board string
		hub.BoardID
		messages int
	}{{"panel", "plant/lathe", lathe, 1}, {"office", "plant/", site, 2}, {"chief", "", all, 2}} {
		var args []string
		if of.board != "" {
			args = []string{"--board", of.board}
		}
		conn, _ := dialForeign(t, h, of.name, args...)
		batch, err := foreignConsumer(t, conn, of.name, of.BoardID).Fetch(of.messages, jetstream.FetchMaxWait(patience))
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for range batch.Messages() {
			got++
		}
		if got != of.messages {
			t.Errorf("%s reads %d messages, want %d", of.name, got, of.messages)
		}
		others = append(others, server.ForeignConsumer(of.name, of.BoardID))
	}
	js, err := jetstream.New(admin)
	if err != nil {
		t.Fatal(err)
	}
	own, err := js.OrderedConsumer(t.Context(), hub.Stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	others = append(others, own.CachedInfo().Name)
	conn, denied := dialForeign(t, h, "panel", "--board", "plant/press")
	foreignConsumer(t, conn, "panel", press)
	for _, consumer := range others {
		for _, call := range []string{"MSG.NEXT.SOCKEYE." + consumer, "INFO.SOCKEYE." + consumer, "DELETE.SOCKEYE." + consumer, "CREATE.SOCKEYE." + consumer + "." + press.Events("")} {
			if err := conn.PublishRequest("$JS.API.CONSUMER."+call, conn.NewRespInbox(), []byte("1")); err != nil {
				t.Fatal(err)
			}
			if err := conn.Flush(); err != nil {
				t.Fatal(err)
			}
			expectDenied(t, denied, call)
		}
	}
}

// mosquitto_pub has a board send by the hub's MQTT listener; without a password nobody is
// let in.
func TestForeignMQTTClient(t *testing.T) {
	mqtt := freeport.Loopback(t)
	h := startHub(t, "--mqtt", mqtt)
	p := startPlayer(t, h.enrol(t, "plant/press"), "--hub-send")
	_, port, err := net.SplitHostPort(mqtt)
	if err != nil {
		t.Fatal(err)
	}
	b := hub.BoardID{Site: "plant", Name: "press"}
	conn := h.connect(t)
	await(t, "the board publishes", func() bool { return lastOf(conn, b) >= 2 })
	ca := kept(t, "ca.pem", h.ask(t, "creds", "--ca"))
	password := strings.TrimSpace(h.ask(t, "creds", "panel", "--mqtt", "--send"))
	access := []string{"--cafile", ca, "-u", "panel", "-P", password}
	ask := `{"data":"bGVkIG9u","expires":"` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`
	if out, err := mosquitto(t, "mosquitto_pub", port, append(access, "-i", "panel-2", "-q", "0", "-t", "sockeye/plant/press/send", "-m", ask)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	await(t, "the peer has it", func() bool { return p.echoed.Load() >= int64(len("led on")) })
	if out, err := mosquitto(t, "mosquitto_sub", port, "--cafile", ca, "-t", "sockeye/#", "-C", "1", "-W", "5").CombinedOutput(); err == nil {
		t.Errorf("without a password it is let in: %s", out)
	}
}
