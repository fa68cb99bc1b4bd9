package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"testing"
	"time"

	"sockeye/internal/netinfo"
)

// dialled is a connection to a server, and its address.
func dialled(t *testing.T, address net.Addr) (net.Conn, netip.AddrPort) {
	t.Helper()
	c, err := net.Dial("tcp", address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, netinfo.AddrPort(address)
}

// A server of TLS finishes its handshake with the doctor, and so has nothing to complain of.
func TestHandshakeIsFinished(t *testing.T) {
	lender := httptest.NewTLSServer(http.NotFoundHandler())
	defer lender.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: lender.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	finished := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			defer c.Close()
			err = c.(*tls.Conn).Handshake()
		}
		finished <- err
	}()
	c, to := dialled(t, l.Addr())
	if got := askSpeech(t.Context(), c, to, "example.com"); got != replyTLS {
		t.Errorf("it speaks %q, want %q", got, replyTLS)
	}
	if err := <-finished; err != nil {
		t.Errorf("the server's handshake ended with %v", err)
	}
}

// No wait is longer than the whole collection: a peer that says nothing holds nothing up.
func TestWaitsEndWithTheCollection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	c, _ := dialled(t, l.Addr())
	if said, outcome := hear(ctx, c, time.Hour); len(said) > 0 || outcome != Open {
		t.Errorf("a silent server said %q, and is %s", said, outcome)
	}
	if p := probeUDP(ctx, netinfo.AddrPort(datagrams.LocalAddr()), time.Hour); p.Outcome != NotTried {
		t.Errorf("a receiver that had too little time to answer is %s", p.Outcome)
	}
	c.SetReadDeadline(within(ctx, time.Hour))
	if _, err := io.ReadFull(c, make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a wait ended with %v", err)
	}
}
