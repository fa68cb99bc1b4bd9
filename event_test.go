package sockeye

import (
	"encoding/json"
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The line that the documentation shows. Changing it breaks other people's
// programs.
func TestAppendJSON(t *testing.T) {
	s := &Session{ID: "s1", Endpoint: Endpoint{Mode: Listen, Address: Address{Network: TCP, Port: 10000}}}
	p := &Peer{
		ID: 3, Session: s, Network: "tcp",
		Local:  IPSocketAddr(netip.MustParseAddrPort("127.0.0.1:10000")),
		Remote: ParseSocketAddr("127.0.0.1:54036"),
	}
	at := time.Date(2026, 1, 31, 9, 30, 15, 123456789, time.UTC)
	refused := &Error{Kind: Refused, Op: "connect", Target: "127.0.0.1:1", Errno: "ECONNREFUSED", Err: syscall.ECONNREFUSED}
	for _, test := range []struct {
		name  string
		event Event
		lang  Lang
		want  string
	}{
		{"received", Event{Seq: 7, Time: at, Kind: Received, Session: s, Peer: p, Data: []byte("Hello 01Studio!")}, English,
			`{"v":1,"seq":7,"time":"2026-01-31T09:30:15.123456789Z","session":"s1","kind":"received","network":"tcp","local":"127.0.0.1:10000","peer":"127.0.0.1:54036","peer_id":3,"bytes":15,"data":"SGVsbG8gMDFTdHVkaW8h"}`},
		{"empty datagram", Event{Seq: 8, Time: at, Kind: Received, Session: s, Peer: p}, English,
			`{"v":1,"seq":8,"time":"2026-01-31T09:30:15.123456789Z","session":"s1","kind":"received","network":"tcp","local":"127.0.0.1:10000","peer":"127.0.0.1:54036","peer_id":3,"bytes":0}`},
		{"opened", Event{Seq: 1, Time: at, Kind: Opened, Session: s, Detail: &Detail{Locals: []SocketAddr{p.Local}}}, English,
			`{"v":1,"seq":1,"time":"2026-01-31T09:30:15.123456789Z","session":"s1","kind":"opened","network":"tcp","local":"127.0.0.1:10000"}`},
		{"left", Event{Seq: 9, Time: at, Kind: Left, Session: s, Peer: p, Detail: &Detail{Reason: ReasonEOF}}, English,
			`{"v":1,"seq":9,"time":"2026-01-31T09:30:15.123456789Z","session":"s1","kind":"left","network":"tcp","local":"127.0.0.1:10000","peer":"127.0.0.1:54036","peer_id":3,"reason":"eof"}`},
		{"error", Event{Seq: 2, Time: at, Kind: Failed, Session: s, Detail: &Detail{Err: refused, Retry: 1500 * time.Millisecond}}, Chinese,
			`{"v":1,"seq":2,"time":"2026-01-31T09:30:15.123456789Z","session":"s1","kind":"error","network":"tcp","error":{"kind":"refused","op":"connect","target":"127.0.0.1:1","message":"连接被拒绝：主机在线，但没有程序监听这个端口","errno":"ECONNREFUSED"},"retry_ms":1500}`},
		{"gap", Event{Seq: 10, Time: at, Kind: Gap, Detail: &Detail{Lost: Lost{Events: 3, Bytes: 99}}}, English,
			`{"v":1,"seq":10,"time":"2026-01-31T09:30:15.123456789Z","kind":"gap","lost":{"events":3,"bytes":99}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.event.AppendJSON(nil, test.lang)
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
			if !json.Valid(got) {
				t.Error("not valid JSON")
			}
		})
	}
}

// An error has its words in both languages and unwraps to that of the system; every kind has
// both.
func TestErrorTexts(t *testing.T) {
	e := &Error{Kind: AddressInUse, Op: "listen", Target: "tcp://:10000", Err: syscall.EADDRINUSE}
	if got, want := e.Error(), "listen tcp://:10000: address in use"; got != want {
		t.Errorf("English %q, want %q", got, want)
	}
	if got, want := e.In(Chinese), "监听 tcp://:10000：地址已被占用"; got != want {
		t.Errorf("Chinese %q, want %q", got, want)
	}
	if !errors.Is(e, syscall.EADDRINUSE) {
		t.Error("does not unwrap to the system's error")
	}
	for kind, text := range kindText {
		if text.En == "" || text.Zh == "" {
			t.Errorf("kind %s lacks a language", kind)
		}
	}
}

// T27: whatever is in an event, it is one valid line of JSON, and the texts come
// back out of it.
func FuzzAppendJSON(f *testing.F) {
	f.Add("kitchen", "refused\n{\"v\":1}", []byte("a\nb"))
	f.Add("\x1b[31m\u202e", "\xff\x00\u2028", []byte(nil))
	f.Fuzz(func(t *testing.T, alias, message string, data []byte) {
		p := &Peer{ID: 1, Network: "tcp"}
		p.SetAlias(alias)
		e := Event{Seq: 1, Time: time.Unix(0, 0), Kind: Received, Peer: p, Data: data,
			Detail: &Detail{Err: &Error{Kind: System, Target: message, Message: Text{En: message}}}}
		line := e.AppendJSON(nil, English)
		for _, b := range line {
			if b < ' ' {
				t.Fatalf("%q has a control character", line)
			}
		}
		var back struct {
			Alias string
			Data  []byte
			Error struct{ Message string }
		}
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if string(back.Data) != string(data) {
			t.Errorf("data %q became %q", data, back.Data)
		}
		for _, text := range [][2]string{{alias, back.Alias}, {message, back.Error.Message}} {
			// What is no UTF-8 cannot be in JSON: each byte of it becomes U+FFFD.
			if want := string([]rune(text[0])); text[1] != want && text[0] != "" {
				t.Errorf("%q has %q, want %q", line, text[1], want)
			}
		}
	})
}
