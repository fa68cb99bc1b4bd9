package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockeye/internal/freeport"
)

// A scene is what a test does with a program, and what came of it.
type scene func(t *testing.T, program string) string

// asNcat plays each scene with ncat and with sockeye; both must come to the same. For
// ncat, sockeye has to be called as ncat is: without a command.
func asNcat(t *testing.T, scenes map[string]scene) {
	t.Helper()
	for name, play := range scenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, got := play(t, "ncat"), play(t, "sockeye")
			if got != want {
				t.Errorf("ncat: %q\nsockeye: %q", want, got)
			}
		})
	}
}

// -l, -k, -p, -m, --recv-only and --send-only of a server.
func TestListensAsNcat(t *testing.T) {
	asNcat(t, map[string]scene{
		"-l ends with its one peer": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "127.0.0.1", "0")
			talk(t, p.address("127.0.0.1"), "hello\n")
			p.ends(0)
			return p.out.String()
		},
		"-l -k stays": func(t *testing.T, program string) string {
			p := run(t, program, "-lk", "127.0.0.1", "0")
			at := p.address("127.0.0.1")
			for _, text := range []string{"one\n", "two\n"} {
				talk(t, at, text)
				p.prints(text)
			}
			return p.out.String()
		},
		"-l -p": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "-p", fmt.Sprint(freeport.Find(t)))
			talk(t, p.address("127.0.0.1"), "hello\n")
			p.prints("hello\n")
			return "came"
		},
		"-m": func(t *testing.T, program string) string {
			p := run(t, program, "-lk", "-m", "1", "127.0.0.1", "0", "-e", "/bin/cat")
			at := p.address("127.0.0.1")
			c, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			io.WriteString(c, "first\n")
			got, _ := bufio.NewReader(c).ReadString('\n')
			return got + "|" + ask(t, "127.0.0.1", at, "second\n")
		},
		"-l --recv-only": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "--recv-only", "127.0.0.1", "0")
			p.says("never\n")
			c, err := net.Dial("tcp", p.address("127.0.0.1"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			io.WriteString(c, "hello\n")
			p.prints("hello\n")
			c.(*net.TCPConn).CloseWrite()
			got, _ := io.ReadAll(c)
			p.ends(0)
			return string(got) + "|" + p.out.String()
		},
		"-l --send-only": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "--send-only", "127.0.0.1", "0")
			c, err := net.Dial("tcp", p.address("127.0.0.1"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			p.says("there\n")
			p.in.Close()
			got, _ := bufio.NewReader(c).ReadString('\n')
			p.ends(0)
			return got + "|" + p.out.String()
		},
	})
}

// What a client does with input, times and addresses: -C, -d, -w, -i, -s, -p, -v, -n.
func TestConnectsAsNcat(t *testing.T) {
	asNcat(t, map[string]scene{
		"HOST PORT": func(t *testing.T, program string) string {
			got, out := clientOf(t, program, "hi\n", "there\n")
			return got + "|" + out
		},
		"-C": func(t *testing.T, program string) string {
			got, _ := clientOf(t, program, "one\ntwo\r\n", "", "-C")
			return fmt.Sprintf("%q", got)
		},
		"-d": func(t *testing.T, program string) string {
			got, _ := clientOf(t, program, "one\ntwo\nthree", "", "-d", "10ms")
			return got
		},
		"-w": func(t *testing.T, program string) string {
			p := run(t, program, "-w", "200ms", "127.0.0.1", fmt.Sprint(silentPort(t)))
			p.ends(1)
			return p.out.String()
		},
		"-i": func(t *testing.T, program string) string {
			l := listener(t)
			_, port, _ := net.SplitHostPort(l.Addr().String())
			p := run(t, program, "-i", "200ms", "127.0.0.1", port)
			p.ends(1)
			return p.out.String()
		},
		"-s": func(t *testing.T, program string) string {
			l := listener(t)
			_, port, _ := net.SplitHostPort(l.Addr().String())
			run(t, program, "-s", "127.0.0.9", "127.0.0.1", port)
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
			return host
		},
		"-p of a client": func(t *testing.T, program string) string {
			l, from := listener(t), freeport.Find(t)
			_, port, _ := net.SplitHostPort(l.Addr().String())
			p := run(t, program, "-p", fmt.Sprint(from), "127.0.0.1", port)
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			p.in.Close()
			p.ends(0)
			return fmt.Sprint(c.RemoteAddr().(*net.TCPAddr).Port == int(from))
		},
		"-p out of range": func(t *testing.T, program string) string {
			p := run(t, program, "-p", "70000", "127.0.0.1", "1")
			p.ends(2)
			return fmt.Sprint(strings.Contains(p.errs.String(), "70000"))
		},
		"-n with a name": func(t *testing.T, program string) string {
			p := run(t, program, "-n", "localhost", "1")
			p.ends(2)
			return p.out.String()
		},
		"-v": func(t *testing.T, program string) string {
			got, out := clientOf(t, program, "hi\n", "there\n", "-v")
			return got + "|" + out
		},
		"--send-only": func(t *testing.T, program string) string {
			got, out := clientOf(t, program, "hi\n", "there\n", "--send-only")
			return got + "|" + out
		},
		"--recv-only": func(t *testing.T, program string) string {
			got, out := clientOf(t, program, "", "there\n", "--recv-only")
			return got + "|" + out
		},
		"no such option": func(t *testing.T, program string) string {
			p := run(t, program, "--no-such-option", "127.0.0.1", "1")
			p.ends(2)
			return p.out.String()
		},
	})
}

// -z.
func TestProbesAsNcat(t *testing.T) {
	asNcat(t, map[string]scene{
		"-z": func(t *testing.T, program string) string {
			l := listener(t)
			_, port, _ := net.SplitHostPort(l.Addr().String())
			open := run(t, program, "-z", "127.0.0.1", port)
			open.ends(0)
			closed := run(t, program, "-z", "127.0.0.1", fmt.Sprint(freeport.Find(t)))
			closed.ends(1)
			return open.out.String() + closed.out.String() + open.errs.String()
		},
		"-z -u": func(t *testing.T, program string) string {
			closed := run(t, program, "-zu", "127.0.0.1", fmt.Sprint(freeport.Find(t)))
			closed.ends(1)
			c, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, port, _ := net.SplitHostPort(c.LocalAddr().String())
			open := run(t, program, "-z", "-u", "127.0.0.1", port)
			open.ends(0)
			return open.out.String() + closed.out.String()
		},
	})
}

// -4, -6 and -u.
func TestFamiliesAndUDPAsNcat(t *testing.T) {
	asNcat(t, map[string]scene{
		"-4": func(t *testing.T, program string) string {
			p := run(t, program, "-4", "-lk", "0", "-e", "/bin/cat")
			_, port, _ := net.SplitHostPort(p.address("127.0.0.1"))
			return ask(t, "127.0.0.1", "127.0.0.1:"+port, "four\n") + ask(t, "::1", "[::1]:"+port, "six\n")
		},
		"-6": func(t *testing.T, program string) string {
			p := run(t, program, "-6", "-lk", "0", "-e", "/bin/cat")
			_, port, _ := net.SplitHostPort(p.address("::1"))
			return ask(t, "127.0.0.1", "127.0.0.1:"+port, "four\n") + ask(t, "::1", "[::1]:"+port, "six\n")
		},
		"-4 and -6 with the other's address": func(t *testing.T, program string) string {
			four, six := run(t, program, "-4", "::1", "1"), run(t, program, "-6", "127.0.0.1", "1")
			four.ends(2)
			six.ends(2)
			return four.out.String() + six.out.String()
		},
		"-u": func(t *testing.T, program string) string {
			server, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			_, port, _ := net.SplitHostPort(server.LocalAddr().String())
			p := run(t, program, "-u", "127.0.0.1", port)
			p.says("hi\n")
			data := make([]byte, 100)
			n, from, err := server.ReadFrom(data)
			if err != nil {
				t.Fatal(err)
			}
			server.WriteTo([]byte("there\n"), from)
			p.prints("there\n")
			return string(data[:n])
		},
		"-u -l": func(t *testing.T, program string) string {
			p := run(t, program, "-u", "-l", "127.0.0.1", "0")
			c, err := net.Dial("udp", p.address("127.0.0.1"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			io.WriteString(c, "hi\n")
			p.prints("hi\n")
			p.says("there\n")
			data := make([]byte, 100)
			n, err := c.Read(data)
			if err != nil {
				t.Fatal(err)
			}
			return string(data[:n])
		},
	})
}

// -o, -x and --append-output.
func TestDumpsAsNcat(t *testing.T) {
	asNcat(t, map[string]scene{
		"-o": func(t *testing.T, program string) string {
			file := filepath.Join(t.TempDir(), "out")
			clientOf(t, program, "hi\n", "there\x00\xff\n", "-o", file)
			return fmt.Sprintf("%q", fileText(t, file))
		},
		"-x": func(t *testing.T, program string) string {
			file := filepath.Join(t.TempDir(), "out")
			clientOf(t, program, "hi there, 16 bytes and more\n", "", "-x", file)
			return fileText(t, file)
		},
		"-x without --append-output": func(t *testing.T, program string) string {
			file := filepath.Join(t.TempDir(), "out")
			for _, text := range []string{"first\n", "second\n"} {
				clientOf(t, program, text, "", "-x", file)
			}
			return fileText(t, file)
		},
		"-o --append-output": func(t *testing.T, program string) string {
			file := filepath.Join(t.TempDir(), "out")
			for _, text := range []string{"first\n", "second\n"} {
				clientOf(t, program, text, "", "-o", file, "--append-output")
			}
			return fileText(t, file)
		},
	})
}

// -e and -c.
func TestProgramsAsNcat(t *testing.T) {
	asNcat(t, map[string]scene{
		"-e": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "127.0.0.1", "0", "-e", "/bin/sed -u s/a/[a]/g")
			got := ask(t, "127.0.0.1", p.address("127.0.0.1"), "banana\n")
			p.ends(0)
			return got + "|" + p.out.String()
		},
		"-c": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "-k", "127.0.0.1", "0", "-c", "read word; echo \"got $word from $NCAT_REMOTE_ADDR by $NCAT_PROTO\"; exit 3")
			at := p.address("127.0.0.1")
			return ask(t, "127.0.0.1", at, "one\n") + ask(t, "127.0.0.1", at, "two\n")
		},
		"-e of a client": func(t *testing.T, program string) string {
			l := listener(t)
			_, port, _ := net.SplitHostPort(l.Addr().String())
			p := run(t, program, "127.0.0.1", port, "-e", "/bin/sed -u s/a/[a]/g")
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(c, "banana\n")
			got, err := bufio.NewReader(c).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			p.ends(0)
			return got + "|" + p.out.String()
		},
	})
}

// --allow, --deny and their files.
func TestAllowsAsNcat(t *testing.T) {
	asNcat(t, map[string]scene{
		"--allow": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "-k", "127.0.0.1", "0", "--allow", "127.0.0.8/30,10.0.0.0/8", "-e", "/bin/cat")
			at := p.address("127.0.0.1")
			return ask(t, "127.0.0.1", at, "no\n") + ask(t, "127.0.0.9", at, "yes\n")
		},
		"--deny": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "-k", "127.0.0.1", "0", "--deny", "127.0.0.1", "-e", "/bin/cat")
			at := p.address("127.0.0.1")
			return ask(t, "127.0.0.1", at, "no\n") + ask(t, "127.0.0.9", at, "yes\n")
		},
		"--allowfile": func(t *testing.T, program string) string {
			file := filepath.Join(t.TempDir(), "hosts")
			if err := os.WriteFile(file, []byte("127.0.0.9\n10.0.0.0/8\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := run(t, program, "-l", "-k", "127.0.0.1", "0", "--allowfile", file, "-e", "/bin/cat")
			at := p.address("127.0.0.1")
			return ask(t, "127.0.0.1", at, "no\n") + ask(t, "127.0.0.9", at, "yes\n")
		},
	})
}

// --broker and --chat.
func TestBrokersAsNcat(t *testing.T) {
	asNcat(t, map[string]scene{
		"--broker": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "--broker", "127.0.0.1", "0")
			return meeting(t, p.address("127.0.0.1"), "")
		},
		"--chat": func(t *testing.T, program string) string {
			p := run(t, program, "-l", "--chat", "127.0.0.1", "0")
			return meeting(t, p.address("127.0.0.1"), "is connected")
		},
	})
}

// talk sends a text to a server, and ends.
func talk(t *testing.T, address, text string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, text)
}

// ask sends a line to a server from an address of this computer, and returns the line
// that it answers. One that is refused hears nothing.
func ask(t *testing.T, from, address, text string) string {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	c, err := d.Dial("tcp", address)
	if err != nil {
		return ""
	}
	defer c.Close()
	io.WriteString(c, text)
	got, _ := bufio.NewReader(c).ReadString('\n')
	return got
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// silentPort is a port whose full queue leaves whoever connects without an answer.
func silentPort(t *testing.T) int {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := name.(*syscall.SockaddrInet4).Port
	for { // until one is left without an answer: the queue is full
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), 200*time.Millisecond)
		if err != nil {
			return port
		}
		t.Cleanup(func() { c.Close() })
	}
}

// clientOf runs a program that connects to a server which answers once it has heard a
// text and its end; it returns what the server heard and what the program said.
func clientOf(t *testing.T, program, text, answer string, args ...string) (heard, said string) {
	t.Helper()
	l := listener(t)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	p := run(t, program, append(args, "127.0.0.1", port)...)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if text == "" { // it speaks second
		io.WriteString(c, answer)
		c.(*net.TCPConn).CloseWrite()
	} else {
		p.says(text)
		p.in.Close()
	}
	got, err := io.ReadAll(c)
	if err != nil && !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
	if text != "" {
		io.WriteString(c, answer)
		c.(*net.TCPConn).CloseWrite()
	}
	p.ends(0)
	return string(got), p.out.String()
}

func fileText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var userNumber = regexp.MustCompile(`user\d+`)

// meeting lets two clients of a broker talk, and returns what each heard. Each waits
// until it was greeted, if greeting is not "".
func meeting(t *testing.T, address, greeting string) string {
	t.Helper()
	type guest struct {
		net.Conn
		heard *heard
		ended chan struct{}
	}
	come := func() *guest {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		g := &guest{c, newHeard(), make(chan struct{})}
		t.Cleanup(func() { c.Close() })
		go func() {
			defer close(g.ended)
			io.Copy(g.heard, c)
		}()
		return g
	}
	wait := func(g *guest, text string) {
		if !g.heard.await(text, patience, g.ended) {
			t.Fatalf("%q was never heard, but %q", text, g.heard)
		}
	}
	a := come()
	if greeting != "" {
		wait(a, "nobody.\n")
	}
	b := come()
	if greeting != "" {
		wait(a, "already connected: 127.0.0.1 as <")
		wait(b, "already connected: 127.0.0.1 as <")
	}
	for !strings.Contains(a.heard.String(), "hello") { // the first may come before both are known
		io.WriteString(b, "hello\n")
		a.heard.await("hello\n", patience/100, a.ended)
	}
	io.WriteString(a, "and to you\x1b[2J\n")
	wait(b, "and to you")
	wait(b, "2J\n")
	said := strings.ReplaceAll(a.heard.String(), "hello\n", "") + "|" + b.heard.String()
	return userNumber.ReplaceAllString(said, "user") // ncat counts descriptors
}
