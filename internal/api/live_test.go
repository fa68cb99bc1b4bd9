package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/api/access"
	"sockeye/internal/core"
)

// feedReader reads lines of the live feed one by one.
type feedReader struct {
	t     testing.TB
	lines *bufio.Scanner
	close func() error
}

func (v *served) feed(path string) *feedReader {
	v.t.Helper()
	resp, err := (checked{v.t}).RoundTrip(v.request("GET", path, nil))
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return &feedReader{v.t, lines, resp.Body.Close}
}

func (f *feedReader) next() Live {
	f.t.Helper()
	var line Live
	if !f.lines.Scan() {
		f.t.Fatalf("the feed ended: %v", f.lines.Err())
	}
	if err := json.Unmarshal(f.lines.Bytes(), &line); err != nil {
		f.t.Fatal(err)
	}
	return line
}

// known is what a reader of the feed knows after some lines.
type known struct {
	sessions map[string]Session
	peers    map[uint64]Peer
	ended    bool
}

func (k *known) hear(l Live) {
	for _, s := range l.Sessions {
		k.sessions[s.ID] = s
	}
	for _, p := range l.Peers {
		k.peers[p.ID] = p
	}
	for _, id := range l.Closed {
		delete(k.sessions, id)
	}
	k.ended = l.Ended
}

// The first line tells what there is; later ones what has changed: counters,
// aliases, who leaves, what closes, what is forgotten. The last says that it is.
func TestLiveTellsChanges(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0", Options: &Options{}})
	b := board(t, s)
	f := v.feed("/api/v1/live")
	k := known{map[string]Session{}, map[uint64]Peer{}, false}
	first := f.next()
	if len(first.Sessions) != 1 || first.Sessions[0].ID != "s1" || first.Recording == nil || first.Recording.State != "off" {
		t.Fatalf("the first line is %+v", first)
	}
	k.hear(first)
	for _, step := range []struct {
		name string
		want func() bool
		then func()
	}{
		{"hello", func() bool { return k.peers[1].ReceivedBytes == 15 && k.sessions["s1"].ReceivedBytes == 15 }, func() {
			ask[Peer](v, "PATCH", "/api/v1/sessions/s1/peers/1", SetPeer{Alias: new("kitchen")})
		}},
		{"alias", func() bool { return k.peers[1].Alias == "kitchen" }, func() { b.Close() }},
		{"gone", func() bool { return k.peers[1].State == sockeye.Gone && k.sessions["s1"].Peers == 0 }, func() {
			ask[Session](v, "DELETE", "/api/v1/sessions/s1", nil)
		}},
		{"closed", func() bool { return k.sessions["s1"].State == "closed" }, func() { ask[Session](v, "DELETE", "/api/v1/sessions/s1", nil) }},
		{"forgotten", func() bool { return len(k.sessions) == 0 }, func() { v.Server.cancel() }},
		{"ended", func() bool { return k.ended }, func() {}},
	} {
		for !step.want() {
			k.hear(f.next())
		}
		step.then()
	}
	if f.lines.Scan() {
		t.Errorf("after the last line: %s", f.lines.Text())
	}
}

// A reader that comes back later is told how much it can no longer read.
func TestLiveGap(t *testing.T) {
	v := serve(t, func(o *Config) { o.Bench = core.New(64 << 10) })
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s)
	f := v.feed("/api/v1/live")
	line := f.next()
	for len(line.Peers) == 0 || line.Peers[0].ReceivedBytes < 15 {
		line = f.next()
	}
	f.close()
	go b.Write(make([]byte, 4<<20))
	for ask[Events](v, "GET", "/api/v1/events?limit=1", nil).Oldest <= line.Next {
		time.Sleep(time.Millisecond)
	}
	again := v.feed(fmt.Sprintf("/api/v1/live?from=%d", line.Next)).next()
	if again.Gap == nil || again.Gap.Events != again.Oldest-line.Next {
		t.Errorf("told up to %d, the oldest is %d, gap %+v", line.Next, again.Oldest, again.Gap)
	}
}

// F49: a page that is frozen and does not read costs the core and other pages nothing:
// traffic goes on, and in the end it is cut.
func TestFrozenPage(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = access.Limits{Header: time.Second, Idle: time.Second, Body: time.Second, BodyRate: 1 << 20, Write: 100 * time.Millisecond, Connections: 100}
	})
	for range 40 { // long lines, so that the sockets' buffers are soon full
		ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	}
	frozen, err := net.Dial("tcp", v.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Close()
	io.WriteString(frozen, "GET /api/v1/live HTTP/1.1\r\nHost: "+v.addr+"\r\nAuthorization: Bearer "+v.token+"\r\n\r\n")
	s := ask[Session](v, "GET", "/api/v1/sessions/s1", nil)
	b := board(t, s)
	if _, err := b.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	v.follow(func(l Live) bool {
		return len(l.Sessions) > 0 && l.Sessions[0].ReceivedBytes == 1<<20+15
	})
}

// T08: nothing that a run leaves behind has a secret in it: recordings, exports, the
// journal, errors, the environment, the command line.
func TestSecretsStayInside(t *testing.T) {
	v := serve(t)
	ticket := v.NewTicket().Ticket
	login := func() (int, string) {
		r := v.request("POST", "/api/v1/login", Login{Ticket: ticket})
		r.Header.Del("Authorization")
		return v.do(r)
	}
	_, text := login()
	var token Token
	if err := json.Unmarshal([]byte(text), &token); err != nil || token.Token == "" {
		t.Fatal(text, err)
	}
	_, again := login()
	ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{On: true, Path: "run"})
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	board(t, s)
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 15 })
	ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{})
	_, export := v.do(v.request("GET", "/api/v1/export?format=jsonl", nil))
	_, machine := v.do(v.request("GET", "/api/v1/machine", nil))
	left := []string{again, export, machine, strings.Join(os.Environ(), "\n"), strings.Join(os.Args, "\n")}
	if status, err := os.ReadFile("/proc/self/cmdline"); err == nil {
		left = append(left, string(status))
	}
	files := 0
	filepath.WalkDir(v.o.Recordings, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			text, _ := os.ReadFile(path)
			left = append(left, string(text))
			files++
		}
		return nil
	})
	if files == 0 {
		t.Error("nothing was recorded")
	}
	for _, secret := range []string{ticket, token.Token, v.token, v.ShellToken()} {
		for i, text := range left {
			if strings.Contains(text, secret) {
				t.Errorf("a secret is in what was left (%d): %.100q", i, text)
			}
		}
	}
}

// When all places are held by those with a credential, others are turned away, and who
// comes later is let in again.
func TestConnectionLimit(t *testing.T) {
	v := serve(t, func(o *Config) {
		o.limits = access.Limits{Header: 30 * time.Second, Idle: 30 * time.Second, Body: time.Second, BodyRate: 1, Write: time.Second, Connections: 3}
	})
	var held []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", v.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET /api/v1/machine HTTP/1.1\r\nHost: "+v.addr+"\r\nAuthorization: Bearer "+v.token+"\r\n\r\n")
		if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || resp.StatusCode != 200 {
			t.Fatal(resp, err)
		}
		held = append(held, c)
	}
	if _, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(v.request("GET", "/healthz", nil)); err == nil {
		t.Error("a fourth connection was served")
	}
	held[0].Close()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(v.request("GET", "/healthz", nil)); err == nil {
			break
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
