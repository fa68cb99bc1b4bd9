package pcapng

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// pathScene is a session whose sockets have no IP addresses.
func pathScene() *scene {
	s := newScene()
	l := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: "unix", Path: "/run/x.sock"}}}
	here := sockeye.TextSocketAddr("/run/x.sock")
	s.on(l, sockeye.Opened, &sockeye.Detail{Locals: []sockeye.SocketAddr{here}})
	p := &sockeye.Peer{ID: 1, Session: l, Network: "unix", Local: here, Remote: sockeye.TextSocketAddr("pid:4242")}
	s.add(sockeye.Event{Kind: sockeye.Joined, Peer: p, Detail: &sockeye.Detail{Process: &sockeye.Process{PID: 4242, User: "root", Program: "socat"}}})
	s.received(p, "question")
	s.sent(p, strings.Repeat("answer ", 20_000)) // in several parts
	s.at(p, sockeye.Finished, sockeye.ReasonEOF)
	s.at(p, sockeye.Left, sockeye.ReasonEOF)
	s.on(l, sockeye.Ended, nil)
	return s
}

// What is not IP is read back as it was: addresses, process, path and every byte.
func TestRoundTripWithoutIP(t *testing.T) {
	s := pathScene()
	wantEvents(t, s.events, s.encode(EncodeOptions{}))
}

// Wireshark shows the bytes without any configuration, and finds nothing wrong.
func TestWiresharkReadsWhatIsNotIP(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Fatalf("this test needs tshark: %v", err)
	}
	name := filepath.Join(t.TempDir(), "unix.pcapng")
	if err := os.WriteFile(name, pathScene().encode(EncodeOptions{}), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("tshark", "-r", name, "-T", "fields", "-e", "frame.protocols", "-e", "data.data", "-e", "frame.interface_description").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) < 3 || !bytes.Contains(lines[0], []byte("data")) || !bytes.Contains(lines[0], []byte("7175657374696f6e")) || !bytes.Contains(lines[0], []byte("unix-listen:///run/x.sock")) {
		t.Errorf("tshark shows %d packets, the first is %q", len(lines), lines[0])
	}
	if bad, err := exec.Command("tshark", "-r", name, "-Y", "_ws.malformed || _ws.expert.severity >= 6291456").Output(); err != nil || len(bad) > 0 {
		t.Errorf("tshark finds faults: %s, %v", bad, err)
	}
}

// What happened on the lines of a serial port, and which peers a relay pairs, is read back
// as it was.
func TestRoundTripOfLinesAndPairs(t *testing.T) {
	s := newScene()
	c := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Connect, Address: sockeye.Address{Network: sockeye.Serial, Path: "/dev/ttyUSB0"}}}
	here := sockeye.TextSocketAddr("9600 8N1")
	s.on(c, sockeye.Opened, &sockeye.Detail{Locals: []sockeye.SocketAddr{here}})
	p := &sockeye.Peer{ID: 1, Session: c, Network: sockeye.Serial, Local: here, Remote: sockeye.TextSocketAddr("/dev/ttyUSB0")}
	s.add(sockeye.Event{Kind: sockeye.Joined, Peer: p, Detail: &sockeye.Detail{Lines: &sockeye.LineEvent{ModemLines: sockeye.ModemLines{DTR: true}}}})
	s.add(sockeye.Event{Kind: sockeye.Paired, Peer: p, Detail: &sockeye.Detail{Pair: &sockeye.PeerRef{ID: 2, Session: "s2", Address: "127.0.0.1:1883"}}})
	s.received(p, "question")
	s.add(sockeye.Event{Kind: sockeye.Faulted, Peer: p, Detail: &sockeye.Detail{Fault: &sockeye.FaultEvent{Kind: "corrupt", Fault: "corrupt bits 2 seed 7", Offset: 3, Bytes: 8, Count: 2, Bits: []int{5, 17}}}})
	s.add(sockeye.Event{Kind: sockeye.Lines, Peer: p, Detail: &sockeye.Detail{Lines: &sockeye.LineEvent{ModemLines: sockeye.ModemLines{CTS: true}, Changed: []string{"DTR", "CTS"}, Break: sockeye.BreakSent}}})
	s.at(p, sockeye.Left, sockeye.ReasonUnplugged)
	s.on(c, sockeye.Ended, nil)
	wantEvents(t, s.events, s.encode(EncodeOptions{}))
}

// What TCP did for a peer is kept as statistics of its session, and comes back.
func TestRoundTripOfSamples(t *testing.T) {
	s := newScene()
	c := &sockeye.Session{ID: "s1", Endpoint: sockeye.Endpoint{Mode: sockeye.Listen, Address: sockeye.Address{Network: sockeye.TCP, Port: 10000}}}
	s.on(c, sockeye.Opened, nil)
	p := s.peer(c, "127.0.0.1:10000", "127.0.0.1:54321")
	s.at(p, sockeye.Joined, "")
	s.received(p, "question")
	s.add(sockeye.Event{Kind: sockeye.Sampled, Peer: p, Detail: &sockeye.Detail{TCP: &sockeye.TCPSample{
		TCPInfo: sockeye.TCPInfo{State: "ESTABLISHED", RTT: 1234567, MinRTT: 1000, Retransmits: 3, SegmentsSent: 9, ReceiveWindow: 65535, InFlight: 5, Backoff: 2},
		Unsent:  7, NotReadingFor: 2500 * time.Millisecond}}})
	s.sent(p, "answer")
	s.at(p, sockeye.Left, sockeye.ReasonEOF)
	s.on(c, sockeye.Ended, nil)
	wantEvents(t, s.events, s.encode(EncodeOptions{}))
}
