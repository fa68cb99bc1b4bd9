package tutorial

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/checksum"
	"sockeye/internal/codegen"
	"sockeye/internal/framing"
)

// toolchain is how a program becomes something to run: the words of the compiler, with the
// source's name at the end, and what is run then.
type toolchain struct {
	language codegen.Language
	source   string // the file's name
	compile  []string
	run      []string
}

var toolchains = []toolchain{
	{codegen.Python, "board.py", nil, []string{"/usr/bin/python3", "board.py"}},
	{codegen.C, "board.c", []string{"gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", "board", "board.c", "-lssl", "-lcrypto"}, []string{"./board"}},
	{codegen.Arduino, "board.ino", []string{"g++", "-std=c++17", "-Wall", "-Werror", "-include", "STUBS/arduino.h", "-I", "STUBS", "-I", "none", "-x", "c++", "-o", "board", "board.ino", "-lssl", "-lcrypto"}, []string{"./board"}},
	{codegen.ESPIDF, "board.c", []string{"gcc", "-std=gnu11", "-Wall", "-Werror", "-include", "STUBS/espidf.h", "-I", "none", "-o", "board", "board.c"}, []string{"./board"}},
	{codegen.Go, "board.go", []string{"go", "build", "-o", "board", "board.go"}, []string{"./board"}},
	{codegen.Node, "board.js", nil, []string{"node", "board.js"}},
	{codegen.Rust, "board.rs", []string{"rustc", "--edition", "2021", "-D", "warnings", "-o", "board", "board.rs"}, []string{"./board"}},
	{codegen.CSharp, "board.cs", []string{"mcs", "-warnaserror", "-out:board.exe", "board.cs"}, []string{"mono", "board.exe"}},
	{codegen.Shell, "board.sh", nil, []string{"bash", "board.sh"}},
}

// codeCase is a way of framing, and how a message looks in it, made here by hand.
type codeCase struct {
	frame, check string
	// around is the frame of a message that has its checksum at the end, if it has one.
	around   func(message []byte) []byte
	messages []string
}

func plain(head, tail string) func([]byte) []byte {
	return func(m []byte) []byte { return []byte(head + string(m) + tail) }
}

// sealed appends a checksum to a whole frame.
func sealed(check string) func([]byte) []byte {
	t, err := checksum.ParseTrailer(check)
	if err != nil {
		panic(err)
	}
	return func(b []byte) []byte { return t.Append(b) }
}

// counted is a frame of a big-endian length of two bytes, the message and a checksum.
func counted(head string, check string, n int, order binary.ByteOrder, plus int) func([]byte) []byte {
	seal := func(b []byte) []byte { return b }
	if check != "" {
		seal = sealed(check)
	}
	return func(m []byte) []byte {
		b := append([]byte(head), 0, 0)
		order.PutUint16(b[len(head):], uint16(len(m)+n+plus))
		return seal(append(b, m...))
	}
}

var codeCases = []codeCase{
	{"line", "", plain("", "\n"), []string{"one", "two 2", "三"}},
	{"line", "xor8(1..-1):HEX+2", func(m []byte) []byte { return append(sealed("xor8(1..-1):HEX")(m), "\r\n"...) }, []string{"$GPGGA,1*", "$A,22*", "$B*"}},
	{"delim:0d0a", "crc24:hex+2", func(m []byte) []byte { return append(sealed("crc24:hex")(m), "\r\n"...) }, []string{"one", "two\n2", "three\r"}},
	{"fixed:6", "crc16xmodem", sealed("crc16xmodem"), []string{"abcd", "\x00\x0a\xff\x0d", "wxyz"}},
	{"length:size=2", "crc16modbus", counted("", "crc16modbus", 2, binary.BigEndian, 0), []string{"one", "two\x00\n", strings.Repeat("long ", 400)}},
	{"length:head=aa55,offset=2,size=2,order=little,counts=all", "crc64xz", counted("\xaa\x55", "crc64xz", 8, binary.LittleEndian, 4), []string{"one", "\xaa\x55two", "three"}},
	{"length:size=varint", "", func(m []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(m))), m...) }, []string{"one", "two\n", strings.Repeat("x", 300)}},
	{"modbus-tcp", "", func(m []byte) []byte {
		return append([]byte{0, 0, 0, 0, 0, byte(len(m))}, m...)
	}, []string{"\x01\x03\x00\x00\x00\x01", "\x01\x06ab", "\x02\x10\x00"}},
	{"between:head=7e,tail=7d", "sum8(1..)+1", func(m []byte) []byte { return append(sealed("sum8(1..)")([]byte("\x7e"+string(m))), 0x7d) }, []string{"one", "two2", "three"}},
	{"stx:after=1", "xor8(1..)", func(m []byte) []byte { return sealed("xor8(1..)")([]byte("\x02" + string(m) + "\x03")) }, []string{"one", "two2", "three"}},
	{"slip", "inet16", func(m []byte) []byte {
		s := strings.NewReplacer("\xdb", "\xdb\xdd", "\xc0", "\xdb\xdc").Replace(string(sealed("inet16")(m)))
		return append([]byte(s), 0xc0)
	}, []string{"one", "\xc0\xdb\xdc", "three"}},
	{"cobs", "fletcher16", func(m []byte) []byte { return append(cobs(sealed("fletcher16")(m)), 0) }, []string{"one", "\x00\x00two\x00", strings.Repeat("y", 600)}},
	{"json", "", plain("", ""), []string{`{"a":1}`, `[1,{"b":"}\"]"}]`, `{"c":[2]}`}},
	{"modbus-rtu", "", sealed("crc16modbus"), []string{"\x01\x03\x00\x00\x00\x01", "\x01\x06\x00\x01\x00\x03", "\x01\x05\x00\x01\xff\x00"}},
	{"length:size=2", "adler32", counted("", "adler32", 4, binary.BigEndian, 0), []string{"one", "two", "three"}},
	{"length:size=2", "fletcher32:le", counted("", "fletcher32:le", 4, binary.BigEndian, 0), []string{"one", "two", "three"}},
	{"length:size=2", "lrc", counted("", "lrc", 1, binary.BigEndian, 0), []string{"one", "two", "three"}},
	{"length:size=2", "ones8", counted("", "ones8", 1, binary.BigEndian, 0), []string{"one", "two", "three"}},
	{"length:size=2", "crc12umts", counted("", "crc12umts", 2, binary.BigEndian, 0), []string{"one", "two", "three"}},
	{"length:size=2", "crc64", counted("", "crc64", 8, binary.BigEndian, 0), []string{"one", "two", "three"}},
}

// cobs is the slow obvious encoder.
func cobs(m []byte) (out []byte) {
	for _, run := range bytes.Split(m, []byte{0}) {
		for len(run) >= 254 {
			out = append(append(out, 255), run[:254]...)
			run = run[254:]
		}
		out = append(append(out, byte(len(run)+1)), run...)
	}
	return out
}

// TestCodeTalks compiles and runs the program of each language against a real session, with
// every framing and kind of checksum, its frames stuck together and in pieces.
func TestCodeTalks(t *testing.T) {
	for _, tc := range toolchains {
		t.Run(string(tc.language), func(t *testing.T) {
			for _, c := range codeCases {
				t.Run(c.frame+" "+c.check, func(t *testing.T) {
					t.Parallel()
					testCode(t, tc, c, "tcp://127.0.0.1:0")
				})
			}
		})
	}
}

// compilers bounds the compilers and programs that run at once.
var compilers = make(chan struct{}, 2*runtime.NumCPU())

// build writes and compiles a program, and returns how to start it.
func (tc toolchain) build(t *testing.T, r codegen.Request) func(ctx context.Context) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	text, err := codegen.Write(tc.language, r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, tc.source), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(tc.compile) > 0 {
		cmd := exec.Command(tc.compile[0], tc.words(t, dir)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s\n%s", err, out, numberedLines(text))
		}
	}
	return func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, tc.run[0], tc.run[1:]...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it may have started others, which end with it
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		cmd.WaitDelay = 10 * time.Second
		return cmd
	}
}

// words are those of the compiler, with the folder of the stubs in place of STUBS. Headers
// that a board has are empty files: the stubs come first.
func (tc toolchain) words(t *testing.T, dir string) (all []string) {
	stubs, err := filepath.Abs("testdata/code")
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range stubbed[tc.language] {
		name := filepath.Join(dir, "none", header)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, word := range tc.compile[1:] {
		all = append(all, strings.Replace(word, "STUBS", stubs, 1))
	}
	return all
}

// stubbed are the headers that programs of a language include.
var stubbed = map[codegen.Language][]string{
	codegen.Arduino: {"WiFi.h", "WiFiUdp.h", "mbedtls/base64.h", "mbedtls/sha256.h"},
	codegen.ESPIDF: {"esp_event.h", "esp_netif.h", "esp_random.h", "esp_wifi.h", "freertos/FreeRTOS.h", "freertos/event_groups.h",
		"freertos/task.h", "lwip/netdb.h", "lwip/sockets.h", "nvs_flash.h"},
}

func numberedLines(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		b.WriteString(strconv.Itoa(i+1) + "\t" + line + "\n")
	}
	return b.String()
}

// output keeps what a program says.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// codeRun is a program that talks to a session.
type codeRun struct {
	t       *testing.T
	c       codeCase
	w       client.Client
	session string
	ctx     context.Context
	said    output
}

// startCode opens the session, makes the program and runs it; change may alter what is asked for.
func startCode(t *testing.T, tc toolchain, c codeCase, address string, change func(*codegen.Request)) *codeRun {
	t.Helper()
	compilers <- struct{}{}
	t.Cleanup(func() { <-compilers })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	p := &codeRun{t: t, c: c, ctx: ctx, w: client.New(client.LocalOptions{CADir: t.TempDir()})}
	t.Cleanup(func() { p.w.Close() })
	r := codegen.Request{Hello: []byte(c.messages[0]), Lang: sockeye.Chinese}
	var err error
	if r.Framing, err = framing.Parse(c.frame); err != nil {
		t.Fatal(err)
	}
	if c.check != "" {
		if r.Check, err = checksum.ParseTrailer(c.check); err != nil {
			t.Fatal(err)
		}
	}
	r.Address = p.open(address)
	for e, err := range p.w.Events(ctx, client.EventOptions{Once: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if d := e.Detail; e.Kind == sockeye.Opened && d != nil && d.TLS != nil {
			r.Pin = d.TLS.Certificates[0].Pin
		}
	}
	if change != nil {
		change(&r)
	}
	cmd := tc.build(t, r)(ctx)
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); cmd.Wait() })
	return p
}

// open opens the session, and returns its address.
func (p *codeRun) open(address string) sockeye.Address {
	p.t.Helper()
	a, err := sockeye.ParseAddress(address)
	if err != nil {
		p.t.Fatal(err)
	}
	s, err := p.w.Open(p.ctx, sockeye.Endpoint{Mode: sockeye.Listen, Address: a}, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.session = s.ID
	all, err := p.w.Sessions(p.ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	a.Port = all[len(all)-1].Locals[0].Port()
	return a
}

func (p *codeRun) expect(what string, want []byte) {
	p.t.Helper()
	limit, end := context.WithTimeout(p.ctx, 40*time.Second)
	defer end()
	if m, err := p.w.Expect(limit, p.session, want); err != nil {
		p.t.Fatalf("%s: %v\nwant %q, have %q\nthe program said: %s", what, err, want, m.Data, p.said.String())
	}
}

func (p *codeRun) send(b []byte) {
	p.t.Helper()
	if _, err := p.w.Send(p.ctx, p.session, b); err != nil {
		p.t.Fatalf("%v\nthe program said: %s", err, p.said.String())
	}
}

// hello waits for the program, and its first message.
func (p *codeRun) hello() {
	p.t.Helper()
	if _, err := p.w.AwaitPeer(p.ctx, p.session); err != nil {
		p.t.Fatalf("%v\nthe program said: %s", err, p.said.String())
	}
	p.expect("hello", p.c.around([]byte(p.c.messages[0])))
}

// frames are all messages of the case, one behind the other.
func (c codeCase) frames() (all []byte) {
	for _, m := range c.messages {
		all = append(all, c.around([]byte(m))...)
	}
	return all
}

func testCode(t *testing.T, tc toolchain, c codeCase, address string) {
	t.Helper()
	p := startCode(t, tc, c, address, nil)
	p.hello()
	stuck := c.frames()
	p.send(append(bytes.Clone(stuck), stuck...))
	p.expect("frames stuck together", append(bytes.Clone(stuck), stuck...))
	for _, b := range stuck[:min(len(stuck), 100)] {
		p.send([]byte{b})
	}
	p.send(stuck[min(len(stuck), 100):])
	p.expect("frames in pieces", stuck)
	if c.check == "" {
		return
	}
	check, _ := checksum.ParseTrailer(c.check)
	wrong := c.around([]byte(c.messages[1]))
	at := len(wrong) - 1 - check.After // the last byte of the checksum
	if c.frame == "slip" || c.frame == "cobs" {
		at-- // before the byte that ends the frame
	}
	wrong[at] ^= 1
	p.send(append(wrong, stuck...))
	p.expect("behind a wrong checksum", stuck)
}

var lineCase = codeCase{"line", "crc16modbus:hex+1", func(m []byte) []byte { return append(sealed("crc16modbus:hex")(m), '\n') }, []string{"one", "two 2", "三"}}

// TestCodeTransports: datagrams, TLS with the pin and with another key, WebSocket, frames that
// a pause ends and no frames, and a server that comes back.
func TestCodeTransports(t *testing.T) {
	for _, tc := range toolchains {
		t.Run(string(tc.language), func(t *testing.T) {
			for _, address := range []string{"udp://127.0.0.1:0", "tls://127.0.0.1:0", "ws://127.0.0.1:0/board", "wss://127.0.0.1:0/board"} {
				t.Run(address[:3], func(t *testing.T) { t.Parallel(); testCodeTransport(t, tc, address) })
			}
			t.Run("other key", func(t *testing.T) { t.Parallel(); testCodeOtherKey(t, tc) })
			t.Run("idle", func(t *testing.T) { t.Parallel(); testCodeIdle(t, tc) })
			t.Run("again", func(t *testing.T) { t.Parallel(); testCodeAgain(t, tc) })
		})
	}
}

// writes reports whether there is a program for an address in the language.
func (tc toolchain) writes(address string) bool {
	a, _ := sockeye.ParseAddress(address)
	_, err := codegen.Write(tc.language, codegen.Request{Address: a})
	return err == nil
}

func testCodeTransport(t *testing.T, tc toolchain, address string) {
	if !tc.writes(address) {
		if strings.HasPrefix(address, "udp") || tc.language == codegen.Python {
			t.Fatal("it must")
		}
		return // TestCodeRefuses says how that is told
	}
	p := startCode(t, tc, lineCase, address, nil)
	p.hello()
	for range 3 {
		p.send(lineCase.frames())
		for _, m := range lineCase.messages {
			p.expect("an answer", lineCase.around([]byte(m)))
		}
	}
}

// testCodeOtherKey: a server with another key is not talked to.
func testCodeOtherKey(t *testing.T, tc toolchain) {
	if !tc.writes("tls://127.0.0.1:1") {
		return
	}
	p := startCode(t, tc, lineCase, "tls://127.0.0.1:0", func(r *codegen.Request) {
		r.Pin = "sha256//" + strings.Repeat("A", 43) + "="
	})
	for refused := 0; refused < 2; refused = strings.Count(p.said.String(), "失败") + strings.Count(p.said.String(), "不符") {
		select {
		case <-p.ctx.Done():
			t.Fatalf("it does not say that the key is another one: %s", p.said.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	for e, err := range p.w.Events(p.ctx, client.EventOptions{Once: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == sockeye.Received {
			t.Fatalf("it sent %q to a server that it must not trust", e.Data)
		}
	}
}

// testCodeIdle: a pause ends a frame, so that two writes close together are one.
func testCodeIdle(t *testing.T, tc toolchain) {
	c := codeCase{"idle:300ms", "", plain("", ""), []string{"hello"}}
	p := startCode(t, tc, c, "tcp://127.0.0.1:0", nil)
	p.hello()
	for range 2 {
		p.send([]byte("one "))
		p.send([]byte("frame"))
		p.expect("both as one", []byte("one frame"))
	}
}

// testCodeAgain: without framing what comes is answered, and when the server comes back the
// program does, too.
func testCodeAgain(t *testing.T, tc toolchain) {
	c := codeCase{"none", "", plain("", ""), []string{"hello"}}
	// The port is to be free for the second time, too: nobody else uses this address.
	p := startCode(t, tc, c, fmt.Sprintf("tcp://127.%d.%d.1:0", 1+rand.N(250), rand.N(250)), nil)
	p.hello()
	p.send([]byte("bytes"))
	p.expect("echo", []byte("bytes"))
	all, _ := p.w.Sessions(p.ctx)
	at := "tcp://" + all[0].Locals[0].String()
	if err := p.w.CloseSession(p.ctx, p.session); err != nil {
		t.Fatal(err)
	}
	p.open(at)
	p.hello()
}
