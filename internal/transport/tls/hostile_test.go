package tls_test

import (
	stdtls "crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/localca"
	"sockeye/internal/transport/transporttest"
)

// T41: 5,000 clients that begin a handshake and say nothing more keep nobody out. The ones
// that have waited longest make room, and in the end all are given up.
func TestStalledHandshakes(t *testing.T) {
	const stalled, together = 5000, 256
	s, r := server(t, sockeye.Options{}, transporttest.Echoing{})
	at := s.Locals()[0].String()
	var conns []net.Conn
	for range stalled {
		c := dialPlain(t, at)
		c.Write([]byte{22, 3, 1, 0, 200, 1})
		conns = append(conns, c)
	}
	good := dialForeign(t, at, nil)
	good.Write([]byte("hello"))
	if b := make([]byte, 5); readFull(good, b) != nil || string(b) != "hello" {
		t.Errorf("behind %d others a client gets %q", stalled, b)
	}
	for n, c := range conns {
		if err := readFull(c, make([]byte, 1)); err == nil || isTimeout(err) {
			t.Fatalf("handshake %d of %d was not given up: %v", n, stalled, err)
		}
	}
	if p := r.All(transporttest.IsKind(sockeye.Joined)); len(p) != 1 {
		t.Errorf("%d have joined", len(p))
	}
	if n := len(r.All(transporttest.IsKind(sockeye.Failed))); n > together {
		t.Errorf("%d events tell of them", n)
	}
}

func readFull(c net.Conn, b []byte) error {
	_, err := io.ReadFull(c, b)
	return err
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// T41: how much a peer says of itself is bounded by us: a chain of hundreds of kilobytes is
// refused in words, one of 64 KiB is read, and what is told of it stays short, as does the
// name of a server that a client asks for.
func TestLongChainsAndNames(t *testing.T) {
	ca := authority(t, time.Now())
	name := strings.Repeat("a", 60) + ".example"
	for _, c := range []struct {
		certificates int
		says         string
	}{{150, ""}, {700, "the TLS handshake failed"}} {
		pair := issue(t, ca, localca.ServerAuth, time.Now(), "127.0.0.1", name)
		one := pair.Certificate[0]
		for len(pair.Certificate) < c.certificates {
			pair.Certificate = append(pair.Certificate, one)
		}
		size := c.certificates * len(one)
		_, r, err := client(t, "tls://"+foreignServer(t, &stdtls.Config{Certificates: []stdtls.Certificate{pair}}), sockeye.TLSOptions{Authorities: caFile(t, ca)})
		if c.says != "" {
			says(t, sockeye.ErrorOf(err), c.says, "")
			continue
		}
		if err != nil || size < 64<<10 {
			t.Fatalf("a chain of %d bytes: %v", size, err)
		}
		if told := r.WaitKind(t, sockeye.Joined, 1).Detail.TLS.Certificates; len(told) > 10 {
			t.Errorf("%d certificates are told of", len(told))
		}
	}
	s, r := server(t, sockeye.Options{}, nil)
	for n, asked := range []string{strings.Repeat("a", 255), strings.Repeat("label.", 2000) + "x", "\xff\x1b[2J\n"} {
		dialForeign(t, s.Locals()[0].String(), func(c *stdtls.Config) { c.ServerName, c.InsecureSkipVerify = asked, true })
		told := r.WaitKind(t, sockeye.Joined, n+1).Detail.TLS.ServerName
		if !strings.HasPrefix(told, asked[:3]) || len(told) > 260 {
			t.Errorf("of a name with %d bytes %d are told: %.20q", len(asked), len(told), told)
		}
	}
}

// F46: a side that goes away within the handshake, at its beginning or in the middle of a
// record, is told of as that.
func TestEndsWithinTheHandshake(t *testing.T) {
	for name, first := range map[string]string{"at once": "", "within a record": "\x16\x03\x03\x40\x00\x02\x00\x3f"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if c, err := l.Accept(); err == nil {
				c.Read(make([]byte, 4096)) // the ClientHello
				io.WriteString(c, first)
				c.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, c)
				c.Close()
			}
		}()
		_, _, err = client(t, "tls://"+l.Addr().String(), sockeye.TLSOptions{})
		l.Close()
		says(t, sockeye.ErrorOf(err), "the server closed the connection during the TLS handshake", "tcp://")

		s, r := server(t, sockeye.Options{}, nil)
		c := dialPlain(t, s.Locals()[0].String())
		io.WriteString(c, strings.Replace(first, "\x02\x00\x3f", "\x01\x00\x3f", 1))
		c.(*net.TCPConn).CloseWrite()
		if name == "at once" {
			readFull(c, make([]byte, 1)) // who said nothing at all is no failure of TLS
			continue
		}
		says(t, r.WaitKind(t, sockeye.Failed, 1).Detail.Err, "the client closed the connection during the TLS handshake", "sockeye ca")
	}
}

// C44: a session that is resumed is said to be so, and has what was agreed on at first. The
// server gives tickets in TLS 1.2 only: keepTicketsFromLeavers.
func TestResumptionIsSaid(t *testing.T) {
	s, r := server(t, sockeye.Options{TLS: sockeye.TLSOptions{Protocols: "chat"}}, transporttest.Echoing{})
	cache := stdtls.NewLRUClientSessionCache(1)
	for n := 1; n <= 2; n++ {
		c := dialForeign(t, s.Locals()[0].String(), func(c *stdtls.Config) {
			c.ClientSessionCache, c.NextProtos, c.MaxVersion = cache, []string{"chat"}, stdtls.VersionTLS12
		})
		io.WriteString(c, "hello")
		if err := readFull(c, make([]byte, 5)); err != nil { // with it comes the ticket
			t.Fatal(err)
		}
		c.Close()
		if got := r.WaitKind(t, sockeye.Joined, n).Detail.TLS; got.Resumed != (n == 2) || got.ALPN != "chat" || got.Version != "TLS 1.2" {
			t.Errorf("handshake %d: %+v", n, got)
		}
	}
}
