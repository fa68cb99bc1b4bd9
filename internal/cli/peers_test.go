//go:build linux

package cli

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sockeye/internal/terminal"
)

// The real binary with programs that nobody here wrote: the tutorial's Python
// program, Debian's ncat and socat.

// hostPort takes "127.0.0.1:54036" apart, as ncat wants it.
func hostPort(t *testing.T, address string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// The tutorial's program as it is printed, and the PC on Sockeye: hello arrives,
// the answer is printed and comes back. When the PC closes, the original spins.
func TestTutorialProgram(t *testing.T) {
	t.Parallel()
	pc := serve(t, "listen", "127.0.0.1:0")
	host, port := hostPort(t, pc.local(t).String())
	board := run(t, "python3", "-u", filepath.Join("testdata", "tutorial.py"), host, port)
	experiment(t, pc, board)
	pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
	board.prints("b''\nb''\nb''\n")
	select {
	case <-board.ended:
		t.Error("the original ended by itself, which it never does")
	default:
	}
}

// With the two lines changed that demo tells, the program ends with the connection.
func TestTutorialProgramMended(t *testing.T) {
	t.Parallel()
	original, err := os.ReadFile(filepath.Join("testdata", "tutorial.py"))
	if err != nil {
		t.Fatal(err)
	}
	mended := bytes.Replace(original, []byte("    if text == '':\n        pass\n"), []byte("    if not text:\n        break\n"), 1)
	if bytes.Equal(mended, original) {
		t.Fatal("the lines to change are not there")
	}
	path := filepath.Join(t.TempDir(), "mended.py")
	if err := os.WriteFile(path, mended, 0o600); err != nil {
		t.Fatal(err)
	}
	pc := serve(t, "listen", "127.0.0.1:0")
	host, port := hostPort(t, pc.local(t).String())
	board := run(t, "python3", "-u", path, host, port)
	experiment(t, pc, board)
	pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
	board.ends(0)
	if want := "b'https://www.walnutpi.com'\n"; board.out.String() != want {
		t.Errorf("the board printed %q, want %q", board.out, want)
	}
}

// experiment is the tutorial's: the board greets, the PC answers, the board prints
// the answer and sends it back.
func experiment(t *testing.T, pc *server, board *program) {
	t.Helper()
	pc.wait(t, "received", "bytes=15", "data="+boardHello)
	must(t, pc.say("https://www.walnutpi.com"))
	board.prints("b'https://www.walnutpi.com'\n")
	pc.wait(t, "received", "data=https://www.walnutpi.com")
}

// boardHello is what the tutorial's board says first.
const boardHello = "Hello 01Studio!"

// Sockeye plays the board, and ncat the PC.
func TestDeviceWithNcat(t *testing.T) {
	t.Parallel()
	pc := run(t, "ncat", "-l", "127.0.0.1", "0")
	board := serve(t, "device", pc.address("127.0.0.1"))
	pc.prints(boardHello)
	pc.says("turn on the lamp\n")
	board.wait(t, "received", `data=turn on the lamp\n`)
	pc.prints(boardHello + "turn on the lamp\n")
	pc.in.Close() // ncat finishes sending: the board leaves, as it has nothing to wait for
	board.wait(t, "left", "reason=eof")
	board.stop(t, nil, terminal.ExitOK)
	pc.ends(0)
}

// Thirty ncats at one terminal: each is answered alone, then all at once.
func TestThirtyNcatsAtTerminal(t *testing.T) {
	t.Parallel()
	x := openTerminal(t, "listen", "127.0.0.1:0")
	_, address, _ := strings.Cut(strings.TrimSpace(x.await("listening on")), "tcp://")
	host, port := hostPort(t, address)
	var clients [30]*program
	for n := range clients {
		clients[n] = run(t, "ncat", host, port)
		clients[n].says(fmt.Sprintf("I am %d.\n", n))
		head, _, _ := strings.Cut(x.await(fmt.Sprintf("  I am %d.", n)), "  I am")
		_, id, _ := strings.Cut(head, "#")
		id, _, _ = strings.Cut(id, " ")
		x.enter("/to " + id)
		x.await(id + ">")
		x.enter(fmt.Sprintf("only for %d", n))
		clients[n].prints(fmt.Sprintf("only for %d\n", n))
	}
	x.enter("/to all")
	x.enter("for all of you")
	for n, c := range clients {
		want := fmt.Sprintf("only for %d\nfor all of you\n", n)
		c.prints("for all of you\n")
		if got := c.out.String(); got != want {
			t.Errorf("client %d got %q, want %q", n, got, want)
		}
	}
	x.tmux("send-keys", "C-d")
	x.exits(terminal.ExitOK)
	for _, c := range clients {
		c.in.Close() // it reads its input to the end, whatever the other side does
		c.ends(0)
	}
}

// Thirty ncats and standard input: all get it, and each one's words are its own.
func TestThirtyNcatsFromInput(t *testing.T) {
	t.Parallel()
	pc := serve(t, "listen", "127.0.0.1:0")
	host, port := hostPort(t, pc.local(t).String())
	var clients [30]*program
	for n := range clients {
		clients[n] = run(t, "ncat", host, port)
		clients[n].says(fmt.Sprintf("I am %d.\n", n))
		pc.wait(t, "received", fmt.Sprintf(`data=I am %d.\n`, n), "peer_id="+strconv.Itoa(n+1))
	}
	must(t, pc.say("for all of you\n"))
	for _, c := range clients {
		c.prints("for all of you\n")
	}
	pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
	for _, c := range clients {
		c.in.Close() // it reads its input to the end, whatever the other side does
		c.ends(0)
	}
}

// tools are how ncat and socat listen and connect over a network, with standard
// input and output as the other end.
var tools = map[string]struct {
	listen, connect func(network, host, port string) []string
}{
	"ncat": {
		listen: func(network, host, port string) []string { return append(ncatFlags(network), "-l", host, port) },
		connect: func(network, host, port string) []string {
			return append(ncatFlags(network), host, port)
		},
	},
	"socat": {
		listen: func(network, host, port string) []string {
			return []string{"-", socatName(network) + "-LISTEN:" + port + ",bind=" + bracketed(host)}
		},
		connect: func(network, host, port string) []string {
			return []string{"-", socatName(network) + ":" + bracketed(host) + ":" + port}
		},
	},
}

func ncatFlags(network string) []string {
	flags := []string{"-" + network[3:]}
	if strings.HasPrefix(network, "udp") {
		flags = append(flags, "-u")
	}
	return flags
}

func socatName(network string) string { return strings.ToUpper(network) }

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// Both transports, both families, both tools, both ways round: what one says the
// other hears.
func TestConversations(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"tcp4", "tcp6", "udp4", "udp6"} {
		host := "127.0.0.1"
		if network[3] == '6' {
			host = "::1"
			if yes, err := scriptCondition("ipv6"); err != nil {
				t.Error(err)
				continue
			} else if !yes {
				t.Log("not over IPv6: this machine has none")
				continue
			}
		}
		for tool, how := range tools {
			t.Run(tool+" connects over "+network, func(t *testing.T) {
				t.Parallel()
				pc := serve(t, "listen", network+"://"+net.JoinHostPort(host, "0"))
				_, port := hostPort(t, pc.local(t).String())
				converse(t, pc, run(t, tool, how.connect(network, host, port)...))
			})
			t.Run(tool+" listens over "+network, func(t *testing.T) {
				t.Parallel()
				other := run(t, tool, how.listen(network, host, "0")...)
				converse(t, serve(t, "connect", network+"://"+other.address(host)), other)
			})
		}
	}
}

// converse lets a sockeye and a program say something to each other. A UDP server
// does not know whom to answer before it was spoken to, so each side begins once.
func converse(t *testing.T, ours *server, other *program) {
	t.Helper()
	if ours.cmd.Args[1] == "connect" {
		must(t, ours.say("first\n"))
		other.prints("first\n")
	}
	other.says("from there 你\n")
	ours.wait(t, "received", `data=from there 你\n`)
	must(t, ours.say("from here 好\n"))
	other.prints("from here 好\n")
	ours.stop(t, syscall.SIGTERM, terminal.ExitOK)
}

// ncat finishes sending and still reads: all that was sent before comes back.
func TestHalfCloseWithNcat(t *testing.T) {
	t.Parallel()
	path, want := randomFile(t, 3<<20)
	pc := serve(t, "listen", "127.0.0.1:0", "--echo")
	host, port := hostPort(t, pc.local(t).String())
	cmd := command(t, "ncat", host, port)
	cmd.Stdin = openFile(t, path, os.O_RDONLY)
	client := start(t, cmd)
	pc.wait(t, "finished", "reason=eof")
	pc.wait(t, "left", "reason=eof")
	client.ends(0)
	if got := client.out.String(); sha256.Sum256([]byte(got)) != want {
		t.Errorf("%d bytes came back, want the 3 MiB that were sent", len(got))
	}
	pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
}

// ncat --send-only closes at the end of its input; -C makes CRLF of line ends, on
// both sides.
func TestSendOnlyAndCRLF(t *testing.T) {
	t.Parallel()
	pc := serve(t, "listen", "127.0.0.1:0")
	host, port := hostPort(t, pc.local(t).String())
	client := run(t, "ncat", "--send-only", "-C", host, port)
	client.says("AT\n")
	client.in.Close()
	pc.wait(t, "received", `data=AT\r\n`)
	pc.wait(t, "finished", "reason=eof")
	client.ends(0)
	pc.stop(t, syscall.SIGTERM, terminal.ExitOK)

	other := run(t, "ncat", "-l", "127.0.0.1", "0")
	ours := run(t, "sockeye", "connect", "-C", other.address("127.0.0.1"))
	ours.says("AT\nOK\r\n")
	ours.in.Close()
	other.prints("AT\r\nOK\r\n")
	other.ends(0)
	ours.ends(terminal.ExitOK)
}
