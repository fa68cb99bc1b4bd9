package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/hub"
)

// stolen is a board's key in the hands of somebody else, who writes what he likes.
type stolen struct {
	*nats.Conn
	*hub.Identity
}

func steal(t *testing.T, h *hubProcess, name string) stolen {
	t.Helper()
	id, err := hub.Join(t.Context(), t.TempDir(), h.enrol(t, name))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := hub.Dial(t.Context(), id.Credentials(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return stolen{conn, id}
}

// says publishes a status.
func (s stolen) says(t *testing.T, st hub.BoardStatus) {
	t.Helper()
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(s.Identity.Status(), text); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
}

// isAlive says whether the hub takes a board for alive.
func isAlive(t *testing.T, h *hubProcess, name string) bool {
	t.Helper()
	var all []struct {
		Board string
		Alive bool
	}
	if err := json.Unmarshal([]byte(h.ask(t, "ls", "--json")), &all); err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if b.Board == name {
			return b.Alive
		}
	}
	return false
}

// T61: what NATS does not check is a reply subject: whoever has a board's key could have JetStream answer
// among another board's events, on its status, to its requests, or into the registry. Nobody takes any of
// these for what they are not: readers see the events of the other board alone, its program goes on and
// sends nothing, it keeps being enrolled, and the hub does not take it for alive.
func TestStolenBoardAnswersForNobody(t *testing.T) {
	h := startHub(t)
	thief := steal(t, h, "lab/thief")
	b := hub.BoardID{Site: "lab", Name: "lamp"}
	asleep := steal(t, h, "lab/asleep")
	p := startPlayer(t, h.enrol(t, b.String()), "--hub-send")
	conn := h.connect(t)
	await(t, "the board publishes", func() bool { return lastOf(conn, b) >= 2 })
	reflect := func(to string, data []byte) {
		t.Helper()
		m := nats.NewMsg(thief.Events("s1"))
		m.Data = data
		for name, value := range map[string]string{"Sockeye-Version": "1", "Sockeye-First": "9000", "Sockeye-Last": "9000", "Sockeye-Instance": "forged"} {
			m.Header.Set(name, value)
		}
		if _, err := thief.RequestMsg(m, patience); err != nil {
			t.Fatal(err)
		}
		for _, subject := range []string{thief.LastMessage(), thief.Events("s1")} { // the message itself, and that it is stored
			if err := thief.PublishRequest(subject, to, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := thief.Request(thief.LastMessage(), nil, patience); err != nil { // JetStream has done it
				t.Fatal(err)
			}
		}
	}
	request, err := json.Marshal(hub.SendRequest{Data: []byte("forged"), Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	reflect(b.SendSubject(), request)
	reflect(b.Events("s1"), []byte(`{"seq":9000,"kind":"received"}`))
	reflect(asleep.Identity.Status(), []byte(`{"v":1,"instance":"forged"}`))
	entry, err := json.Marshal(map[string]any{"site": "lab", "board": "lamp", "key": "forged", "revoked": time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	reflect("$KV."+hub.Boards+"."+b.Key(), entry)
	const last = "after the attack\n"
	if _, err := io.WriteString(p.peer, last); err != nil {
		t.Fatal(err)
	}
	p.finish(t)
	var sent, received, wrong string
	for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
		switch {
		case err != nil:
			wrong = err.Error()
		case e.Kind == sockeye.Sent:
			sent += string(e.Data)
		case e.Kind == sockeye.Received:
			received += string(e.Data)
		}
	}
	if want := "Hello 01Studio!" + last; sent != want || received != last || !strings.Contains(wrong, "copy") {
		t.Errorf("the board sent %q and received %q, want %q and %q; what was wrong: %s", sent, received, want, last, wrong)
	}
	if list := h.ask(t, "ls", "--json"); strings.Contains(list, "forged") || strings.Contains(list, "revoked") || !strings.Contains(list, `"lamp"`) || isAlive(t, h, "asleep") {
		t.Errorf("the boards are %s", list)
	}
}

// T61: a stolen board can write and read what is its own, and nothing else: not the events of
// others, not the stream, not the hub's own subjects.
func TestStolenBoard(t *testing.T) {
	h := startHub(t)
	id, err := hub.Join(t.Context(), t.TempDir(), h.enrol(t, "plant/stolen"))
	if err != nil {
		t.Fatal(err)
	}
	other := hub.BoardID{Site: "plant", Name: "other"}
	admin := h.connect(t)
	if _, err := admin.Request(other.Events("s1"), []byte("secret\n"), patience); err != nil { // JetStream acknowledges
		t.Fatal(err)
	}
	denied := make(chan string, 100)
	conn, err := hub.Dial(t.Context(), id.Credentials(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err.Error() })
	if m, err := conn.Request(id.LastMessage(), nil, patience); err != nil || m.Header.Get("Status") != "404" {
		t.Fatalf("its own last message: %v, %v", m, err)
	}
	for _, subject := range []string{
		other.Events("s1"), other.Status(), id.SendSubject(), other.SendSubject(), hub.EnrolSubject("x"), "sockeye.hub.boards",
		other.LastMessage(), "$JS.API.DIRECT.GET.SOCKEYE", "$JS.API.STREAM.INFO.SOCKEYE", "$JS.API.STREAM.MSG.GET.SOCKEYE",
		"$JS.API.STREAM.PURGE.SOCKEYE", "$JS.API.CONSUMER.CREATE.SOCKEYE", "$KV.SOCKEYE_BOARDS.plant.other", "$SYS.REQ.CLAIMS.UPDATE",
	} {
		if err := conn.PublishRequest(subject, conn.NewRespInbox(), []byte(`{"seq":1}`)); err != nil {
			t.Fatal(err)
		}
		if err := conn.Flush(); err != nil {
			t.Fatal(err)
		}
		expectDenied(t, denied, "publish to "+subject)
	}
	for _, subject := range []string{"sockeye.>", ">", other.Events(""), other.SendSubject(), "_INBOX.>", "$JS.EVENT.>", hub.EnrolSubject("*")} {
		if _, err := conn.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		if err := conn.Flush(); err != nil {
			t.Fatal(err)
		}
		expectDenied(t, denied, "subscribe to "+subject)
	}
	if _, err := nats.Connect("tls://"+h.addr, nats.Secure(), nats.TLSHandshakeFirst(), nats.Timeout(2*time.Second)); err == nil {
		t.Error("somebody without credentials is let in")
	}
	wrong := id.Credentials()
	wrong.Pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	if _, err := hub.Dial(t.Context(), wrong, nil); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("another hub's certificate is trusted: %v", err)
	}
}

func expectDenied(t *testing.T, denied <-chan string, what string) {
	t.Helper()
	select {
	case text := <-denied:
		if !strings.Contains(strings.ToLower(text), "permissions violation") {
			t.Errorf("%s: %s", what, text)
		}
	case <-time.After(patience):
		t.Errorf("%s is allowed", what)
	}
}
