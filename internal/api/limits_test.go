package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sockeye/internal/api/access"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// JSON may be nested 64 deep and no deeper, whatever brackets it is nested by; where a
// field would not be known, its depth is told first.
func TestDepthOfJSON(t *testing.T) {
	deep := func(open, shut string, levels int) string {
		return `{"x":` + strings.Repeat(open, levels-1) + "1" + strings.Repeat(shut, levels-1) + "}"
	}
	for name, bracket := range map[string][2]string{"lists": {"[", "]"}, "objects": {`{"x":`, "}"}} {
		for levels, tooDeep := range map[int]bool{63: false, 64: false, 65: true, 1000: true, 100_000: true} {
			err := decode([]byte(deep(bracket[0], bracket[1], levels)), &Open{})
			if err == nil || strings.Contains(err.Error(), "nested deeper than 64") != tooDeep {
				t.Errorf("%d %s: %.100v", levels, name, err)
			}
		}
	}
}

// T38: hostile JSON (depth 100,000, 1e400, keys given twice, 100 MB of text, invalid
// UTF-8) is refused by every route that takes a body, and costs no more than its limit.
func TestHostileJSONOnEveryRoute(t *testing.T) {
	v := serve(t)
	hostile := map[string]string{
		"deep": strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), "deep list": `{"a":` + strings.Repeat("[", 100_000),
		"huge number": `{"a":1e400}`, "twice": `{"a":1,"a":2}`, "twice by case": `{"text":"","TEXT":""}`, "UTF-8": "{\"text\":\"\xff\"}", "surrogate": `{"\ud800":1}`,
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	routes := 0
	for _, rt := range v.routes {
		if rt.in == nil || rt.method == http.MethodGet {
			continue
		}
		routes++
		for name, body := range hostile {
			status, text := v.do(v.request(rt.method, concrete(rt.path), body))
			if status < 400 || status >= 500 {
				t.Errorf("%s %s, %s: %d %.100s", rt.method, rt.path, name, status, text)
			}
		}
		r, err := http.NewRequestWithContext(t.Context(), rt.method, "http://"+v.addr+concrete(rt.path), io.MultiReader(strings.NewReader(`{"text":"`), &endless{left: 100 << 20}))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 100<<20 + int64(len(`{"text":"`))
		r.Header.Set("Authorization", "Bearer "+v.token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Expect", "100-continue")
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: time.Minute}}).Do(r)
		if err != nil {
			t.Errorf("%s %s, 100 MB: %v", rt.method, rt.path, err)
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s %s, 100 MB: %d", rt.method, rt.path, resp.StatusCode)
		}
	}
	runtime.ReadMemStats(&after)
	if routes < 15 {
		t.Errorf("only %d routes take a body", routes)
	}
	if used := (after.TotalAlloc - before.TotalAlloc) / uint64(routes); used > 100<<20 {
		t.Errorf("%d MiB for each route", used>>20)
	}
	v.alive()
}

// A client that reads no answer before all of its request is sent, as most do, gets the
// answer to a body that is far too large, and not a reset.
func TestTooLargeBodyIsAnswered(t *testing.T) {
	v := serve(t)
	const size = 16 << 20
	c, err := net.Dial("tcp", v.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/v1/payload HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", v.addr, v.token, size)
	if _, err := io.Copy(c, &endless{left: size}); err != nil {
		t.Fatalf("the body was not taken: %v", err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var f Failure
	if err := json.NewDecoder(resp.Body).Decode(&f); err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge || f.Kind != sockeye.TooLarge || f.Hint == "" {
		t.Errorf("%s: %+v, %v", resp.Status, f, err)
	}
}

// endless is that much of the letter a.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.left)
	for i := range p[:n] {
		p[i] = 'a'
	}
	if e.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// T16: two hundred connections that say a byte now and then, with and without a
// credential, slow down nobody: in one run, asking in turn, the slowest hundredth of the
// answers takes at most twice as long as at a server that has no such connections. Noise
// is the same for both; of five tries one must be quiet enough to tell.
func TestNormalClientsTail(t *testing.T) {
	patient := func(o *Config) {
		o.limits = access.Limits{Header: time.Hour, Idle: time.Hour, Body: time.Hour, BodyRate: 1, Write: time.Hour, Connections: 512}
	}
	calm, attacked := serve(t, patient), serve(t, patient)
	for n := range 200 {
		c, err := net.Dial("tcp", attacked.addr)
		if err != nil {
			t.Fatal(err)
		}
		text := "GET / HTTP/1.1\r\nHost: "
		if n%2 == 0 {
			text = "PUT /api/v1/workspace HTTP/1.1\r\nHost: " + attacked.addr + "\r\nAuthorization: Bearer " + attacked.token + "\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
		}
		io.WriteString(c, text)
		stop := make(chan struct{})
		t.Cleanup(func() { close(stop); c.Close() })
		go func() { // a byte a second, each at another moment
			tick := time.NewTicker(time.Second + time.Duration(rand.IntN(200))*time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					io.WriteString(c, " ")
				case <-stop:
					return
				}
			}
		}()
	}
	tail := func(took []time.Duration) time.Duration {
		slices.Sort(took)
		return took[len(took)*99/100]
	}
	var said []string
	for range 5 {
		var quiet, busy []time.Duration
		for range 400 {
			quiet, busy = append(quiet, calm.timed()), append(busy, attacked.timed())
		}
		a, b := tail(quiet), tail(busy)
		if said = append(said, fmt.Sprintf("%v against %v", b, a)); b <= 2*a {
			return
		}
	}
	t.Errorf("the 99th percentile, attacked against calm: %v", said)
}

// timed is how long a request takes, on a connection of its own.
func (v *served) timed() time.Duration {
	v.t.Helper()
	begun := time.Now()
	c, err := net.Dial("tcp", v.addr)
	if err != nil {
		v.t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /api/v1/sessions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", v.addr, v.token)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || resp.StatusCode != 200 {
		v.t.Fatal(resp, err)
	}
	io.Copy(io.Discard, resp.Body)
	return time.Since(begun)
}

// T21: what speaks another protocol to the control port is closed after what it said
// first, with one answer at most, counted, and nothing of it is carried out.
func TestOtherProtocols(t *testing.T) {
	v := serve(t)
	post := "POST /api/v1/sessions HTTP/1.1\r\nHost: " + v.addr + "\r\nAuthorization: Bearer " + v.token + "\r\nContent-Type: application/json\r\nContent-Length: 41\r\n\r\n" + `{"mode":"listen","address":"127.0.0.1:0"}`
	for name, said := range map[string]string{
		"SSH": "SSH-2.0-OpenSSH_9.2\r\n", "Redis": "*1\r\n$4\r\nPING\r\n", "SMTP": "EHLO x\r\n", "TLS": "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", "Modbus": "\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0a\r\n\r\n",
		"HTTP/0.9": "GET /\r\n\r\n", "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "proxy": "CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", "PROXY": "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n",
		"memcached": "stats\r\n\r\n", "zeros": strings.Repeat("\x00", 64) + "\r\n\r\n",
	} {
		v.counts("shape", 1, func() {
			if got := v.answers(said + post); len(got) != 1 || got[0] != 400 {
				t.Errorf("%s: %v", name, got)
			}
		})
	}
	if n := len(v.bench.Sessions()); n != 0 {
		t.Errorf("%d sessions were opened", n)
	}
}

// T51: a session that the API opens may not connect to the API itself, in whatever
// spelling, at once or when it comes back.
func TestOwnAddressInEverySpelling(t *testing.T) {
	v := serve(t)
	_, port, _ := net.SplitHostPort(v.addr)
	own := []string{
		"127.0.0.1", "localhost", "LOCALHOST", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "localhost.",
		"[::ffff:0.0.0.0]", "[::]", "sockeye.localhost", "[::ffff:127.0.0.1%25lo]",
	}
	noAddress := []string{"127.1", "2130706433", "0177.0.0.1", "127.0.1", "0"} // though some programs read them so
	names := []string{"0x7f000001", "ip6-localhost", "127.0.0.1."}             // which this system may know as its own
	refused := 0
	open := func(address string) Failure {
		t.Helper()
		status, text := v.do(v.request("POST", "/api/v1/sessions", Open{Mode: "connect", Address: address + ":" + port}))
		if status < 400 {
			t.Errorf("%s was opened: %s", address, text)
		}
		var f Failure
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		if f.Kind == sockeye.NotPermitted {
			refused++
		}
		return f
	}
	for _, scheme := range []string{"", "tcp://", "tcp4://"} {
		for _, host := range own {
			if scheme == "tcp4://" && host == "[::]" {
				continue
			}
			if f := open(scheme + host); f.Kind != sockeye.NotPermitted || !strings.Contains(f.Message, "own control address") {
				t.Errorf("%s%s: %+v", scheme, host, f)
			}
		}
		for _, host := range noAddress {
			if f := open(scheme + host); f.Kind != sockeye.Invalid || !strings.Contains(f.Message, "not an IPv4 address") {
				t.Errorf("%s%s: %+v", scheme, host, f)
			}
		}
		for _, host := range names {
			if f := open(scheme + host); f.Kind != sockeye.NotPermitted && f.Kind != sockeye.NoSuchHost {
				t.Errorf("%s%s: %+v", scheme, host, f)
			}
		}
	}
	// Each is told of in the record.
	told := 0
	for _, e := range ask[Events](v, "GET", "/api/v1/events?limit=1000", nil).Events {
		if e.Error != nil && e.Error.Kind == sockeye.NotPermitted {
			told++
		}
	}
	if told != refused {
		t.Errorf("%d refusals are in the record, want %d", told, refused)
	}
	if n := len(v.bench.Sessions()); n != 0 {
		t.Errorf("%d sessions are open", n)
	}
}

// F50: two hundred pages may watch at once: all hear of what happens, and each costs no
// more than 1 MiB.
func TestManyPagesWatch(t *testing.T) {
	v := serve(t)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := heap()
	var pages []*bufio.Scanner
	for range 200 {
		c, err := net.Dial("tcp", v.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(2 * time.Minute))
		io.WriteString(c, "GET /api/v1/live HTTP/1.1\r\nHost: "+v.addr+"\r\nAuthorization: Bearer "+v.token+"\r\n\r\n")
		page := bufio.NewScanner(c)
		if !page.Scan() { // until it has shown its credential, another one may take its place
			t.Fatalf("page %d is not answered: %v", len(pages), page.Err())
		}
		pages = append(pages, page)
	}
	hear := func(text string) {
		t.Helper()
		for n, p := range pages {
			for {
				if !p.Scan() {
					t.Fatalf("page %d heard nothing more: %v", n, p.Err())
				}
				if bytes.Contains(p.Bytes(), []byte(text)) {
					break
				}
			}
		}
	}
	hear(`"s1"`)
	ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	hear(`"s2"`)
	if more := (int64(heap()) - int64(before)) / 200; more > 1<<20 {
		t.Errorf("each page costs %d KiB", more>>10)
	}
}
