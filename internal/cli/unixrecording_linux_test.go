package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sockeye/internal/terminal"
)

// A recording of Unix sockets, whose peers have no IP address, goes the same ways as one
// of TCP: every export has its bytes and its peer, a pcapng export and a repaired one
// read as the recording itself, a peer is found by its address, and what it sent can be
// sent again, to a Unix socket and to a TCP socket.
func TestRecordingOfUnixSockets(t *testing.T) {
	for _, network := range []string{"unix", "unixgram", "unixpacket"} {
		t.Run(network, func(t *testing.T) {
			dir := t.TempDir()
			in := func(name string) string { return filepath.Join(dir, name) }
			said := "hello\x01\x00=cmd\n"
			if err := os.WriteFile(in("said"), []byte(said), 0o600); err != nil {
				t.Fatal(err)
			}
			socket, rec := network+"://"+in("s"), in("rec")
			server := run(t, "sockeye", "listen", socket, "--echo", "--record", rec)
			listens(server)
			asks := []string{"connect", socket, "--send-file", in("said"), "--expect", "cmd", "--timeout", patience.String()}
			run(t, "sockeye", asks...).ends(terminal.ExitOK)
			server.cmd.Process.Signal(syscall.SIGTERM)
			server.ends(terminal.ExitOK)

			log := func(args ...string) string {
				t.Helper()
				p := run(t, "sockeye", append([]string{"log"}, args...)...)
				p.ends(terminal.ExitOK)
				return p.out.String()
			}
			shown := log("show", rec)
			log("export", rec, "--format", "pcapng", "--output", in("out.pcapng"))
			log("repair", rec, in("repaired"))
			for _, again := range []string{"out.pcapng", "repaired"} {
				if got := log("show", in(again)); got != shown {
					t.Errorf("%s has\n%s\nthe recording has\n%s", again, got, shown)
				}
				if got := log("verify", in(again)); !strings.Contains(got, "sound") {
					t.Errorf("%s: %s", again, got)
				}
			}
			if got := log("export", rec, "--format", "text"); got != shown {
				t.Errorf("the text export has\n%s", got)
			}

			rows, err := csv.NewReader(strings.NewReader(log("export", rec, "--format", "csv"))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			var peer string
			for _, row := range rows {
				if row[3] == "received" {
					peer = strings.TrimPrefix(row[6], "'") // which is before what a spreadsheet would take for a formula
					if row[4] != network || row[5] != in("s") || peer == "" || row[10] != "68656c6c6f01003d636d640a" {
						t.Errorf("the CSV export has %q", row)
					}
				}
			}
			received := 0
			for line := range strings.Lines(log("export", rec, "--format", "json")) {
				var e struct {
					Kind, Network, Local, Peer string
					Data                       []byte
				}
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatal(err)
				}
				if e.Kind == "received" {
					received++
					if e.Network != network || e.Local != in("s") || e.Peer != peer || string(e.Data) != said {
						t.Errorf("the JSON export has %s", line)
					}
				}
			}
			if received != 1 {
				t.Errorf("%d events received in the JSON export", received)
			}

			if got := log("search", rec, "cmd", "--direction", "received"); !strings.Contains(got, "event 3, byte 8") {
				t.Errorf("search finds %q", got)
			}
			if got := log("show", rec, "--peer", peer, "--direction", "received"); strings.Count(got, "hello") != 1 {
				t.Errorf("of peer %s it shows %q", peer, got)
			}
			if got := log("ls", rec); !strings.Contains(got, peer) || !strings.Contains(got, "12 B in 1") {
				t.Errorf("ls has %q", got)
			}

			log("export", rec, "--format", "raw", "--output", in("raw"))
			raw := filepath.Join(in("raw"), "s1_peer-1_received.bin")
			if got, err := os.ReadFile(raw); err != nil || !bytes.Equal(got, []byte(said)) {
				t.Fatalf("the raw export has %q, %v", got, err)
			}
			sendAgain(t, network+"://"+in("again"), raw)
			sendAgain(t, "127.0.0.1:0", raw)
		})
	}
}

// listens waits until a server that prints no events on standard output listens.
func listens(p *program) {
	p.t.Helper()
	if !p.errs.await("listening on", p.wait, p.ended) {
		p.t.Fatalf("%s never listened; it said %q", p.cmd.Args, p.errs)
	}
}

// sendAgain sends what was recorded to a server that echoes, on the address, and hears
// it from there.
func sendAgain(t *testing.T, address, raw string) {
	t.Helper()
	server := run(t, "sockeye", "listen", address, "--echo")
	if !strings.Contains(address, "://") {
		address = server.address("127.0.0.1")
	} else {
		listens(server)
	}
	client := run(t, "sockeye", "connect", address, "--send-file", raw, "--expect", `hello\x01\x00=cmd\n`, "--timeout", patience.String())
	client.ends(terminal.ExitOK)
	server.cmd.Process.Signal(syscall.SIGTERM)
	server.ends(terminal.ExitOK)
}
