package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"

	"sockeye"
	"sockeye/internal/pcapng"
)

// capturing runs tcpdump on loopback while do makes traffic on port, and returns
// what it wrote once an event that ends so can be read from it: a packet reaches
// tcpdump some time after it reached its socket.
func capturing(t *testing.T, port int, do func(), ending string) []byte {
	t.Helper()
	if _, err := exec.LookPath("tcpdump"); err != nil || os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("this test needs tcpdump and root: %v", err)
		}
		t.Skip("needs tcpdump and root")
	}
	file := filepath.Join(t.TempDir(), "capture")
	// By default the kernel keeps 32 packets of loopback for tcpdump and drops the rest:
	// fewer than a conversation takes on a machine that has no time for tcpdump.
	cmd := exec.Command("tcpdump", "-U", "--immediate-mode", "-B", "65536", "-Z", "root", "-i", "lo", "-w", file, fmt.Sprintf("port %d", port))
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, 4096)
	for said := ""; !strings.Contains(said, "listening on"); {
		n, err := errs.Read(ready)
		if err != nil {
			t.Fatalf("tcpdump: %s, %v", said, err)
		}
		said += string(ready[:n])
	}
	do()
	complete := func() bool {
		found, _ := os.ReadFile(file)
		return slices.ContainsFunc(written(found), func(e string) bool { return strings.HasSuffix(e, ending) })
	}
	for deadline := time.Now().Add(time.Minute); !complete(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			cmd.Process.Signal(os.Interrupt)
			statistics, _ := io.ReadAll(errs)
			found, _ := os.ReadFile(file)
			t.Fatalf("tcpdump never saw an event that ends in %q, but %q; it says: %s", ending, written(found), statistics)
		}
	}
	cmd.Process.Signal(os.Interrupt)
	io.Copy(io.Discard, errs)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	found, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// written is what can be read of a capture that grows.
func written(file []byte) (events []string) {
	d, err := NewReader(bytes.NewReader(file), CaptureOptions{})
	for err == nil {
		var e sockeye.Event
		if e, err = d.Next(); err == nil {
			events = append(events, shortly(e))
		}
	}
	return events
}

// read is every event of a capture, and what was lost on the way.
func read(t testing.TB, file []byte) (events []string, lost []string) {
	t.Helper()
	d, err := NewReader(bytes.NewReader(file), CaptureOptions{Lost: func(x pcapng.Damage) { lost = append(lost, x.What.En) }})
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); ; n++ {
		e, err := d.Next()
		if errors.Is(err, io.EOF) {
			return events, lost
		}
		if err != nil || e.Seq != n || e.Time.IsZero() || e.Session == nil {
			t.Fatalf("event %d: %+v, %v", n, e, err)
		}
		events = append(events, shortly(e))
	}
}

// shortly is an event as its kind, its data, its reason, what a gap lost and the
// true length of a datagram.
func shortly(e sockeye.Event) string {
	line := e.Kind.String()
	if len(e.Data) > 0 {
		line += " " + string(e.Data)
	}
	if e.Detail == nil {
		return line
	}
	if e.Detail.Reason != "" {
		line += " " + string(e.Detail.Reason)
	}
	if e.Kind == sockeye.Gap {
		line += fmt.Sprint(" ", e.Detail.Lost.Bytes)
	}
	if e.Detail.Datagram > 0 {
		line += fmt.Sprintf(" (%d)", e.Detail.Datagram)
	}
	return line
}

// A conversation that tcpdump saw comes out as the events that Sockeye would have
// recorded as its server.
func TestTCPConversation(t *testing.T) {
	for _, c := range []struct{ name, network, host string }{{"IPv4", "tcp4", "127.0.0.1"}, {"IPv6", "tcp6", "::1"}} {
		t.Run(c.name, func(t *testing.T) {
			l, err := net.Listen(c.network, net.JoinHostPort(c.host, "0"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			file := capturing(t, l.Addr().(*net.TCPAddr).Port, func() { converse(t, l) }, "left eof")
			events, lost := read(t, file)
			want := []string{"opened", "joined", "received Hello 01Studio!", "sent answer", "received the end", "finished eof", "finished local", "left eof"}
			if diff := cmp.Diff(want, events); diff != "" || len(lost) > 0 {
				t.Errorf("%s %v", diff, lost)
			}
		})
	}
}

// converse has a client say something, a server answer, and both close in order.
func converse(t *testing.T, l net.Listener) {
	done := make(chan error, 1)
	go func() {
		done <- func() error {
			s, err := l.Accept()
			if err != nil {
				return err
			}
			defer s.Close()
			if _, err := io.ReadFull(s, make([]byte, 15)); err != nil {
				return err
			}
			if _, err := s.Write([]byte("answer")); err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, s)
			return err
		}()
	}()
	c, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("Hello 01Studio!"))
	if _, err := io.ReadFull(c, make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	c.Write([]byte("the end"))
	c.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, c)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A capture of a question and an answer over UDP is read as the two datagrams.
func TestUDPDatagrams(t *testing.T) {
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	port := server.LocalAddr().(*net.UDPAddr).Port
	file := capturing(t, port, func() {
		c, err := net.Dial("udp4", server.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write([]byte("question"))
		buf := make([]byte, 100)
		_, from, err := server.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		server.WriteTo([]byte("the end"), from)
	}, "the end")
	events, _ := read(t, file)
	if len(events) != 4 || !strings.Contains(strings.Join(events, ","), "question") {
		t.Errorf("%q", events)
	}
}

// The bytes are those that tshark follows.
func TestSameAsTshark(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file := capturing(t, l.Addr().(*net.TCPAddr).Port, func() { converse(t, l) }, "left eof")
	if diff := cmp.Diff(theirs(t, file), ours(t, file)); diff != "" {
		t.Errorf("tshark (-) has other bytes:\n%s", diff)
	}
}

// T39: whatever a capture holds, reading ends, without a panic and in bounded
// memory.
func FuzzReader(f *testing.F) {
	for _, file := range seeds(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		d, err := NewReader(bytes.NewReader(file), CaptureOptions{})
		if err != nil {
			return
		}
		for {
			e, err := d.Next()
			if err != nil {
				return
			}
			if len(e.Data) > maxPacket {
				t.Fatalf("%d bytes in one event", len(e.Data))
			}
			if d.tcp.waiting > maxWaiting || d.tcp.waiting < 0 || d.fragments.cost > maxFragmentBytes || d.fragments.cost < 0 {
				t.Fatalf("%d and %d bytes wait", d.tcp.waiting, d.fragments.cost)
			}
		}
	})
}

// FuzzPacket is FuzzReader without a file around: whatever the packets of a link
// are, taking them in ends.
func FuzzPacket(f *testing.F) {
	for _, c := range linkCases(f) {
		client, server := client4, server4
		if c.six {
			client, server = client6, server6
		}
		f.Add(uint16(c.link), c.wrap(udpPacket(f, client, server, "question")), []byte{})
	}
	for _, c := range tcpCases(f) {
		f.Add(uint16(c.packets[0].link), c.packets[0].data, c.packets[len(c.packets)-1].data)
	}
	for _, client := range []netip.AddrPort{client4, client6} {
		server := server4
		if client == client6 {
			server = server6
		}
		pieces := fragmentsOf(udpPacket(f, client, server, "0123456789"), 8, 7)
		f.Add(uint16(linkRaw), pieces[0], pieces[1])
	}
	f.Fuzz(func(t *testing.T, link uint16, one, two []byte) {
		w := newWaitingReader(t, nil)
		for _, p := range [][]byte{one, two, one} {
			w.take(built{link: layers.LinkType(link), data: p})
		}
		w.finish()
		if w.tcp.waiting != 0 || w.fragments.cost != 0 {
			t.Fatalf("%d and %d bytes wait at the end", w.tcp.waiting, w.fragments.cost)
		}
	})
}
