package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
	"sockeye/client"
)

// patience is how long anything here may take before a test gives up.
const patience = time.Minute

// clients are the implementations that the suite runs on.
var clients = map[string]func(t testing.TB, o client.LocalOptions) client.Client{
	"in this process": func(_ testing.TB, o client.LocalOptions) client.Client { return client.New(o) },
	"over the API": func(t testing.TB, o client.LocalOptions) client.Client {
		w := startWorkbench(t, o)
		c, err := client.Dial(context.Background(), w.url, w.token, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	},
	"of this user": func(t testing.TB, o client.LocalOptions) client.Client {
		w := startWorkbench(t, o)
		c, err := client.Attach(context.Background(), &client.AttachOptions{Getenv: w.getenv})
		if err != nil {
			t.Fatal(err)
		}
		return c
	},
}

// onEach runs a test on every implementation.
func onEach(t *testing.T, test func(t *testing.T, x *suite)) {
	for name, start := range clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newSuite(t, start(t, client.LocalOptions{})))
		})
	}
}

// suite is a client under test.
type suite struct {
	t   *testing.T
	ctx context.Context
	client.Client
}

func newSuite(t *testing.T, c client.Client) *suite {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		cancel()
	})
	return &suite{t, ctx, c}
}

// listen opens a server on a free port.
func (x *suite) listen(o *client.OpenOptions) (session, address string) {
	x.t.Helper()
	ep := sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Host: "127.0.0.1"}}
	s, err := x.Open(x.ctx, ep, o)
	if err != nil {
		x.t.Fatal(err)
	}
	return s.ID, x.one(s.ID).Locals[0].String()
}

// one is a session of the list.
func (x *suite) one(id string) client.Session {
	x.t.Helper()
	all, err := x.Sessions(x.ctx)
	if err != nil {
		x.t.Fatal(err)
	}
	for _, s := range all {
		if s.ID == id {
			return s
		}
	}
	x.t.Fatalf("no session %s in %v", id, all)
	return client.Session{}
}

// board is a connection to a server, as a board makes it.
func (x *suite) board(address string) net.Conn {
	x.t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		x.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	x.t.Cleanup(func() { conn.Close() })
	return conn
}

func (x *suite) say(conn net.Conn, text string) {
	x.t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		x.t.Fatal(err)
	}
}

// hears reads as many bytes as are wanted.
func (x *suite) hears(conn net.Conn, want string) {
	x.t.Helper()
	got := make([]byte, len(want))
	for n := 0; n < len(got); {
		k, err := conn.Read(got[n:])
		if err != nil {
			x.t.Fatalf("%q, then %v", got[:n], err)
		}
		n += k
	}
	if string(got) != want {
		x.t.Errorf("the board heard %q, want %q", got, want)
	}
}

func (x *suite) expects(session, want, data string) {
	x.t.Helper()
	m, err := x.Expect(x.ctx, session, []byte(want))
	if err != nil {
		x.t.Fatalf("%q: %v", want, err)
	}
	if string(m.Data) != data || m.Peer == nil || m.Seq == 0 {
		x.t.Errorf("%q: %+v with %q, want %q", want, m, m.Data, data)
	}
}

// fails checks the kind of an error, and that it says what, why and what next.
func fails(t testing.TB, err error, kind sockeye.ErrorKind) {
	t.Helper()
	e, ok := errors.AsType[*sockeye.Error](err)
	if !ok || e.Kind != kind || e.In(sockeye.English) == "" {
		t.Errorf("%T %v, want the kind %s", err, err, kind)
	}
}

// A whole conversation of a listening session: its peer is awaited, both sides are heard and
// sent to, and what is closed fails with the right kinds.
func TestServerAnswers(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, address := x.listen(nil)
		if s := x.one(session); s.State != client.Open || s.Peers != 0 || s.Since.IsZero() || !s.Until.IsZero() || s.Endpoint.Mode != sockeye.Listen {
			t.Errorf("%+v", s)
		}
		board := x.board(address)
		p, err := x.AwaitPeer(x.ctx, session)
		if err != nil || p.Remote.String() != board.LocalAddr().String() || p.State != sockeye.Connected {
			t.Fatalf("%+v, %v", p, err)
		}
		x.say(board, "hello\n")
		x.expects(session, "\n", "hello\n")
		sent, err := x.Send(x.ctx, session, []byte("world\n"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]client.Delivery{{Peer: p.ID, Sent: 6}}, sent); diff != "" {
			t.Error(diff)
		}
		x.hears(board, "world\n")
		peers, err := x.Peers(x.ctx, session)
		if err != nil || len(peers) != 1 || peers[0].Counters != (sockeye.Counters{ReceivedBytes: 6, ReceivedMessages: 1, SentBytes: 6, SentMessages: 1}) {
			t.Errorf("%+v, %v", peers, err)
		}
		if err := x.ClosePeer(x.ctx, session, p.ID); err != nil {
			t.Error(err)
		}
		if err := x.CloseSession(x.ctx, session); err != nil {
			t.Error(err)
		}
		if s := x.one(session); s.State != client.Closed || s.Until.IsZero() || s.Reason != sockeye.ReasonLocal || s.Counters.SentBytes != 6 {
			t.Errorf("%+v", s)
		}
		_, err = x.Send(x.ctx, session, []byte("late"))
		fails(t, err, sockeye.Closed)
		if err := x.CloseSession(x.ctx, session); err != nil { // takes it from the list
			t.Error(err)
		}
		_, err = x.Peers(x.ctx, session)
		fails(t, err, sockeye.NotFound)
	})
}

// A session opened with Echo sends back what comes; a list of guards to lift that is wrong is
// refused.
func TestEchoAnswersAPeer(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		_, address := x.listen(&client.OpenOptions{Echo: true})
		board := x.board(address)
		x.say(board, "ping")
		x.hears(board, "ping")
		_, err := x.Open(x.ctx, sockeye.Endpoint{Mode: sockeye.Listen}, &client.OpenOptions{LiftGuards: []string{"gravity"}})
		fails(t, err, sockeye.Invalid)
	})
}

// A session opened as a Device greets whom it connects to and answers what it hears.
func TestDevice(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		to, err := sockeye.ParseAddress(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ep := sockeye.Endpoint{Mode: sockeye.Connect, Address: to}
		if _, err := x.Open(x.ctx, ep, &client.OpenOptions{Device: &client.Device{Hello: "board here"}}); err != nil {
			t.Fatal(err)
		}
		pc, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		x.hears(pc, "board here")
		x.say(pc, "lamp on")
		x.hears(pc, "lamp on")
	})
}

// What was expected may have come before the call, and lie across several reads; what
// comes behind it is for the next call.
func TestExpect(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, address := x.listen(nil)
		board := x.board(address)
		x.say(board, "AT\r\nO")
		x.expects(session, "AT", "AT")
		x.say(board, "K\r\nREADY> ")
		x.expects(session, "OK", "\r\nOK")
		x.expects(session, "READY", "\r\nREADY")
		x.say(board, "bye")
		board.Close()
		x.expects(session, "bye", "> bye")
		_, err := x.Expect(x.ctx, session, nil)
		fails(t, err, sockeye.Invalid)
		_, err = x.Expect(x.ctx, "s99", []byte("x"))
		fails(t, err, sockeye.NotFound)
	})
}

// Each peer's bytes are a stream of their own.
func TestExpectKeepsPeersApart(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, address := x.listen(nil)
		one, two := x.board(address), x.board(address)
		x.say(one, "O")
		x.expects(session, "O", "O")
		x.say(one, "AB")
		x.expects(session, "A", "A")
		x.say(two, "C")
		x.expects(session, "C", "C")
		x.say(one, "D")
		x.expects(session, "BD", "BD")
	})
}

// Expect fails when its time is over, and the next call still sees what came.
func TestExpectFails(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, address := x.listen(nil)
		board := x.board(address)
		x.say(board, "no")
		ctx, cancel := context.WithTimeout(x.ctx, 50*time.Millisecond)
		defer cancel()
		_, err := x.Expect(ctx, session, []byte("yes"))
		fails(t, err, sockeye.Expected)
		x.expects(session, "no", "no") // it is not lost to the call that failed
		canceled, stop := context.WithCancel(x.ctx)
		stop()
		_, err = x.Expect(canceled, session, []byte("yes"))
		fails(t, err, sockeye.Canceled)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v does not say why", err)
		}
		ended := make(chan error)
		go func() {
			_, err := x.Expect(x.ctx, session, []byte("yes"))
			ended <- err
		}()
		if err := x.CloseSession(x.ctx, session); err != nil {
			t.Error(err)
		}
		fails(t, <-ended, sockeye.Expected)
	})
}

// Events have every byte as it came, in the order it came.
func TestEvents(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, address := x.listen(nil)
		other, _ := x.listen(nil)
		board := x.board(address)
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		x.say(board, string(all))
		x.expects(session, "\xff", string(all))
		board.Close()
		seen := func(o client.EventOptions) (out []string) {
			for e, err := range x.Events(x.ctx, o) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Kind == sockeye.Left { // the last but closed
					go x.CloseSession(x.ctx, session)
				}
				out = append(out, fmt.Sprintf("%s %s %q", e.Session.ID, e.Kind, e.Data))
			}
			return out
		}
		want := []string{session + ` opened ""`, session + ` joined ""`, session + fmt.Sprintf(" received %q", all), session + ` finished ""`, session + ` left ""`, session + ` closed ""`}
		if diff := cmp.Diff(want, seen(client.EventOptions{Session: session})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{other + ` opened ""`}, seen(client.EventOptions{Session: other, Once: true})); diff != "" {
			t.Errorf("with Once (-want +got):\n%s", diff)
		}
		if got := seen(client.EventOptions{From: 3, Once: true}); len(got) != 5 || got[0] != want[1] {
			t.Errorf("from event 3 on: %q", got)
		}
	})
}

// A read of any size is one event with all its bytes.
func TestLargeEvents(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, address := x.listen(nil)
		board := x.board(address)
		data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		go board.Write(data)
		var got []byte
		for e, err := range x.Events(x.ctx, client.EventOptions{Session: session}) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, e.Data...); len(got) >= len(data) {
				break
			}
		}
		if !bytes.Equal(got, data) {
			t.Errorf("%d bytes, which are not the %d that were sent", len(got), len(data))
		}
	})
}

// A reader that is too slow hears how much it missed.
func TestEventsGap(t *testing.T) {
	for name, start := range clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newSuite(t, start(t, client.LocalOptions{Memory: 1 << 20}))
			session, address := x.listen(nil)
			board := x.board(address)
			var last uint64
			gaps := 0
			for e, err := range x.Events(x.ctx, client.EventOptions{Session: session, From: 1}) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Kind == sockeye.Gap {
					gaps++
					if e.Seq != last+1 || e.Detail.Lost.Events == 0 {
						t.Errorf("after event %d: %+v, %+v", last, e, e.Detail)
					}
				}
				last = e.NextSeq() - 1
				if e.Kind == sockeye.Joined {
					go func() {
						board.Write(make([]byte, 8<<20))
						board.Write([]byte("end"))
						board.Close()
					}()
					for {
						p, err := x.Peers(x.ctx, session)
						if err != nil {
							t.Fatal(err)
						}
						if len(p) == 0 {
							break
						}
					}
				}
				if e.Kind == sockeye.Left {
					break
				}
			}
			if gaps == 0 {
				t.Error("8 MiB fit into 1 MiB of memory")
			}
		})
	}
}

// Send says why a message could not be sent.
func TestSendFails(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, address := x.listen(nil)
		_, err := x.Send(x.ctx, session, []byte("nobody is there"))
		fails(t, err, sockeye.NotFound)
		x.board(address)
		p, err := x.AwaitPeer(x.ctx, session)
		if err != nil {
			t.Fatal(err)
		}
		_, err = x.Send(x.ctx, session, []byte("x"), p.ID, p.ID+7)
		fails(t, err, sockeye.NotFound)
		fails(t, x.ClosePeer(x.ctx, session, p.ID+7), sockeye.NotFound)
		_, err = x.Send(x.ctx, "s99", []byte("x"))
		fails(t, err, sockeye.NotFound)
		_, err = x.SendPayload(x.ctx, session, client.Payload{Text: "{{sequ}}"})
		fails(t, err, sockeye.Invalid)
	})
}

// SendPayload makes the bytes of text, hex, plain text and charsets with their line ending,
// frame and checksum, as the terminal does.
func TestSendPayload(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, address := x.listen(nil)
		board := x.board(address)
		if _, err := x.AwaitPeer(x.ctx, session); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			p    client.Payload
			want string
		}{
			{client.Payload{Text: `n {{seq}}\x01`, LineEnding: "crlf"}, "n 1\x01\r\n"},
			{client.Payload{Text: `n {{seq}}\x01`, Plain: true}, `n {{seq}}\x01`},
			{client.Payload{Text: "01 03", Hex: true, Checksum: "sum8", Prefix: `\x02`, Suffix: `\x03`}, "\x02\x01\x03\x04\x03"},
			{client.Payload{Text: "你好", Charset: "gbk"}, "\xc4\xe3\xba\xc3"},
		} {
			if _, err := x.SendPayload(x.ctx, session, c.p); err != nil {
				t.Errorf("%+v: %v", c.p, err)
				continue
			}
			x.hears(board, c.want)
		}
	})
}

// Open says why an endpoint cannot be opened.
func TestOpenFails(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, address := x.listen(nil)
		if err := x.CloseSession(x.ctx, session); err != nil {
			t.Fatal(err)
		}
		to, err := sockeye.ParseAddress(address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = x.Open(x.ctx, sockeye.Endpoint{Mode: sockeye.Connect, Address: to}, nil)
		fails(t, err, sockeye.Refused)
		_, err = x.Open(x.ctx, sockeye.Endpoint{Mode: sockeye.Listen, Options: sockeye.Options{Backlog: -1}}, nil)
		fails(t, err, sockeye.Invalid)
		s, err := x.Open(x.ctx, sockeye.Endpoint{Mode: sockeye.Connect, Address: to, Options: sockeye.Options{Reconnect: true}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := x.one(s.ID); got.State != client.Connecting {
			t.Errorf("%+v", got)
		}
	})
}

// Close ends what waits, and what is called later fails.
func TestClose(t *testing.T) {
	onEach(t, func(t *testing.T, x *suite) {
		session, _ := x.listen(nil)
		waiting, ended := make(chan struct{}), make(chan error)
		go func() {
			reads := sync.OnceFunc(func() { close(waiting) })
			for range x.Events(x.ctx, client.EventOptions{Session: session}) {
				reads()
			}
			_, err := x.AwaitPeer(x.ctx, session)
			ended <- err
		}()
		<-waiting
		if err := x.Client.Close(); err != nil {
			t.Error(err)
		}
		fails(t, <-ended, sockeye.Closed)
		_, err := x.Sessions(x.ctx)
		fails(t, err, sockeye.Closed)
		for _, err := range x.Events(x.ctx, client.EventOptions{}) {
			fails(t, err, sockeye.Closed)
		}
	})
}

// A workbench that ends ends the events of its clients, without an error.
func TestWorkbenchEnds(t *testing.T) {
	w := startWorkbench(t, client.LocalOptions{})
	c, err := client.Dial(t.Context(), w.url, w.token, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := newSuite(t, c)
	x.listen(nil)
	var kinds []sockeye.EventKind
	for e, err := range x.Events(x.ctx, client.EventOptions{}) {
		if err != nil {
			t.Errorf("%v", err)
		}
		if kinds = append(kinds, e.Kind); len(kinds) == 1 {
			go w.server.Close(context.Background())
		}
	}
	if !slices.Contains(kinds, sockeye.Opened) {
		t.Errorf("%v", kinds)
	}
	_, err = c.Sessions(x.ctx)
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.NotFound && e.Kind != sockeye.Closed {
		t.Errorf("asked when it has ended: %v", err)
	}
}

// Nothing is told to a program that does not prove to be the workbench.
func TestDialFails(t *testing.T) {
	w := startWorkbench(t, client.LocalOptions{})
	for name, c := range map[string]struct {
		address, token string
		kind           sockeye.ErrorKind
	}{
		"no address":            {"workbench", w.token, sockeye.Invalid},
		"https, no fingerprint": {"https://127.0.0.1:7625/", w.token, sockeye.Invalid},
		"another token":         {w.url, "0123456789abcdef0123456789abcdef", sockeye.NotFound},
		"nobody there":          {"http://127.0.0.1:1/", w.token, sockeye.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.Dial(t.Context(), c.address, c.token, nil)
			fails(t, err, c.kind)
		})
	}
	_, err := client.Attach(t.Context(), &client.AttachOptions{Getenv: func(name string) string {
		if name == "SOCKEYE_HOME" {
			return t.TempDir()
		}
		return ""
	}, Language: sockeye.Chinese})
	fails(t, err, sockeye.NotFound)
}
