package api

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// board connects to a session and says hello.
func board(t *testing.T, s Session) net.Conn {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.Locals[0])
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	io.WriteString(c, "Hello 01Studio!")
	return c
}

// follow reads the live feed until a line satisfies want.
func (v *served) follow(want func(Live) bool) Live {
	v.t.Helper()
	r := v.request("GET", "/api/v1/live", nil)
	resp, err := (checked{v.t}).RoundTrip(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line Live
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			v.t.Fatal(err)
		}
		if want(line) {
			return line
		}
	}
	v.t.Fatalf("the feed ended: %v", lines.Err())
	return Live{}
}

// The whole experiment over the API.
func TestExperiment(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s)
	v.follow(func(l Live) bool {
		return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == 15 && l.Peers[0].State == "connected"
	})
	peers := ask[Peers](v, "GET", "/api/v1/sessions/s1/peers", nil).Peers
	if len(peers) != 1 || peers[0].Remote != b.LocalAddr().String() {
		t.Fatalf("%+v", peers)
	}
	sent := ask[SendResults](v, "POST", "/api/v1/sessions/s1/send", Send{All: true, Payload: &Payload{Kind: "text", Text: `hi\x00`, Escapes: true, LineEnding: "crlf"}})
	if diff := cmp.Diff(SendResults{Results: []SendResult{{Peer: 1, Bytes: 5}}, Data: []byte("hi\x00\r\n")}, sent); diff != "" {
		t.Error(diff)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(b, got); err != nil || string(got) != "hi\x00\r\n" {
		t.Errorf("%q, %v", got, err)
	}
	if p := ask[Peer](v, "PATCH", "/api/v1/sessions/s1/peers/1", SetPeer{Alias: new("kitchen")}); p.Alias != "kitchen" {
		t.Errorf("%+v", p)
	}
	if p := ask[Peer](v, "POST", "/api/v1/sessions/s1/peers/1/abort", nil); p.State != "gone" {
		t.Errorf("%+v", p)
	}
	events := ask[Events](v, "GET", "/api/v1/events?session=s1", nil)
	var kinds []string
	for _, e := range events.Events {
		kinds = append(kinds, e.Kind)
	}
	if diff := cmp.Diff("opened joined received sent left", strings.Join(kinds, " ")); diff != "" || !events.Done {
		t.Error(diff, events.Done)
	}
	if got := events.Events[2]; string(got.Data) != "Hello 01Studio!" || *got.Bytes != 15 || got.Alias != "kitchen" {
		t.Errorf("%+v", got)
	}
	closed := ask[Session](v, "DELETE", "/api/v1/sessions/s1", nil)
	if closed.State != "closed" || closed.Reason != "local" || closed.ReceivedBytes != 15 || closed.SentBytes != 5 {
		t.Errorf("%+v", closed)
	}
	if n := len(ask[Sessions](v, "GET", "/api/v1/sessions", nil).Sessions); n != 1 {
		t.Errorf("%d sessions are listed, want the closed one", n)
	}
	ask[Session](v, "DELETE", "/api/v1/sessions/s1", nil)
	if n := len(ask[Sessions](v, "GET", "/api/v1/sessions", nil).Sessions); n != 0 {
		t.Errorf("%d sessions are listed, want none", n)
	}
	v.failing(404, "GET", "/api/v1/sessions/s1", nil)
}

// The page, the shell and files mean the same by a payload: the core encodes it.
func TestPayload(t *testing.T) {
	v := serve(t)
	for _, c := range []struct {
		in   Payload
		want string
	}{
		{Payload{Kind: "text", Text: `a\n`}, `a\n`},
		{Payload{Kind: "text", Text: `a\n`, Escapes: true}, "a\n"},
		{Payload{Kind: "text", Text: "中", Charset: "gbk", LineEnding: "crlf"}, "\xd6\xd0\r\n"},
		{Payload{Kind: "hex", Text: "01 03 00 00 00 0A", Checksum: &Checksum{Name: "crc16modbus"}}, "\x01\x03\x00\x00\x00\x0a\xc5\xcd"},
		{Payload{Kind: "hex", Text: "01 03 00 00 00 0A", Checksum: &Checksum{Name: "crc16modbus", Order: "big"}}, "\x01\x03\x00\x00\x00\x0a\xcd\xc5"},
		{Payload{Kind: "text", Text: "n{{seq}}", Escapes: true}, "n1"},
	} {
		if got := ask[Encoded](v, "POST", "/api/v1/payload", c.in); string(got.Data) != c.want || got.Bytes != len(c.want) {
			t.Errorf("%+v: %q", c.in, got.Data)
		}
	}
	for _, bad := range []Payload{{}, {Kind: "x"}, {Kind: "hex", Text: "0g"}, {Kind: "text", Charset: "klingon"}, {Kind: "text", LineEnding: "x"},
		{Kind: "text", Checksum: &Checksum{Name: "x"}}, {Kind: "text", Checksum: &Checksum{Name: "sum8", Order: "x"}}, {Kind: "text", Checksum: &Checksum{Name: "sum8", From: -1}}} {
		if f := v.failing(400, "POST", "/api/v1/payload", bad); f.Message == "" {
			t.Errorf("%+v: %+v", bad, f)
		}
	}
}

// A payload that counts goes on counting from one request to the next, runs
// included.
func TestPayloadsCount(t *testing.T) {
	v := serve(t)
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	b := board(t, s)
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].State == "connected" })
	counting := &Payload{Kind: "text", Text: "no. {{seq}}", Escapes: true}
	for _, want := range []string{"no. 1", "no. 2"} {
		sent := ask[SendResults](v, "POST", "/api/v1/sessions/s1/send", Send{All: true, Payload: counting})
		if string(sent.Data) != want {
			t.Errorf("%q was sent, want %q", sent.Data, want)
		}
	}
	ask[Run](v, "POST", "/api/v1/sessions/s1/runs", StartRun{All: true, Payload: counting, EveryMS: 1, Times: 2})
	const want = "no. 1no. 2no. 3no. 4"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(b, got); err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
}
