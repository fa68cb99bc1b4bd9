package pcapng

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// tshark runs it on a segment and gives what it prints.
func tshark(t *testing.T, segment []byte, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test needs tshark: ", err)
		}
		t.Skip("needs tshark: ", err)
	}
	file := filepath.Join(t.TempDir(), "segment.pcapng")
	if err := os.WriteFile(file, segment, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(t.Context(), program, append([]string{"-n", "-r", file}, args...)...)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("tshark %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	for line := range strings.Lines(stderr.String()) {
		if !strings.HasPrefix(line, "Running as user") {
			t.Errorf("tshark says: %s", line)
		}
	}
	return stdout.String()
}

// faulty selects every packet with which Wireshark finds something wrong. That a
// connection was reset is a warning too, but one that is right.
const faulty = `tcp.analysis.flags || _ws.malformed || _ws.expert.severity == "Error" || (_ws.expert.severity == "Warning" && !tcp.connection.rst) || ` +
	`tcp.checksum.status == "Bad" || ip.checksum.status == "Bad" || udp.checksum.status == "Bad"`

// conversation is what "Follow stream" shows: the bytes each side sent, by its
// address.
type conversation map[string]string

// inspect is the packets that tshark finds fault with, and what the first n
// streams of a network hold.
func inspect(t *testing.T, segment []byte, network string, n int) (faults string, all []conversation) {
	t.Helper()
	args := []string{"-Y", faulty, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"}
	for i := range n {
		args = append(args, "-z", fmt.Sprintf("follow,%s,raw,%d", network, i))
	}
	var nodes [2]string
	lines := bufio.NewScanner(strings.NewReader(tshark(t, segment, args...)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "===") || line == "" || strings.HasPrefix(line, "Filter: "):
		case strings.HasPrefix(line, "Follow: "):
			all = append(all, conversation{})
		case len(all) == 0:
			faults += line + "\n"
		case strings.HasPrefix(line, "Node "):
			nodes[line[5]-'0'] = line[len("Node 0: "):]
		default:
			side := 0
			if strings.HasPrefix(line, "\t") {
				side = 1
			}
			b, err := hex.DecodeString(strings.TrimSpace(line))
			if err != nil {
				t.Fatal(err)
			}
			all[len(all)-1][nodes[side]] += string(b)
		}
	}
	slices.Reverse(all) // they are printed last one first
	return faults, all
}

// conversations are what follow must show of a scene.
func (s *scene) conversations(network string) []conversation {
	var all []conversation
	byPeer := map[*sockeye.Peer]conversation{}
	for _, e := range s.events {
		if e.Peer == nil || string(e.Peer.Network) != network {
			continue
		}
		c := byPeer[e.Peer]
		if c == nil {
			c = conversation{}
			byPeer[e.Peer] = c
			all = append(all, c)
		}
		if from := e.Peer.Remote; e.Kind == sockeye.Received {
			c[node(from.AddrPort())] += string(e.Data)
		} else if e.Kind == sockeye.Sent {
			c[node(e.Peer.Local.AddrPort())] += string(e.Data)
		}
	}
	return all
}

// node is an address as tshark prints it: IPv6 in brackets, without its zone.
func node(a netip.AddrPort) string {
	return netip.AddrPortFrom(a.Addr().WithZone(""), a.Port()).String()
}

// wantWireshark fails unless tshark finds nothing wrong and shows the bytes.
func wantWireshark(t *testing.T, segment []byte, network string, want []conversation) {
	t.Helper()
	faults, got := inspect(t, segment, network, len(want))
	if faults != "" {
		t.Errorf("tshark finds fault with:\n%.2000s", faults)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("streams: %.2000s", diff)
	}
}

// wantBoth is wantWireshark for a scene of one network, which must also be read
// back by ourselves.
func wantBoth(t *testing.T, s *scene, network string, o EncodeOptions) {
	t.Helper()
	segment := s.encode(o)
	wantEvents(t, s.events, segment)
	wantWireshark(t, segment, network, s.conversations(network))
}

// talk makes a scene of one connection and what crosses it.
func talk(mode sockeye.Mode, address, local, remote string, script func(s *scene, p *sockeye.Peer)) *scene {
	s := newScene()
	on := session("s1", mode, address)
	s.on(on, sockeye.Opened, nil)
	script(s, s.peer(on, local, remote))
	s.on(on, sockeye.Ended, &sockeye.Detail{Reason: sockeye.ReasonLocal})
	return s
}

// greet joins a peer and exchanges a few bytes with it.
func greet(s *scene, p *sockeye.Peer) {
	s.at(p, sockeye.Joined, "")
	s.received(p, "Hello 01Studio!")
	s.sent(p, "hi")
	s.received(p, "x")
	s.received(p, "y")
}

// tshark follows each TCP conversation that we write, and finds the same bytes in it.
func TestWiresharkReadsTCP(t *testing.T) {
	const us, them = "192.168.1.111:10000", "192.168.1.50:54036"
	tcp := func(script func(s *scene, p *sockeye.Peer)) *scene {
		return talk(sockeye.Listen, "tcp://:10000", us, them, script)
	}
	for _, test := range []struct {
		name  string
		scene *scene
	}{
		{"the peer closes", tcp(func(s *scene, p *sockeye.Peer) {
			greet(s, p)
			s.at(p, sockeye.Finished, sockeye.ReasonEOF)
			s.at(p, sockeye.Left, sockeye.ReasonEOF)
		})},
		{"we close", tcp(func(s *scene, p *sockeye.Peer) {
			greet(s, p)
			s.at(p, sockeye.Finished, sockeye.ReasonLocal)
			s.at(p, sockeye.Finished, sockeye.ReasonEOF)
			s.at(p, sockeye.Left, sockeye.ReasonLocal)
		})},
		{"half-closed by the peer", tcp(func(s *scene, p *sockeye.Peer) {
			greet(s, p)
			s.at(p, sockeye.Finished, sockeye.ReasonEOF)
			s.sent(p, "still sending")
			s.sent(p, "and more")
			s.at(p, sockeye.Left, sockeye.ReasonEOF)
		})},
		{"half-closed by us", tcp(func(s *scene, p *sockeye.Peer) {
			greet(s, p)
			s.at(p, sockeye.Finished, sockeye.ReasonLocal)
			s.received(p, "still sending")
			s.received(p, "and more")
			s.at(p, sockeye.Left, sockeye.ReasonLocal)
		})},
		{"reset by the peer", tcp(func(s *scene, p *sockeye.Peer) {
			greet(s, p)
			s.at(p, sockeye.Left, sockeye.ReasonReset)
		})},
		{"reset after its FIN", tcp(func(s *scene, p *sockeye.Peer) {
			greet(s, p)
			s.at(p, sockeye.Finished, sockeye.ReasonEOF)
			s.sent(p, "too late")
			s.at(p, sockeye.Left, sockeye.ReasonReset)
		})},
		{"aborted by us", tcp(func(s *scene, p *sockeye.Peer) {
			greet(s, p)
			s.at(p, sockeye.Left, sockeye.ReasonAborted)
		})},
		{"timed out", tcp(func(s *scene, p *sockeye.Peer) {
			greet(s, p)
			s.at(p, sockeye.Left, sockeye.ReasonTimeout)
		})},
		{"idle, from the middle", tcp(func(s *scene, p *sockeye.Peer) {
			s.sent(p, "in the middle")
			s.received(p, "of it")
			s.at(p, sockeye.Left, sockeye.ReasonIdle)
		})},
		{"ends without a word", tcp(func(s *scene, p *sockeye.Peer) {
			s.at(p, sockeye.Joined, "")
			s.at(p, sockeye.Left, sockeye.ReasonEOF)
		})},
		{"larger than a packet", tcp(func(s *scene, p *sockeye.Peer) {
			greet(s, p)
			for _, n := range []int{65495, 65496, 64 << 10, 128 << 10, 256<<10 + 1} {
				s.received(p, noise(n))
				s.sent(p, noise(n))
			}
		})},
		{"one way, without an answer", tcp(func(s *scene, p *sockeye.Peer) {
			s.at(p, sockeye.Joined, "")
			for range 40 {
				s.received(p, noise(1<<20))
			}
			s.at(p, sockeye.Left, sockeye.ReasonEOF)
		})},
		{"out, over IPv6", talk(sockeye.Connect, "tcp6://[fe80::1%25eth0]:10000", "[fe80::2%eth0]:50000", "[fe80::1%eth0]:10000",
			func(s *scene, p *sockeye.Peer) {
				greet(s, p)
				s.sent(p, noise(65515))
				s.sent(p, noise(65516))
				s.at(p, sockeye.Left, sockeye.ReasonLocal)
			})},
	} {
		t.Run(test.name, func(t *testing.T) { wantBoth(t, test.scene, "tcp", EncodeOptions{}) })
	}
}

// noise is n bytes that are the same in every run.
func noise(n int) string {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(b)
	return string(b)
}

// Sequence numbers go round at 2^32, in both directions, at every step.
func TestWiresharkFollowsSequenceWrap(t *testing.T) {
	for _, before := range []uint32{0, 1, 2, 3, 10, 1000, 100_000, 17 << 20} {
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			s := talk(sockeye.Listen, "tcp://:10000", "10.0.0.1:10000", "10.0.0.2:54036", func(s *scene, p *sockeye.Peer) {
				greet(s, p)
				for range 3 {
					s.received(p, noise(100_000))
					s.sent(p, noise(70_000))
				}
				if before > 1<<20 {
					for range 20 {
						s.received(p, noise(1<<20))
					}
				}
				s.at(p, sockeye.Finished, sockeye.ReasonEOF)
				s.sent(p, "bye")
				s.at(p, sockeye.Left, sockeye.ReasonEOF)
			})
			wantBoth(t, s, "tcp", EncodeOptions{first: func(*sockeye.Peer, uint32) uint32 { return -before }})
		})
	}
}

// tshark reads our UDP datagrams of each length and family as the same conversation.
func TestWiresharkReadsUDP(t *testing.T) {
	for _, test := range []struct{ name, address, local, remote string }{
		{"IPv4", "udp://:10000", "192.168.1.111:10000", "192.168.1.50:54036"},
		{"IPv4 on a socket for all", "udp://:10000", "[::]:10000", "192.168.1.50:54036"},
		{"IPv6", "udp6://[::1]:10000", "[::1]:10000", "[::1]:54036"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := talk(sockeye.Listen, test.address, test.local, test.remote, func(s *scene, p *sockeye.Peer) {
				s.at(p, sockeye.Joined, "")
				most := 65507
				if p.Remote.Addr().Is6() {
					most = 65527
				}
				s.received(p, "ping")
				s.received(p, "")
				s.sent(p, noise(most))
				s.sent(p, noise(1471))
				s.at(p, sockeye.Left, sockeye.ReasonIdle)
			})
			segment := s.encode(EncodeOptions{})
			wantEvents(t, s.events, segment)
			want := s.conversations("udp")[0]
			local := s.events[1].Peer.Local
			if !local.Addr().Is4() && s.events[1].Peer.Remote.Addr().Is4() { // what IPv4 has for ::
				want = conversation{node(s.events[1].Peer.Remote.AddrPort()): want[node(s.events[1].Peer.Remote.AddrPort())], "0.0.0.0:10000": want[node(local.AddrPort())]}
			}
			wantWireshark(t, segment, "udp", []conversation{want})
		})
	}
}

// A datagram that did not fit the buffer keeps its true length in the headers.
func TestWiresharkSeesTrueLengthOfDatagram(t *testing.T) {
	for _, test := range []struct{ address, local, remote string }{
		{"udp://:10000", "192.168.1.111:10000", "192.168.1.50:54036"},
		{"udp6://[::1]:10000", "[::1]:10000", "[::1]:54036"},
	} {
		s := talk(sockeye.Listen, test.address, test.local, test.remote, func(s *scene, p *sockeye.Peer) {
			s.add(sockeye.Event{Kind: sockeye.Received, Peer: p, Data: []byte("the first bytes"), Detail: &sockeye.Detail{Datagram: 5000}})
		})
		segment := s.encode(EncodeOptions{})
		wantEvents(t, s.events, segment)
		if faults, _ := inspect(t, segment, "udp", 0); faults != "" {
			t.Errorf("tshark finds fault with:\n%s", faults)
		}
		got := tshark(t, segment, "-T", "fields", "-e", "udp.length", "-e", "frame.comment")
		if want := "5008\tthe datagram had 5000 bytes, of which 15 were received\n"; got != want {
			t.Errorf("tshark shows %q, want %q", got, want)
		}
	}
}

// tshark tells the conversations of a hundred peers apart.
func TestWiresharkReadsManyPeers(t *testing.T) {
	s := newScene()
	on := session("s1", sockeye.Listen, "tcp://:10000")
	var peers []*sockeye.Peer
	for i := range 100 {
		peers = append(peers, s.peer(on, "10.0.0.1:10000", fmt.Sprintf("10.0.0.%d:54036", i+2)))
		s.at(peers[i], sockeye.Joined, "")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		p := peers[r.IntN(len(peers))]
		if r.IntN(2) == 0 {
			s.received(p, noise(1+r.IntN(300)))
		} else {
			s.sent(p, noise(1+r.IntN(300)))
		}
	}
	for _, p := range peers {
		s.at(p, sockeye.Left, sockeye.ReasonEOF)
	}
	wantBoth(t, s, "tcp", EncodeOptions{})
}

// The segments of one recording, put together, are one capture.
func TestWiresharkReadsSegmentsTogether(t *testing.T) {
	s := classroom()
	e := NewEncoder(EncodeOptions{})
	var whole []byte
	for i := range s.events {
		if i%3 == 0 {
			whole = e.Begin(whole, s.events[i].Time)
		}
		whole = e.Append(whole, &s.events[i])
	}
	wantEvents(t, s.events, whole)
	wantWireshark(t, whole, "tcp", s.conversations("tcp"))
}

// What is said in words is where Wireshark shows it.
func TestWiresharkShowsWords(t *testing.T) {
	s := classroom()
	p := s.peer(session("s2", sockeye.Connect, "tcp://board.lan:7"), "10.0.0.1:999", "10.0.0.2:7")
	s.at(p, sockeye.Joined, "")
	s.add(sockeye.Event{Kind: sockeye.Faulted, Peer: p, Detail: &sockeye.Detail{Fault: &sockeye.FaultEvent{Kind: "latency", Fault: "latency 5ms", Bytes: 3, DelayMS: 5}}})
	s.add(sockeye.Event{Kind: sockeye.Left, Peer: p, Detail: &sockeye.Detail{
		Reason: sockeye.ReasonReset, Err: &sockeye.Error{Kind: sockeye.Reset, Op: "receive", Target: "10.0.0.2:7", Errno: "ECONNRESET"}}})
	segment := s.encode(EncodeOptions{OS: "linux"})

	got := tshark(t, segment, "-T", "fields", "-E", "separator=|", "-Y", "frame.comment", "-e", "frame.interface_name", "-e", "frame.comment")
	want := strings.Join([]string{
		`s1 tcp-listen://:10000|peer 1, 192.168.1.50:54036, is called "board"`,
		`s1 tcp-listen://:10000|left: the peer closed the connection`,
		`s2 tcp-connect://board.lan:7|left: the peer reset the connection; error: receive 10.0.0.2:7: connection reset by the peer`,
		""}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	blocks := tshark(t, segment, "-X", "read_format:MIME Files Format", "-V")
	for _, want := range []string{
		"User Application: Sockeye", "Comment: session s1 listens on tcp://:10000", "Comment: bound to [::]:10000",
		"Comment: error: accept 192.168.1.51:999: too many peers; close some", "Comment: 3 events with 99 bytes are missing here",
		"Comment: 3 bytes go on 5ms later: latency 5ms",
		"Comment: session closed: closed by us", "Packet ID: 0x0000000000000003",
	} {
		if !strings.Contains(blocks, want) {
			t.Errorf("tshark's list of blocks lacks %q", want)
		}
	}
	if found := regexp.MustCompile(`(?i)malformed|exception`).FindString(blocks); found != "" {
		t.Errorf("tshark's list of blocks says %q", found)
	}
}

// The filter of these tests finds what it looks for.
func TestWiresharkFindsFaults(t *testing.T) {
	s := classroom()
	segment := s.encode(EncodeOptions{})
	spoil := func(offset int) string {
		b := bytes.Clone(segment)
		at := bytes.Index(b, []byte("Hello 01Studio!"))
		b[at+offset] ^= 1
		faults, _ := inspect(t, b, "tcp", 0)
		return faults
	}
	for name, offset := range map[string]int{"payload": 0, "sequence number": -16, "IP checksum": -30} {
		if spoil(offset) == "" {
			t.Errorf("a wrong %s goes unseen", name)
		}
	}
}

// A file that Wireshark wrote anew from ours is no longer ours.
func TestRewrittenByWireshark(t *testing.T) {
	if got := decode([]byte(tshark(t, classroom().encode(EncodeOptions{}), "-w", "-")), DecodeOptions{}); got.err != ErrForeign || len(got.events) > 0 {
		t.Errorf("error %v after %d events, want ErrForeign", got.err, len(got.events))
	}
}
