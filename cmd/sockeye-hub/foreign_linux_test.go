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
	b, other := hub.Board{Site: "plant", Name: "press"}, hub.Board{Site: "plant", Name: "lathe"}
	denied := make(chan string, 100)
	conn, err := nats.Connect("tls://"+h.addr, nats.RootCAs(kept(t, "ca.pem", h.ask(t, "creds", "--ca"))), nats.UserCredentials(kept(t, "x.creds", h.ask(t, "creds", "panel", "--board", "plant/press", "--send"))),
		nats.CustomInboxPrefix(server.ForeignInbox("panel")), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err.Error() }))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
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
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), hub.Stream)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{FilterSubjects: []string{b.Events("")}})
	if err != nil {
		t.Fatal(err)
	}
	first, err := consumer.Next(jetstream.FetchMaxWait(patience))
	if err != nil || first.Headers().Get("Sockeye-First") != "1" {
		t.Fatalf("the first message of the stream: %v", err)
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
	b := hub.Board{Site: "plant", Name: "press"}
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
