package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// wine runs Windows programs on Linux. It checks the code that only Windows runs; it is
// no proof of Windows, and knows no UDP control messages and no Unix sockets.
type wine struct {
	program string // sockeye.exe
	prefix  string // the directory of a Windows of its own
}

// Where Debian's package wine64 has its programs: the ones in PATH are in another
// package, with all that a desktop needs.
const (
	wineLoader = "/usr/lib/wine/wine64"
	wineServer = "/usr/lib/wine/wineserver"
)

// startWindows runs the Windows program under Wine.
func (t buildTarget) startWindows(r *checkReport) {
	name := "start " + t.String()
	if _, err := os.Stat(wineLoader); err != nil {
		r.skip(name, wineLoader+" is missing (Debian: wine64)")
		return
	}
	prefix, err := os.MkdirTemp("", "sockeye-wine-")
	if err != nil {
		r.fail(name, err.Error())
		return
	}
	defer os.RemoveAll(prefix)
	program, err := filepath.Abs(t.program())
	if err != nil {
		r.fail(name, err.Error())
		return
	}
	w := wine{program, prefix}
	defer w.command(context.Background(), wineServer, "--kill").Run()
	for _, c := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"(prepare)", w.prepare},
		{"version", func(ctx context.Context) error { return w.prints(ctx, t.String(), "version") }},
		{"demo --once", func(ctx context.Context) error {
			return w.prints(ctx, "Hello 01Studio!", "demo", "--once", "--port", "0")
		}},
		{"listen", w.listens},
		{"connect", w.connects},
		{"doctor", w.examines},
		{"ui", w.servesPage},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		begun := time.Now()
		err := c.do(ctx)
		cancel()
		if err != nil {
			r.fail(name+" "+c.what, err.Error())
			return // what follows needs it
		}
		r.pass(name+" "+c.what, time.Since(begun))
	}
}

func (w wine) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "WINEPREFIX="+w.prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=")
	cmd.WaitDelay = time.Second // programs of Wine's own keep the output open
	return cmd
}

func (w wine) sockeye(ctx context.Context, args ...string) *exec.Cmd {
	return w.command(ctx, append([]string{wineLoader, w.program}, args...)...)
}

// prepare makes the prefix. Wine before 8.7 lacks the DLL that Go takes random numbers
// from.
func (w wine) prepare(ctx context.Context) error {
	out, err := w.command(ctx, wineLoader, "wineboot", "--init").CombinedOutput()
	dll := filepath.Join(w.prefix, "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, missing := os.Stat(dll); missing == nil {
		return nil
	}
	if writeErr := os.WriteFile(dll, forwardingDLL("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036"), 0o644); writeErr != nil {
		return fmt.Errorf("%s%w", out, errors.Join(err, writeErr))
	}
	return nil
}

func (w wine) prints(ctx context.Context, want string, args ...string) error {
	out, err := w.sockeye(ctx, args...).CombinedOutput()
	if err == nil && !strings.Contains(string(out), want) {
		err = fmt.Errorf("it does not print %q", want)
	}
	if err != nil {
		return fmt.Errorf("%s%w", out, err)
	}
	return nil
}

// serving starts a command that goes on, gives its first line to use, and ends it.
func (w wine) serving(ctx context.Context, use func(line string) error, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := w.sockeye(ctx, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		err = use(line)
	}
	cancel()
	cmd.Wait()
	if err != nil {
		return fmt.Errorf("%q %s%w", line, said.String(), err)
	}
	return nil
}

// listens has a client of this system echoed.
func (w wine) listens(ctx context.Context) error {
	return w.serving(ctx, func(line string) error {
		var opened struct{ Local string }
		if err := json.Unmarshal([]byte(line), &opened); err != nil {
			return err
		}
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", opened.Local)
		if err != nil {
			return err
		}
		defer c.Close()
		defer context.AfterFunc(ctx, func() { c.Close() })()
		back := make([]byte, 5)
		if _, err := c.Write([]byte("hello")); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, back); err != nil || string(back) != "hello" {
			return fmt.Errorf("echoed %q: %w", back, err)
		}
		return nil
	}, "listen", "127.0.0.1:0", "--echo", "--json")
}

// connects has it talk to a server of this system.
func (w wine) connects(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if _, err := io.ReadFull(c, make([]byte, 4)); err == nil {
			io.WriteString(c, "pong")
		}
		io.Copy(io.Discard, c)
	}()
	return w.prints(ctx, "pong", "connect", l.Addr().String(), "--send", "ping", "--expect", "pong", "--raw")
}

// examines has the doctor look at a server of this Windows: the tables of iphlpapi tell that
// it listens, and a connection that it answers.
func (w wine) examines(ctx context.Context) error {
	return w.serving(ctx, func(line string) error {
		var opened struct{ Local string }
		if err := json.Unmarshal([]byte(line), &opened); err != nil {
			return err
		}
		return w.prints(ctx, "listens on "+opened.Local, "doctor", "--json", opened.Local)
	}, "listen", "127.0.0.1:0", "--echo", "--json")
}

var pageAddress = regexp.MustCompile(`http://[^\s"]+`)

// servesPage fetches the page as a browser does first.
func (w wine) servesPage(ctx context.Context) error {
	return w.serving(ctx, func(line string) error {
		address := pageAddress.FindString(line)
		if address == "" {
			return errors.New("no address is printed")
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		page, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(page), "<title>") {
			return fmt.Errorf("%s answers %s with %.200q: %w", address, answer.Status, page, err)
		}
		return nil
	}, "ui", "--no-browser", "--port", "0")
}

// forwardingDLL is a Windows library for amd64 without code: it has one function, which
// is another library's (Microsoft's "PE Format": "Export Forwarder").
func forwardingDLL(name, function, target string) []byte {
	const at, align = 0x1000, 0x200 // where it lies in memory, and how pieces lie in the file
	const tables = 40 + 4 + 4 + 2   // the directory, then one address, one name, one number
	names := []string{name, function, target}
	where := make([]uint32, len(names))
	text := []byte{}
	for i, n := range names {
		where[i] = at + tables + uint32(len(text))
		text = append(append(text, n...), 0)
	}
	le := binary.LittleEndian
	words := func(b []byte, values ...uint32) []byte {
		for _, v := range values {
			b = le.AppendUint32(b, v)
		}
		return b
	}
	exports := words(nil, 0, 0, 0, where[0], 1, 1, 1, at+40, at+44, at+48, where[2], where[1])
	exports = append(le.AppendUint16(exports, 0), text...)
	size := uint32(len(exports))

	head := append([]byte("MZ"), make([]byte, 58)...)
	head = words(head, 64)
	head = append(head, "PE\x00\x00"...)
	head = le.AppendUint16(le.AppendUint16(head, 0x8664), 1)     // amd64, one section
	head = le.AppendUint16(words(head, 0, 0, 0), 240)            // size of what follows
	head = le.AppendUint16(le.AppendUint16(head, 0x2022), 0x20b) // a library; 64 bits
	head = words(le.AppendUint16(head, 0), 0, align, 0, 0, at)
	head = words(le.AppendUint64(head, 0x180000000), at, align)
	for _, version := range []uint16{6, 0, 0, 0, 6, 0} {
		head = le.AppendUint16(head, version)
	}
	head = words(head, 0, 2*at, align, 0)
	head = le.AppendUint16(le.AppendUint16(head, 3), 0x160) // console; may lie anywhere
	for range 2 {
		head = le.AppendUint64(le.AppendUint64(head, 1<<20), 1<<12) // stack, heap
	}
	head = words(head, 0, 16, at, size)
	head = append(head, make([]byte, 15*8)...) // other directories
	head = append(head, ".rdata\x00\x00"...)
	head = words(head, size, at, align, align, 0, 0, 0, 0x40000040)
	file := append(head, make([]byte, align-len(head))...)
	file = append(file, exports...)
	return append(file, make([]byte, 2*align-len(file))...)
}
