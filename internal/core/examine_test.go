package core

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/doctor"
	"sockeye/internal/query"
	"sockeye/internal/recording"
	"sockeye/internal/responder"
)

// conversationStage is a conversation that goes wrong, or well, between a session and a
// program of the other side.
type conversationStage struct {
	echo bool
	// there is what the program of the other side does; nil: nobody connects.
	there func(net.Conn)
	// say is what the session sends; "": nothing.
	say  string
	want string
}

// reading reads until the end.
func reading(c net.Conn) {
	b := make([]byte, 64<<10)
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

var conversationStages = map[string]conversationStage{
	"nobody else can come":  {want: doctor.CauseLoopbackOnly},
	"both wait":             {there: reading, want: doctor.CauseBothWait},
	"a line end is missing": {there: reading, say: "AT", want: doctor.CauseNoLineEnd},
	"a frame of Modbus":     {there: reading, say: "\x01\x03\x00\x00\x00\x02\xc4\x0b"},
	"text of another charset": {there: func(c net.Conn) {
		c.Write([]byte("\xc4\xe3\xba\xc3\xa3\xac\xbf\xaa\xb7\xa2\xb0\xe5\n")) // 你好，开发板 in GBK
		reading(c)
	}, want: doctor.CauseOtherCharset},
	"both echo": {echo: true, there: func(c net.Conn) {
		c.Write([]byte("ping\n"))
		b := make([]byte, 64)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			time.Sleep(time.Millisecond) // a program, not a flood
			c.Write(b[:n])
		}
	}, want: doctor.CauseBothEcho},
	"the peer does not read": {there: func(net.Conn) {}, say: "flood", want: doctor.CausePeerNotReading},
	"a question and its answer": {there: func(c net.Conn) {
		b := make([]byte, 64)
		if _, err := c.Read(b); err == nil {
			c.Write([]byte("OK\r\n"))
		}
		reading(c)
	}, say: "AT\r\n"},
}

// Conversations are staged on real sockets: what is wrong with each is found, and nothing
// is found of one that goes well.
func TestExamineConversations(t *testing.T) {
	for name, stage := range conversationStages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage.run(t)
		})
	}
}

func (stage conversationStage) run(t *testing.T) {
	w := New(0)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		w.Shutdown(ctx)
	})
	ep := sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}}
	s, err := w.Open(t.Context(), ep, responder.Answer{Echo: stage.echo})
	if err != nil {
		t.Fatal(err)
	}
	if stage.there != nil {
		c, err := net.Dial("tcp", s.Locals()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		go stage.there(c)
	}
	stage.speak(t, s)
	limit := time.Minute
	if stage.want == "" {
		limit = 4 * time.Second // longer than the patience of the checks
	}
	cause := ""
	for end := time.Now().Add(limit); cause != stage.want || stage.want == ""; time.Sleep(50 * time.Millisecond) {
		got := w.ExamineSession(t.Context(), s, nil)
		if cause = ""; got.Cause != nil {
			cause = got.Cause.Cause
		}
		if stage.want == "" && cause != "" {
			t.Fatalf("found %q: %+v", cause, got.Findings)
		}
		if time.Now().After(end) {
			break
		}
	}
	if cause != stage.want {
		t.Errorf("found %q, want %q", cause, stage.want)
	}
	if stage.there == nil {
		noneCame(t, w, s)
	}
}

// noneCame says that the doctor was no peer of the session itself.
func noneCame(t *testing.T, w *Core, s *Session) {
	page, err := w.Query(t.Context(), query.Query{Limit: 64, Filter: recording.Filter{Session: s.ID()}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Events {
		if e.Kind != sockeye.Opened {
			t.Errorf("the doctor left an event: %+v", e)
		}
	}
}

// A server on one address names it to those who ask why nobody comes.
func TestOnlyAddress(t *testing.T) {
	w := New(0)
	t.Cleanup(func() { w.Shutdown(context.Background()) })
	for address, want := range map[string]string{"tcp://127.0.0.1:0": "tcp://127.0.0.1:", "udp://[::1]:0": "udp://[::1]:", "udp://127.0.0.1:0": "udp://127.0.0.1:"} {
		at, err := sockeye.ParseAddress(address)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Open(t.Context(), sockeye.Endpoint{Mode: sockeye.Listen, Address: at}, responder.Answer{})
		if err != nil {
			t.Fatal(err)
		}
		if got := onlyAddress(s); !strings.HasPrefix(got, want) || strings.HasSuffix(got, ":0") {
			t.Errorf("%s: %q", address, got)
		}
	}
}

// speak sends what the stage says, once the other side is there.
func (stage conversationStage) speak(t *testing.T, s *Session) {
	if stage.say == "" {
		return
	}
	for end := time.Now().Add(time.Minute); len(s.Peers()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nobody came")
		}
	}
	data := []byte(stage.say)
	if stage.say == "flood" {
		data = bytes.Repeat([]byte("flood\n"), 3<<20) // more than both kernels take
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go s.Sender().Send(ctx, s.Peers(), data)
}
