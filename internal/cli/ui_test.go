package cli

import (
	"bytes"
	"net"
	"net/http"
	"testing"

	"sockeye/internal/api"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
)

// hasLoopback6 says whether this machine has ::1.
func hasLoopback6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// listening is where the page would be, until the test ends, and what was said.
func listening(t *testing.T, f *uiFlags) (hosts, ports []string, said string) {
	t.Helper()
	var out bytes.Buffer
	found, err := (&app{Terminal: &terminal.Terminal{}}).listenForPage(f, func(text string) { out.WriteString(text) })
	if err != nil {
		t.Fatal(err)
	}
	server, err := api.New(api.Config{Bench: core.New(0)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close(t.Context()) })
	for _, l := range found {
		server.Allow(l)
	}
	for _, l := range found {
		go server.Serve(l)
		host, port, _ := net.SplitHostPort(l.Addr().String())
		hosts, ports = append(hosts, host), append(ports, port)
	}
	return hosts, ports, out.String()
}

// The page is on both loopback addresses, on one port, where the machine has both.
func TestPageOnBothLoopbacks(t *testing.T) {
	f := newUIFlags()
	f.port = 0
	hosts, ports, _ := listening(t, f)
	if want := hasLoopback6(); (len(hosts) == 2) != want || hosts[0] != "127.0.0.1" {
		t.Fatalf("%v, and ::1 is here: %v", hosts, want)
	}
	for n, host := range hosts {
		if ports[n] != ports[0] {
			t.Errorf("ports %v", ports)
		}
		resp, err := http.Get("http://" + net.JoinHostPort(host, ports[n]) + "/")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", host, resp.Status)
		}
	}
}

// Who says --bind means that address alone.
func TestPageWhereBindSays(t *testing.T) {
	f := newUIFlags()
	f.port, f.bindGiven = 0, true
	if hosts, _, _ := listening(t, f); len(hosts) != 1 {
		t.Errorf("%v", hosts)
	}
}

// A port of which another program has [::1] is not taken by half.
func TestPageNotBesideAnother(t *testing.T) {
	if !hasLoopback6() {
		return // nobody can have it
	}
	other, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	f := newUIFlags()
	at := other.Addr().(*net.TCPAddr).Port
	f.port = uint16(at)
	_, ports, said := listening(t, f)
	if ports[0] == other.Addr().String()[len("[::1]:"):] || said == "" {
		t.Errorf("%v beside %v: %q", ports, other.Addr(), said)
	}
}
