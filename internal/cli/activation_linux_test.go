package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"sockeye/internal/freeport"
)

// activated runs sockeye as systemd does for a socket unit: it is started by the first
// connection, with the listening socket.
func activated(t *testing.T, address string, args ...string) *program {
	t.Helper()
	words := append([]string{"--listen=" + address, "--setenv=SOCKEYE_HOME=" + t.TempDir(), "--setenv=LANG=C.UTF-8", "sockeye"}, args...)
	p := run(t, "systemd-socket-activate", words...)
	if !p.errs.await("Listening on "+address, p.wait, p.ended) {
		t.Fatalf("systemd-socket-activate says %q", p.errs)
	}
	return p
}

// A server takes the socket that the service manager has opened for its address: who connected
// before it ran is served, and so is who comes later.
func TestActivatedListen(t *testing.T) {
	address := fmt.Sprintf("127.0.0.1:%d", freeport.Find(t))
	p := activated(t, address, "listen", address, "--echo", "--recv-only", "--json")
	for range 2 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		answer := make([]byte, 5)
		if _, err := c.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, answer); err != nil || string(answer) != "hello" {
			t.Fatalf("answer %q, %v; it said %q and %q", answer, err, p.out, p.errs)
		}
	}
	p.prints(`"local":"` + address + `"`)
}

// So does the page; and an address that nobody handed over is bound as always.
func TestActivatedPage(t *testing.T) {
	port := freeport.Find(t)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	p := activated(t, address, "ui", "--port", fmt.Sprint(port), "--no-browser")
	client := http.Client{Timeout: patience}
	for _, host := range []string{address, fmt.Sprintf("[::1]:%d", port)} {
		response, err := client.Get("http://" + host + "/")
		if err != nil {
			t.Fatalf("%v; it said %q and %q", err, p.out, p.errs)
		}
		response.Body.Close()
		p.prints("http://" + address + "/")
	}
}
