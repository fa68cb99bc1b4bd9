package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"sockeye"
	"sockeye/internal/hub"
)

// T63: a request that is delivered again, as a stream or a client that connects anew may do,
// sends once; each copy is answered as the first was. Another id is another request.
func TestRedeliveredRequests(t *testing.T) {
	h := startHub(t)
	p := startPlayer(t, h.enrol(t, "lab/lamp"), "--hub-send")
	conn := h.connect(t)
	b := hub.BoardID{Site: "lab", Name: "lamp"}
	await(t, "the board publishes", func() bool { return lastOf(conn, b) >= 2 })
	ask := func(id, text string) string {
		t.Helper()
		request, err := json.Marshal(hub.SendRequest{ID: id, Data: []byte(text), Expires: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		m, err := conn.Request(b.SendSubject(), request, patience)
		if err != nil {
			t.Fatal(err)
		}
		return string(m.Data)
	}
	for n := range 5 {
		for range 20 {
			if got := ask(fmt.Sprint("request-", n), "toggle\n"); !strings.Contains(got, `"delivered"`) {
				t.Fatalf("answered with %s", got)
			}
		}
	}
	if got := ask(strings.Repeat("x", 65), "never"); !strings.Contains(got, `"refused"`) {
		t.Errorf("an id without end is answered with %s", got)
	}
	ask("the last", "!")
	p.finish(t)
	await(t, "everything is published", func() bool { return lastOf(conn, b) >= p.events(t) })
	const hello = "Hello 01Studio!" // as every board of the experiment begins
	if got, want := sentBy(t, conn, b), hello+strings.Repeat("toggle\n", 5)+"!"; got != want {
		t.Errorf("the board sent %q, want %q", got, want)
	}
}

// sentBy is all that a board has sent.
func sentBy(t *testing.T, conn *nats.Conn, b hub.BoardID) string {
	t.Helper()
	var all []byte
	for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == sockeye.Sent {
			all = append(all, e.Data...)
		}
	}
	return string(all)
}

// T63: when a request is too late is told by the board's own clock, which may be hours off.
func TestRequestsExpireByTheClockOfTheBoard(t *testing.T) {
	h := startHub(t)
	for name, ahead := range map[string]time.Duration{"early": time.Hour, "late": -30 * 365 * 24 * time.Hour, "right": 0} {
		s := steal(t, h, "lab/"+name)
		var expires atomic.Pointer[time.Time]
		if _, err := s.Subscribe(s.SendSubject(), func(m *nats.Msg) {
			var r hub.SendRequest
			if json.Unmarshal(m.Data, &r) == nil {
				expires.Store(&r.Expires)
			}
			m.Respond([]byte(`{"result":"delivered","peers":1}`))
		}); err != nil {
			t.Fatal(err)
		}
		s.says(t, hub.BoardStatus{V: 1, Instance: "x", Time: time.Now().Add(ahead)})
		await(t, "the hub knows the board", func() bool { return isAlive(t, h, name) })
		s.says(t, hub.BoardStatus{V: 1, Instance: "x", Time: time.Now().Add(ahead)})
		before := time.Now()
		h.ask(t, "send", "--wait", "10m", "lab/"+name, "x")
		at := expires.Load()
		if at == nil {
			t.Fatalf("%s was not asked", name)
		}
		if left := at.Sub(before.Add(ahead)); left < 10*time.Minute-patience || left > 10*time.Minute+patience {
			t.Errorf("%s: it expires in %v by its clock, want 10m", name, left)
		}
	}
}

// T64: a board that was stolen floods the hub, sends what is too large, lies about names and
// times, and writes what is no event. The hub keeps little of it and shows none of its escapes;
// another board's events come, and can be read, as if it were not there.
func TestHostileBoard(t *testing.T) {
	h := startHub(t)
	s := steal(t, h, "plant/stolen")
	p := startPlayer(t, h.enrol(t, "plant/honest"))
	conn, b := h.connect(t), hub.BoardID{Site: "plant", Name: "honest"}
	await(t, "the honest board publishes", func() bool { return lastOf(conn, b) >= 2 })
	before := memoryOf(t, h.cmd.Process.Pid, "VmRSS:")

	over, flooded := make(chan struct{}), make(chan int, 1)
	go func() {
		junk, n := bytes.Repeat([]byte("no event\n"), 100<<10/9), 0
		for ; n < 50; n++ { // 5 MB, each with a session of its own
			select {
			case <-over:
			default:
				s.PublishMsg(&nats.Msg{Subject: s.Events(fmt.Sprint("s", n)), Header: nats.Header{"Sockeye-Version": {"1"}}, Data: junk})
			}
		}
		flooded <- n
	}()
	var many hub.BoardStatus
	for n := range 20_000 {
		many.Sessions = append(many.Sessions, hub.StatusSession{ID: fmt.Sprint("s", n), Address: "tcp://[::1]:1"})
	}
	for n := range 5 { // 1 MB each
		many.Instance = fmt.Sprint(n)
		s.says(t, many)
	}
	for n := range 500 {
		s.Publish(s.Identity.Status(), fmt.Appendf(nil, `{"v":1,"instance":"%d","time":"9999-12-31T23:59:59Z","version":"%s"}`, n, `\u001b]0;owned\u0007`+strings.Repeat("v", 10_000)))
	}
	if err := s.Publish(s.Events("s1"), make([]byte, 9<<20)); err == nil { // more than a message may have
		if err := s.Flush(); err == nil {
			t.Error("a message of 9 MiB is taken")
		}
	}
	if _, err := p.peer.Write([]byte("honest\n")); err != nil {
		t.Fatal(err)
	}
	await(t, "the honest board's echo is in the hub", func() bool { return lastOf(conn, b) >= 4 })
	close(over)
	<-flooded
	s.Flush()
	grown := memoryOf(t, h.cmd.Process.Pid, "VmRSS:") - before
	t.Logf("the hub has grown by %d MiB", grown>>10)
	if grown > 400<<10 {
		t.Errorf("the hub has grown by %d MiB", grown>>10)
	}
	for _, args := range [][]string{{"ls"}, {"ls", "--json"}} {
		if out := h.ask(t, args...); strings.ContainsRune(out, 0x1b) || len(out) > 4000 || !strings.Contains(out, "honest") {
			t.Errorf("%q prints %d bytes: %.2000q", args, len(out), out)
		}
	}
	p.finish(t)
	await(t, "everything is published", func() bool { return lastOf(conn, b) >= p.events(t) })
	var received []byte
	var wrong error
	for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{}) {
		if err != nil {
			wrong = err
			break
		}
		if e.BoardID == b && e.Kind == sockeye.Received {
			received = append(received, e.Data...)
		}
	}
	if string(received) != "honest\n" {
		t.Errorf("of the honest board the stream of all has %q", received)
	}
	if e := sockeye.ErrorOf(wrong); e == nil || e.Target != "plant/stolen" || !strings.Contains(e.Hint.En, "revoke") {
		t.Errorf("what the other one wrote is told as %v", wrong)
	}
}

// memoryOf is the memory that a process has, or had, in KiB, as /proc calls it.
func memoryOf(t *testing.T, pid int, name string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no %s", name)
	return 0
}

// T65: whoever has taken the hub over can have a board do nothing that it was not started for.
// Without --hub-send it sends nothing, whatever a request says; with it, only what is asked for
// by sessions that it has open itself. There is nothing else that it would hear: no command, no
// file, no target, no way to allow more.
func TestHubTakenOver(t *testing.T) {
	h := startHub(t)
	closed, open := startPlayer(t, h.enrol(t, "lab/closed")), startPlayer(t, h.enrol(t, "lab/open"), "--hub-send")
	conn := h.connect(t)
	boards := map[string]*player{"closed": closed, "open": open}
	for name := range boards {
		await(t, name+" publishes", func() bool { return lastOf(conn, hub.BoardID{Site: "lab", Name: name}) >= 2 })
	}
	later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, c := range []struct{ request, closed, open string }{
		{`{"data":"aGk=","expires":"` + later + `"}`, "refused", "delivered"},
		{`{"data":"aGk=","expires":"` + later + `","allow_send":true,"sends":true,"policy":{"send":true}}`, "refused", "delivered"},
		{`{"session":"s2","data":"aGk=","expires":"` + later + `"}`, "refused", "refused"},
		{`{"session":"s1","peers":[99],"data":"aGk=","expires":"` + later + `"}`, "refused", "refused"},
		{`{"session":"../../etc","data":"aGk=","expires":"` + later + `"}`, "refused", "refused"},
		{`{"session":"s1","to":"192.0.2.1:80","address":"tcp://192.0.2.1:80","data":"","expires":"` + later + `"}`, "refused", "refused"},
		{`{"exec":["touch","/owned"],"file":"/owned","expires":"` + later + `"}`, "refused", "refused"},
		{`{"data":"aGk=","expires":"2001-01-01T00:00:00Z"}`, "refused", "expired"},
		{`{"data":"aGk="}`, "refused", "expired"},
		{`[]`, "refused", "refused"},
		{strings.Repeat("[", 100_000), "refused", "refused"},
	} {
		for name, want := range map[string]string{"closed": c.closed, "open": c.open} {
			m, err := conn.Request(hub.BoardID{Site: "lab", Name: name}.SendSubject(), []byte(c.request), patience)
			if err != nil {
				t.Fatal(err)
			}
			var reply hub.SendReply
			if json.Unmarshal(m.Data, &reply) != nil || string(reply.Result) != want || want == "refused" && (reply.Error == nil || reply.Error.Message.Zh == "") {
				t.Errorf("%s answers %.200q with %s, want %s", name, c.request, m.Data, want)
			}
		}
	}
	for _, rest := range []string{"exec", "config", "policy", "file", "open", "update"} {
		if m, err := conn.Request("sockeye.lab.open."+rest, []byte(`{}`), patience); err == nil {
			t.Errorf("the board answers on %s: %s", rest, m.Data)
		}
	}
	for name, want := range map[string]string{"closed": "", "open": "hihi"} {
		b := hub.BoardID{Site: "lab", Name: name}
		boards[name].finish(t)
		await(t, "everything is published", func() bool { return lastOf(conn, b) >= boards[name].events(t) })
		if got := strings.TrimPrefix(sentBy(t, conn, b), "Hello 01Studio!"); got != want {
			t.Errorf("%s sent %q, want %q", name, got, want)
		}
	}
}
