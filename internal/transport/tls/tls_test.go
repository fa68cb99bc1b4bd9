package tls_test

import (
	"bytes"
	"context"
	stdtls "crypto/tls"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/transport"
	driver "sockeye/internal/transport/tls"
	"sockeye/internal/transport/transporttest"
)

// server is one on a free port, with what the options say.
func server(t testing.TB, o sockeye.Options, answer transport.Responder) (*transport.Session, *transporttest.EventLog) {
	t.Helper()
	return transporttest.Listening(t, "tls", o, answer)
}

func client(t testing.TB, to string, o sockeye.TLSOptions) (*transport.Session, *transporttest.EventLog, error) {
	t.Helper()
	return transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, to), Options: sockeye.Options{TLS: o}}, nil)
}

// C44: both sides say what was agreed on, in the joined event and in the peer's status.
func TestWhatWasAgreedOn(t *testing.T) {
	s, sr := server(t, sockeye.Options{TLS: sockeye.TLSOptions{Protocols: "mqtt, chat"}}, nil)
	c, cr, err := client(t, "tls://"+s.Locals()[0].String(), sockeye.TLSOptions{Protocols: "chat", ServerName: "board.example"})
	if err != nil {
		t.Fatal(err)
	}
	for side, got := range map[string]*sockeye.TLSState{
		"server joined": sr.WaitKind(t, sockeye.Joined, 1).Detail.TLS, "client joined": cr.WaitKind(t, sockeye.Joined, 1).Detail.TLS,
		"server status": transporttest.FirstPeer(t, s, sr).Status().TLS, "client status": transporttest.FirstPeer(t, c, cr).Status().TLS,
	} {
		if got == nil || got.Version != "TLS 1.3" || got.ALPN != "chat" || got.ServerName != "board.example" || got.Group == "" || got.Unverified {
			t.Errorf("%s: %+v", side, got)
			continue
		}
		if strings.HasPrefix(side, "server") {
			if len(got.Certificates) != 0 {
				t.Errorf("%s: the client has a certificate: %+v", side, got)
			}
			continue
		}
		if len(got.Certificates) != 2 || got.Certificates[0].Names[0] != "board.example" || !strings.HasPrefix(got.Certificates[0].Issuer, "Sockeye local CA") || got.Certificates[0].NotAfter.Before(time.Now()) {
			t.Errorf("%s: %+v", side, got.Certificates)
		}
	}
	if own := sr.WaitKind(t, sockeye.Opened, 1).Detail.TLS; own == nil || len(own.Certificates) != 1 || !slices.Contains(own.Certificates[0].Names, "127.0.0.1") {
		t.Errorf("the server's own certificate is not in its opened event: %+v", own)
	}
}

// T41: who is not verified is said to be so; the rest of what is known stays.
func TestInsecureIsSaid(t *testing.T) {
	s, _ := server(t, sockeye.Options{}, nil)
	dir := transporttest.CADir
	transporttest.CADir = t.TempDir() // a machine that knows nothing of the server's authority
	defer func() { transporttest.CADir = dir }()
	at := "tls://" + s.Locals()[0].String()
	if _, _, err := client(t, at, sockeye.TLSOptions{}); err == nil || sockeye.ErrorOf(err).Kind != sockeye.Untrusted {
		t.Fatalf("got %v", err)
	}
	c, cr, err := client(t, at, sockeye.TLSOptions{Insecure: sockeye.On})
	if err != nil {
		t.Fatal(err)
	}
	st := transporttest.FirstPeer(t, c, cr).Status()
	if !st.TLS.Unverified || len(st.TLS.Certificates) == 0 {
		t.Errorf("%+v", st.TLS)
	}
}

// C43: a peer that says close_notify has finished; one that only closes its socket has, too, but
// nobody knows whether it meant to.
func TestEndWithoutCloseNotifyIsSaid(t *testing.T) {
	for name, end := range map[string]func(c *stdtls.Conn){
		"with": func(c *stdtls.Conn) { c.CloseWrite() }, "without": func(c *stdtls.Conn) { c.NetConn().(*net.TCPConn).CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			s, r := server(t, sockeye.Options{}, nil)
			c := dialForeign(t, s.Locals()[0].String(), nil)
			c.Write([]byte("the end"))
			end(c)
			r.WaitBytes(t, sockeye.Received, 7)
			finished, left := r.WaitKind(t, sockeye.Finished, 1).Detail, r.WaitKind(t, sockeye.Left, 1).Detail
			if want := name == "without"; finished.Truncated != want || left.Truncated != want || left.Reason != sockeye.ReasonEOF {
				t.Errorf("finished %+v, left %+v", finished, left)
			}
			if n, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("we closed without close_notify: %d, %v", n, err)
			}
		})
	}
}

// What never reached a peer is counted in bytes before encryption: whole messages here.
func TestUnsentIsCountedBeforeEncryption(t *testing.T) {
	s, r := server(t, sockeye.Options{SendBuffer: 8 << 10}, nil)
	c := dialForeign(t, s.Locals()[0].String(), nil)
	p := transporttest.FirstPeer(t, s, r)
	const size = 1000
	sent := 0
	for { // until its buffers are full
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		n, err := p.Send(ctx, make([]byte, size))
		cancel()
		sent += n
		if err != nil {
			break
		}
	}
	c.NetConn().(*net.TCPConn).SetLinger(0)
	c.NetConn().Close()
	left := r.WaitKind(t, sockeye.Left, 1).Detail
	if left.Unsent == 0 || left.Unsent%size != 0 || left.Unsent > sent {
		t.Errorf("of %d bytes in messages of %d, %d never reached it: %+v", sent, size, left.Unsent, left)
	}
}

// A peer that closes while it is answered has all of the answer or nothing of it, whichever
// comes first, our end or its reset: our FIN is no byte of it.
func TestUnsentToAPeerThatCloses(t *testing.T) {
	s, r := server(t, sockeye.Options{}, transporttest.Echoing{})
	const rounds = 100
	for range rounds {
		c := dialForeign(t, s.Locals()[0].String(), nil)
		c.Write([]byte("hello"))
		c.NetConn().Close()
	}
	r.WaitKind(t, sockeye.Left, rounds)
	for _, e := range r.All(transporttest.IsKind(sockeye.Left)) {
		if n := e.Detail.Unsent; n != 0 && n != len("hello") {
			t.Errorf("left %+v", e.Detail)
		}
	}
}

// A send that is canceled while the peer does not read ends between two records for the
// peer: what comes later is whole, and all that is recorded as sent arrives.
func TestCanceledSendLeavesTheStreamWhole(t *testing.T) {
	s, r := server(t, sockeye.Options{SendBuffer: 8 << 10}, nil)
	c := dialForeign(t, s.Locals()[0].String(), nil)
	p := transporttest.FirstPeer(t, s, r)
	message := make([]byte, 300<<10)
	for i := range message {
		message[i] = byte(i >> 8 * 7)
	}
	for range 100 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		_, err := p.Send(ctx, message)
		cancel()
		if err != nil {
			break
		}
	}
	for range 3 { // nothing gets out now, and nothing piles up
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if n, err := p.Send(ctx, message); err == nil || n > 128<<10 {
			t.Errorf("a send to who does not read took %d bytes, %v", n, err)
		}
		cancel()
	}
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(c)
		got <- all
	}()
	if _, err := p.Send(t.Context(), []byte("and the rest")); err != nil {
		t.Fatal(err)
	}
	p.Close(t.Context())
	all := <-got
	r.WaitKind(t, sockeye.Left, 1)
	if sent := r.Bytes(sockeye.Sent); !bytes.Equal(all, sent) || !bytes.HasSuffix(all, []byte("and the rest")) {
		t.Errorf("%d bytes arrived, %d are recorded as sent", len(all), len(sent))
	}
}

// firstRecords takes one connection and what comes first on it.
func firstRecords(t *testing.T) (at string, first <-chan []byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	out := make(chan []byte, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		header := make([]byte, 5)
		io.ReadFull(c, header)
		body := make([]byte, int(header[3])<<8|int(header[4]))
		io.ReadFull(c, body)
		out <- append(header, body...)
	}()
	return l.Addr().String(), out
}

// A ClientHello for boards is small enough for one segment of any link, and old stacks are
// taken; records are short.
func TestBoardHelloFitsOneSegment(t *testing.T) {
	size := map[bool]int{}
	for _, board := range []bool{false, true} {
		at, first := firstRecords(t)
		if _, _, err := client(t, "tls://"+at, sockeye.TLSOptions{Board: sockeye.ChoiceOf(board)}); err == nil {
			t.Fatal("a server that says nothing was taken for one")
		}
		size[board] = len(<-first)
	}
	if size[true] > 400 || size[false] < 1000 {
		t.Errorf("the ClientHello has %d bytes, for boards %d", size[false], size[true])
	}
	s, r := server(t, sockeye.Options{TLS: sockeye.TLSOptions{Board: sockeye.On}}, nil)
	old := func(c *stdtls.Config) {
		c.MinVersion, c.MaxVersion = stdtls.VersionTLS10, stdtls.VersionTLS10
		c.CipherSuites = []uint16{stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
	}
	c := dialForeign(t, s.Locals()[0].String(), old)
	p := transporttest.FirstPeer(t, s, r)
	if st := p.Status(); st.TLS.Version != "TLS 1.0" {
		t.Errorf("agreed on %s", st.TLS.Version)
	}
	if _, err := p.Send(t.Context(), make([]byte, 10<<10)); err != nil {
		t.Fatal(err)
	}
	for got := 0; got < 10<<10; {
		n, err := c.Read(make([]byte, 64<<10)) // one record at most
		if err != nil || n > 1<<10 {
			t.Fatalf("a record of %d bytes, %v", n, err)
		}
		got += n
	}
	strict, _ := server(t, sockeye.Options{}, nil)
	if _, err := stdtls.Dial("tcp", strict.Locals()[0].String(), &stdtls.Config{InsecureSkipVerify: true, MaxVersion: stdtls.VersionTLS11, MinVersion: stdtls.VersionTLS10}); err == nil {
		t.Error("TLS 1.1 was taken without --board")
	}
}

// T42: the secrets of both sides of a connection are in their files, which are this user's.
func TestKeyLog(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "server"), filepath.Join(dir, "client")
	if err := driver.CheckFiles(sockeye.Endpoint{Mode: sockeye.Listen, Options: sockeye.Options{TLS: sockeye.TLSOptions{KeyLog: ours}}}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(ours); !os.IsNotExist(err) {
		t.Errorf("a check made the file: %v", err)
	}
	s, r := server(t, sockeye.Options{TLS: sockeye.TLSOptions{KeyLog: ours}}, nil)
	if _, _, err := client(t, "tls://"+s.Locals()[0].String(), sockeye.TLSOptions{KeyLog: theirs}); err != nil {
		t.Fatal(err)
	}
	r.WaitKind(t, sockeye.Joined, 1)
	a, _ := os.ReadFile(ours)
	b, _ := os.ReadFile(theirs)
	if !bytes.Equal(a, b) || !strings.Contains(string(a), "SERVER_TRAFFIC_SECRET_0 ") {
		t.Errorf("the server logs\n%s\nthe client\n%s", a, b)
	}
	if st, err := os.Stat(ours); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
}

// T41: a ClientHello in records of one byte is read; one that never ends, or is no ClientHello,
// keeps nobody out.
func TestHostileHandshakes(t *testing.T) {
	s, r := server(t, sockeye.Options{}, transporttest.Echoing{})
	at := s.Locals()[0].String()
	stalled := dialPlain(t, at)
	stalled.Write([]byte{22, 3, 1, 0, 200, 1})
	garbage := dialPlain(t, at)
	garbage.Write([]byte("\x16\x03\x01\xff\xff" + strings.Repeat("x", 70000)))
	slow := dialPlain(t, at)
	tiny := stdtls.Client(&oneByteRecords{Conn: slow}, &stdtls.Config{RootCAs: roots(t), ServerName: "127.0.0.1"})
	if _, err := tiny.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(tiny, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	r.Wait(t, "garbage is told of", func(e sockeye.Event) bool { return e.Kind == sockeye.Failed })
	io.Copy(io.Discard, garbage) // it is closed
	s.Close()
	io.Copy(io.Discard, stalled)
}

func dialPlain(t *testing.T, at string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(transporttest.Patience))
	return c
}

// oneByteRecords cuts the first record that is written into records of one byte.
type oneByteRecords struct {
	net.Conn
	done bool
}

func (o *oneByteRecords) Write(b []byte) (int, error) {
	if o.done || b[0] != 22 {
		return o.Conn.Write(b)
	}
	o.done = true
	var cut []byte
	for _, x := range b[5:] {
		cut = append(cut, 22, b[1], b[2], 0, 1, x)
	}
	_, err := o.Conn.Write(cut)
	return len(b), err
}
