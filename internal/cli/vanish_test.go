//go:build linux

package cli

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"sockeye/internal/terminal"
)

// What a peer does wrong is an event with its reason. Here real processes do it to
// the real binary.

// python is a program that connects to the server as s and then runs the lines.
func python(t *testing.T, pc *server, lines ...string) *program {
	t.Helper()
	host, port := hostPort(t, pc.local(t).String())
	code := append([]string{"import socket, struct, sys", "s = socket.create_connection((sys.argv[1], sys.argv[2]))"}, lines...)
	return run(t, "python3", "-u", "-c", strings.Join(code, "\n"), host, port)
}

const (
	saysHello   = `s.sendall(b"hello")`
	waitForEver = `sys.stdin.read()`
)

// A process is killed: the kernel says FIN for it if it had read everything, and
// RST if not.
func TestKilledPeer(t *testing.T) {
	t.Parallel()
	t.Run("with nothing unread", func(t *testing.T) {
		t.Parallel()
		pc := serve(t, "listen", "127.0.0.1:0", "--fin-idle", "10ms")
		peer := python(t, pc, saysHello, waitForEver)
		pc.wait(t, "received", "data=hello")
		peer.kill()
		pc.wait(t, "finished", "reason=eof")
		pc.wait(t, "left", "reason=eof")
		pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
	})
	t.Run("with bytes unread", func(t *testing.T) {
		t.Parallel()
		pc := serve(t, "listen", "127.0.0.1:0")
		peer := python(t, pc, saysHello, waitForEver)
		pc.wait(t, "received", "data=hello")
		must(t, pc.say("never read"))
		pc.wait(t, "sent", "data=never read")
		peer.kill()
		pc.wait(t, "left", "reason=reset")
		pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
	})
}

// A peer resets the connection. What it said before is kept.
func TestResettingPeer(t *testing.T) {
	t.Parallel()
	pc := serve(t, "listen", "127.0.0.1:0")
	peer := python(t, pc, saysHello,
		`sys.stdin.readline()`,
		`s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))`,
		`s.close()`)
	pc.wait(t, "received", "data=hello")
	peer.says("now\n")
	pc.wait(t, "left", "reason=reset")
	peer.ends(0)
	pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
}

// A peer finishes sending, reads on, and is still answered.
func TestHalfClosingPeer(t *testing.T) {
	t.Parallel()
	pc := serve(t, "listen", "127.0.0.1:0")
	peer := python(t, pc, saysHello, `s.shutdown(socket.SHUT_WR)`, `print(s.recv(100))`)
	pc.wait(t, "received", "data=hello")
	pc.wait(t, "finished", "reason=eof")
	must(t, pc.say("still here?"))
	peer.prints("b'still here?'\n")
	peer.ends(0)
	must(t, pc.say("and now?")) // only a send can find out that it does not read any more
	pc.wait(t, "left", "reason=reset")
	pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
}

// A peer never reads. With --send-timeout a send to it ends, what it left unsent
// is told, it is aborted, and the others are served.
func TestPeerThatNeverReads(t *testing.T) {
	t.Parallel()
	pc := serve(t, "listen", "127.0.0.1:0", "--send-timeout", "300ms", "--send-buffer", "65536")
	python(t, pc, saysHello, waitForEver)
	pc.wait(t, "received", "data=hello", "peer_id=1")
	other := python(t, pc, saysHello, `while s.recv(1 << 20).find(b"!") < 0: pass`, `print("heard all")`)
	pc.wait(t, "received", "data=hello", "peer_id=2")
	go pc.say(strings.Repeat("0123456789abcdef", 1<<19) + "!") // 8 MiB, more than the kernel takes for one
	failed := pc.wait(t, "error", "peer_id=1", "error.kind=timed-out", "error.op=send")
	if n, _ := failed["unsent_bytes"].(float64); n == 0 {
		t.Errorf("the event does not say how much was not sent: %v", failed)
	}
	pc.wait(t, "left", "peer_id=1", "reason=aborted")
	other.prints("heard all\n")
	pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
}

// A program answers peers that have closed when they closed: each leaves by a reset, with
// the whole answer counted.
func TestProgramAnswersClosedPeers(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"cat > /dev/null; echo answer", "sed s/question/answer/"} {
		pc := serve(t, "listen", "127.0.0.1:0", "-c", answer)
		const n = 20
		for range n {
			c, err := net.Dial("tcp", pc.local(t).String())
			must(t, err)
			_, err = c.Write([]byte("question\n"))
			must(t, err)
			c.Close()
		}
		for range n {
			if left := pc.wait(t, "left"); left["reason"] != "reset" || left["unsent_bytes"] != float64(len("answer\n")) {
				t.Errorf("%s: %v", answer, left)
			}
		}
		pc.stop(t, syscall.SIGTERM, terminal.ExitOK)
	}
}

// A server accepts and closes: what was sent to it was lost, which is the network's fault.
func TestSentToAServerThatCloses(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	for range 10 {
		connect := serve(t, "connect", l.Addr().String(), "--send", "hello")
		c, err := l.Accept()
		must(t, err)
		c.Close()
		connect.wait(t, "left")
		connect.stop(t, nil, terminal.ExitNetwork)
	}
}

// Without --verbose, too, what never reached a peer is told: with the error that ends a client,
// and in a line of a server's.
func TestLossIsToldInAPipe(t *testing.T) {
	t.Parallel()
	path, _ := randomFile(t, 32<<20)
	t.Run("connect", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer l.Close()
		cmd := command(t, "sockeye", "connect", l.Addr().String())
		in := openFile(t, path, os.O_RDONLY)
		cmd.Stdin = in
		client := start(t, cmd)
		c, err := l.Accept()
		must(t, err)
		underWay(t, in)
		c.Close() // with bytes unread
		client.complains(" bytes never reached it")
		client.ends(terminal.ExitNetwork)
	})
	t.Run("listen", func(t *testing.T) {
		t.Parallel()
		cmd := command(t, "sockeye", "listen", "127.0.0.1:0")
		in := openFile(t, path, os.O_RDONLY)
		cmd.Stdin = in
		server := start(t, cmd)
		c, err := net.Dial("tcp", server.address("127.0.0.1"))
		must(t, err)
		underWay(t, in)
		c.Close()
		server.complains(" bytes never reached it")
	})
}
