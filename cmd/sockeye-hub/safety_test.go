package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"sockeye"
	"sockeye/internal/hub"
)

// T62: a code is traded once, by one key; whoever comes later, with a part of it, or with
// something else, is told why, and so is the hub.
func TestCodes(t *testing.T) {
	h := startHub(t)
	code := h.enrol(t, "plant/press-1")
	home := t.TempDir()
	id, err := hub.Join(t.Context(), home, code)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := hub.Join(t.Context(), home, code); err != nil || again.Seed != id.Seed || again.JWT != id.JWT {
		t.Errorf("the same code on the same machine is another identity: %v", err)
	}
	if named, err := hub.Join(t.Context(), home, "plant/press-1"); err != nil || named.Seed != id.Seed {
		t.Errorf("the board is not found by its name: %v", err)
	}
	short := h.enrol(t, "plant/press-2", "--expires", "1s")
	parsed, err := hub.ParseCode(short)
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the code expires", func() bool { return time.Now().After(parsed.Expires()) })
	for name, c := range map[string]struct {
		word string
		kind sockeye.ErrorKind
		says string
	}{
		"used":           {code, sockeye.AccessDenied, "used already"},
		"expired":        {short, sockeye.AccessDenied, "expired at"},
		"cut short":      {code[:len(code)-20], sockeye.Invalid, "not all of it"},
		"not enrolled":   {"plant/nobody", sockeye.NotFound, "no such board"},
		"no name at all": {"Plant Nobody", sockeye.Invalid, "not the name of a board"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := hub.Join(t.Context(), t.TempDir(), c.word)
			if e := sockeye.ErrorOf(err); e == nil || e.Kind != c.kind || !strings.Contains(e.Error(), c.says) || e.Hint.IsZero() {
				t.Errorf("got %v (%+v)", err, e)
			}
		})
	}
	await(t, "the server lets the code in no more", func() bool { _, err := parsedDial(t, parsed); return err != nil })
	await(t, "the hub says that a code was refused", func() bool { return strings.Contains(h.errs.String(), "a code was refused") })
}

// T62: of many boards that trade one code at the same moment one is enrolled; the others
// are told that it was used. SOCKEYE_BOARDS says how many.
func TestOneCodeForManyBoards(t *testing.T) {
	h := startHub(t)
	code := h.enrol(t, "plant/press-1")
	usual := 100
	if os.Getenv("CI") == "true" {
		usual = 1000
	}
	boards := setting("SOCKEYE_BOARDS", usual)
	var enrolled atomic.Int32
	var all sync.WaitGroup
	start := make(chan struct{})
	for range boards {
		home := t.TempDir()
		all.Go(func() {
			<-start
			for until := time.Now().Add(patience); ; { // a hub that has too much to do at once hangs up
				_, err := hub.Join(t.Context(), home, code)
				switch e := sockeye.ErrorOf(err); {
				case err == nil:
					enrolled.Add(1)
				case e.Kind != sockeye.AccessDenied && time.Now().Before(until):
					continue
				case e.Kind != sockeye.AccessDenied || e.Hint.IsZero():
					t.Errorf("got %v (%+v)", err, e)
				}
				return
			}
		})
	}
	close(start)
	all.Wait()
	if n := enrolled.Load(); n != 1 {
		t.Errorf("%d of %d boards are enrolled", n, boards)
	}
}

// parsedDial connects with what a code permits.
func parsedDial(t *testing.T, c hub.Code) (*nats.Conn, error) {
	t.Helper()
	key, err := c.Key()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := hub.Dial(t.Context(), hub.Credentials{URLs: c.URLs, Pin: c.Pin, Seed: c.Seed, JWT: c.JWT, Inbox: hub.EnrolInbox(key)}, nil)
	if conn != nil {
		t.Cleanup(conn.Close)
	}
	return conn, err
}

// A hub of before the registry had an account of its own keeps its boards: they are moved when it starts.
func TestRegistryIsMoved(t *testing.T) {
	h := startHub(t)
	conn := h.connect(t)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	old, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: hub.Boards})
	if err != nil {
		t.Fatal(err)
	}
	h.enrol(t, "lab/new")
	steal(t, h, "lab/both")
	for name, label := range map[string]string{"old": "earlier", "both": "not this one"} {
		entry := fmt.Sprintf(`{"site":"lab","board":%q,"key":"U","labels":{"is":%q},"since":"2026-01-31T09:30:15Z"}`, name, label)
		if _, err := old.Create(t.Context(), "lab."+name, []byte(entry)); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	h.kill()
	h.restart(t)
	list := h.ask(t, "ls", "--json")
	if !strings.Contains(list, `"old"`) || !strings.Contains(list, "earlier") || !strings.Contains(list, `"both"`) || strings.Contains(list, "not this one") {
		t.Errorf("the boards are %s", list)
	}
	if js, err = jetstream.New(h.connect(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := js.KeyValue(t.Context(), hub.Boards); !errors.Is(err, jetstream.ErrBucketNotFound) {
		t.Errorf("the bucket of the boards' account: %v, want none", err)
	}
}

// Who is revoked is cut off at once and never let in again; a new code gives the board a
// new key, and its old one is worth nothing.
func TestRevoke(t *testing.T) {
	h := startHub(t)
	home := t.TempDir()
	id, err := hub.Join(t.Context(), home, h.enrol(t, "desk-1"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := hub.Dial(t.Context(), id.Credentials(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	h.ask(t, "revoke", "desk-1")
	await(t, "the connection is closed", conn.IsClosed)
	_, err = hub.Dial(t.Context(), id.Credentials(), nil)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.AccessDenied || e.Hint.IsZero() {
		t.Errorf("a revoked board is told %v", err)
	}
	await(t, "the hub says who was not let in", func() bool { return strings.Contains(h.errs.String(), "was not let in") })
	if _, err := h.try("revoke", "desk-2"); err == nil || !strings.Contains(err.Error(), "no such board is enrolled") {
		t.Errorf("revoking nobody: %v", err)
	}
	fresh, err := hub.Join(t.Context(), home, h.enrol(t, "desk-1"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := hub.Dial(t.Context(), fresh.Credentials(), nil)
	if err != nil {
		t.Fatalf("enrolled anew, it is not let in: %v", err)
	}
	again.Close()
	h.kill()
	h.restart(t) // who is revoked stays so
	if _, err := hub.Dial(t.Context(), id.Credentials(), nil); err == nil {
		t.Error("after a restart the old key is let in")
	}
}

// One process at a time has a hub's directory, and a command without a hub says so.
func TestOneHub(t *testing.T) {
	h := startHub(t)
	if _, err := h.try("--listen", "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "another hub uses this directory") {
		t.Errorf("a second hub: %v", err)
	}
	nobody := &hubProcess{home: t.TempDir()}
	if _, err := nobody.try("ls"); err == nil || !strings.Contains(err.Error(), "no hub keeps its keys there") {
		t.Errorf("without a hub: %v", err)
	}
}

// sent is what "hub send --json" tells of one board.
type sent struct {
	Site, Board, Result string
	Peers               int
}

// T63, T65: the boards that are named, have a label, or all, send; each is answered for. A board that
// does not allow it sends nothing, and none sends what comes too late.
func TestSend(t *testing.T) {
	h := startHub(t)
	willing := startPlayer(t, h.enrol(t, "lab/willing", "--label", "kind=lamp"), "--hub-send")
	startPlayer(t, h.enrol(t, "lab/unwilling", "--label", "kind=lamp"))
	if _, err := hub.Join(t.Context(), t.TempDir(), h.enrol(t, "lab/away")); err != nil {
		t.Fatal(err)
	}
	conn := h.connect(t)
	for _, name := range []string{"willing", "unwilling"} {
		await(t, name+" has published that its peer joined", func() bool { return lastOf(conn, hub.BoardID{Site: "lab", Name: name}) >= 2 })
	}
	send := func(args ...string) []sent {
		out, _ := h.try(append([]string{"send", "--json", "--wait", "1s"}, args...)...) // exits 1 unless all are delivered
		var got []sent
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatalf("send %q printed %q", args, out)
		}
		return got
	}
	for _, c := range []struct {
		args []string
		want []sent
	}{
		{[]string{"lab/willing", `led on\n`}, []sent{{"lab", "willing", "delivered", 1}}},
		{[]string{"--label", "kind=lamp", "x"}, []sent{{"lab", "unwilling", "refused", 0}, {"lab", "willing", "delivered", 1}}},
		{[]string{"--all", "--hex", "30"}, []sent{{"lab", "away", "away", 0}, {"lab", "unwilling", "refused", 0}, {"lab", "willing", "delivered", 1}}},
		{[]string{"--session", "s9", "lab/willing", "x"}, []sent{{"lab", "willing", "refused", 0}}},
	} {
		if diff := cmp.Diff(c.want, send(c.args...)); diff != "" {
			t.Errorf("send %q (-want +got):\n%s", c.args, diff)
		}
	}
	const all = "led on\nx0"
	await(t, "the peer has all of it", func() bool { return willing.echoed.Load() >= int64(len(all)) })
	ask, err := json.Marshal(hub.SendRequest{Data: []byte("late"), Expires: time.Now().Add(-time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	m, err := conn.Request(hub.BoardID{Site: "lab", Name: "willing"}.SendSubject(), ask, patience)
	if err != nil || !strings.Contains(string(m.Data), `"expired"`) {
		t.Errorf("a request that is too late: %s, %v", m.Data, err)
	}
}

// "hub ls" tells who is alive, and what is known of who is not.
func TestList(t *testing.T) {
	h := startHub(t)
	p := startPlayer(t, h.enrol(t, "lab/one", "--label", "room=2"))
	h.enrol(t, "lab/never") // a code alone enrols nobody
	type board struct {
		Site, Board string
		Labels      map[string]string
		Alive       bool
		Status      *struct{ Acknowledged, Lag uint64 }
	}
	list := func(args ...string) (got []board) {
		if err := json.Unmarshal([]byte(h.ask(t, append([]string{"ls", "--json"}, args...)...)), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	await(t, "the board is alive", func() bool {
		got := list()
		return len(got) == 1 && got[0].Board == "one" && got[0].Alive && got[0].Labels["room"] == "2" && got[0].Status.Acknowledged >= 2 && got[0].Status.Lag == 0
	})
	if got := list("--label", "room=3"); len(got) != 0 {
		t.Errorf("another label: %+v", got)
	}
	p.finish(t)
	await(t, "the board is away", func() bool { got := list(); return len(got) == 1 && !got[0].Alive })
}

// A device that measures publishes what it sends, as every other command does.
func TestMeasuringDevice(t *testing.T) {
	h := startHub(t)
	startPlayer(t, h.enrol(t, "lab/meter"), "--simulate", "sine", "--every", "50ms")
	conn := h.connect(t)
	b := hub.BoardID{Site: "lab", Name: "meter"}
	await(t, "rows are published", func() bool {
		for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
			if err == nil && e.Kind == sockeye.Sent && bytes.Contains(e.Data, []byte("seq=2 ")) {
				return true
			}
		}
		return false
	})
}

// F62: two programs with one key: the one that was first stops, says so, and mixes nothing.
func TestTwoPrograms(t *testing.T) {
	h := startHub(t)
	code := h.enrol(t, "lab/twin")
	first := startPlayer(t, code)
	conn := h.connect(t)
	b := hub.BoardID{Site: "lab", Name: "twin"}
	await(t, "the first one publishes", func() bool { return lastOf(conn, b) >= 2 })
	id, err := hub.Join(t.Context(), first.home+"/share", code)
	if err != nil {
		t.Fatal(err)
	}
	thief, err := hub.Dial(t.Context(), id.Credentials(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer thief.Close()
	m := nats.NewMsg(b.Events("s1"))
	m.Header.Set("Sockeye-Last", "99")
	m.Header.Set("Sockeye-Instance", "another")
	if _, err := thief.RequestMsg(m, patience); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	defer close(over)
	go first.play(over)
	await(t, "the board says that there are two", func() bool {
		return strings.Contains(first.errs.String(), "the hub has events up to 99")
	})
	if got := lastOf(conn, b); got != 99 {
		t.Errorf("the first one has published up to %d among the other's", got)
	}
}

// "sockeye log" reads a hub's stream as the recording that the board made: the same events
// with the same numbers, by board, by time, and of all boards together.
func TestLog(t *testing.T) {
	h := startHub(t)
	one, two := startPlayer(t, h.enrol(t, "lab/one")), startPlayer(t, h.enrol(t, "lab/two"))
	conn := h.connect(t)
	for name, p := range map[string]*player{"one": one, "two": two} {
		if _, err := p.peer.Write([]byte("I am " + name + "\n")); err != nil {
			t.Fatal(err)
		}
		await(t, "the echo", func() bool { return p.echoed.Load() > int64(len("I am one")) })
		p.finish(t)
		await(t, "all is published", func() bool { return lastOf(conn, hub.BoardID{Site: "lab", Name: name}) >= p.events(t) })
	}
	log := func(home string, args ...string) string {
		t.Helper()
		cmd := command(home, "sockeye", append([]string{"log", "export", "--format", "json"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("log %q: %v: %s", args, err, out)
		}
		return string(out)
	}
	outbox := one.home + "/share/boards/lab.one/outbox"
	if diff := cmp.Diff(log(one.home, outbox), log(h.home, "hub:lab/one")); diff != "" {
		t.Errorf("the board's recording and the hub's stream differ (-board +hub):\n%s", diff)
	}
	all := log(h.home, "hub:")
	for _, want := range []string{`"session":"lab/one/s1"`, `"session":"lab/two/s1"`} {
		if !strings.Contains(all, want) {
			t.Errorf("all boards: no %s in\n%s", want, all)
		}
	}
	file := t.TempDir() + "/later.pcapng"
	h.ask(t, "export", "lab/one", "--since", time.Now().Add(time.Hour).Format(time.RFC3339), "--to", file)
	if text := log(h.home, file); strings.Contains(text, "received") {
		t.Errorf("events of the future: %s", text)
	}
	if _, err := h.try("export", "lab/one", "--since", "yesterday"); err == nil || !strings.Contains(err.Error(), "is not a time") {
		t.Errorf("a time that is none: %v", err)
	}
}

// The page is served to this machine alone, and whoever may read the hub's directory gets
// one more way in.
func TestPage(t *testing.T) {
	h := startHub(t, "--page", "127.0.0.1:0")
	first := h.line(t)
	ticket := strings.TrimSpace(h.ask(t, "page"))
	base, _, ok := strings.Cut(ticket, "#t=")
	if !ok || !strings.HasPrefix(base, "http://127.0.0.1:") || !strings.HasPrefix(first, "Page: "+base) {
		t.Errorf("page printed %q, the hub %q", ticket, first)
	}
	if r, err := http.Get(base + "healthz"); err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("the page is not served: %v", err)
	}
	for _, at := range []string{"0.0.0.0:0", ":7626", "localhost:1", "here"} {
		p := start(t, t.TempDir(), "sockeye-hub", "--listen", "127.0.0.1:0", "--page", at)
		<-p.ended
		if code := p.cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(p.errs.String(), "--page") {
			t.Errorf("--page %s: exit %d, %s", at, code, p.errs)
		}
	}
	off := startHub(t, "--page", "off")
	if out, err := off.try("page"); err == nil {
		t.Errorf("a hub without a page has %q", out)
	}
}
