package tutorial

import (
	"bytes"
	"fmt"
	"net"
	"syscall"
	"testing"

	"sockeye"
	"sockeye/internal/terminal"
)

// The five-tuple in TIME_WAIT is the demo's own: connections of other programs from the same
// local end are no part of it.
func TestDemoShowsItsOwnTimeWait(t *testing.T) {
	reuse := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1) })
	}}
	dial := func() (client, server *net.TCPConn) {
		t.Helper()
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c, err := reuse.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		reuse.LocalAddr = c.LocalAddr()
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return c.(*net.TCPConn), s.(*net.TCPConn)
	}
	var out bytes.Buffer
	d := &tcpDemo{tutorialCommands: &tutorialCommands{Terminal: &terminal.Terminal{Streams: terminal.Streams{Out: &out, Err: &out}, Ctx: t.Context(), Lang: sockeye.English}}}
	d.client, d.server = dial()
	for range 16 {
		client, server := dial()
		finish(t, client, server)
	}
	d.client.CloseWrite()
	want := fmt.Sprintf("   tcp %s ⇄ %s\n   TIME-WAIT\n", d.client.LocalAddr(), d.client.RemoteAddr())
	if err := d.timeWait(); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(out.Bytes(), []byte(want)) {
		t.Errorf("it shows\n%s, want at its end\n%s", out.String(), want)
	}
}

// finish closes a connection from the client's side, which keeps it in TIME_WAIT.
func finish(t *testing.T, client, server *net.TCPConn) {
	t.Helper()
	client.CloseWrite()
	if _, err := server.Read(make([]byte, 1)); err == nil {
		t.Fatal("the client sent something")
	}
	server.Close()
	client.Close()
}
