package device

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/outbox"
)

// limit bounds every wait on a slow machine.
const limit = time.Minute

// playing is a board that a test runs.
type playing struct {
	cancel   context.CancelFunc
	done     chan struct{}
	statuses []TargetStatus
	err      error

	mu       sync.Mutex
	reported []TargetStatus
	changed  chan struct{}
}

// play runs a file's boards until end or the test's end.
func play(t *testing.T, state, text string, change func(*RunOptions)) *playing {
	t.Helper()
	f, err := Parse(filepath.Join(t.TempDir(), "device.toml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(client.LocalOptions{Memory: 4 << 20, Drain: time.Second})
	ctx, cancel := context.WithCancel(context.Background())
	p := &playing{cancel: cancel, done: make(chan struct{}), changed: make(chan struct{}, 1)}
	o := RunOptions{Client: c, State: state, Drain: limit, Report: func(s TargetStatus) {
		p.mu.Lock()
		p.reported = append(p.reported, s)
		p.mu.Unlock()
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}}
	if change != nil {
		change(&o)
	}
	go func() {
		defer close(p.done)
		p.statuses, p.err = Run(ctx, f, o)
		c.Close()
	}()
	t.Cleanup(func() { p.end(t) })
	return p
}

// end ends the boards, and gives what became of their targets.
func (p *playing) end(t *testing.T) []TargetStatus {
	t.Helper()
	p.cancel()
	select {
	case <-p.done:
	case <-time.After(limit):
		t.Fatal("the boards do not end")
	}
	if p.err != nil {
		t.Error(p.err)
	}
	return p.statuses
}

// await waits until a target has reported a state.
func (p *playing) await(t *testing.T, state TargetState) TargetStatus {
	t.Helper()
	for end := time.After(limit); ; {
		p.mu.Lock()
		for _, s := range p.reported {
			if s.State == state {
				p.mu.Unlock()
				return s
			}
		}
		p.mu.Unlock()
		select {
		case <-p.changed:
		case <-p.done:
			t.Fatalf("it ended: %v", p.err)
		case <-end:
			t.Fatalf("no target became %s: %+v", state, p.reported)
		}
	}
}

// jsonLine is what the format json has.
type jsonLine struct {
	Name   string             `json:"name"`
	Seq    uint64             `json:"seq"`
	Time   time.Time          `json:"time"`
	Values map[string]float64 `json:"values"`
	Again  bool               `json:"again"`
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(limit))
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(limit))
	t.Cleanup(func() { c.Close() })
	return c
}

func readLine(t *testing.T, in *bufio.Reader) (line jsonLine) {
	t.Helper()
	text, err := in.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &line); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return line
}

const simulated = `
name = "board"
[[sensor]]
name = "steps"
simulate = "steps"
steps = 1000
maximum = 999
period = "5ms"
every = "5ms"
`

// A target that is away costs nothing to the other; what was measured meanwhile arrives
// later, in order, with its time.
func TestTargetThatIsAway(t *testing.T) {
	here, later := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	address := later.Addr().String()
	later.Close()
	p := play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\nname='here'\naddress='tcp://%s'\nformat='json'\nhello='hi {{var.name}}\\n'\n[[target]]\nname='later'\naddress='tcp://%s'\nformat='json'\n", here.Addr(), address), nil)
	in := bufio.NewReader(accept(t, here))
	if hello, err := in.ReadString('\n'); hello != "hi board\n" {
		t.Fatalf("hello %q, %v", hello, err)
	}
	for want := uint64(1); want <= 50; want++ {
		if line := readLine(t, in); line.Seq != want || line.Again {
			t.Fatalf("row %d is %+v", want, line)
		}
	}
	if s := p.await(t, Away); s.Target != "later" || s.Err.Kind != sockeye.Refused {
		t.Fatalf("away: %+v", s)
	}
	back := time.Now()
	in = bufio.NewReader(accept(t, listen(t, address)))
	before := jsonLine{}
	for want := uint64(1); want <= 60; want++ {
		line := readLine(t, in)
		if line.Seq != want || line.Again || line.Time.Before(before.Time) {
			t.Fatalf("row %d is %+v, before %+v", want, line, before)
		}
		if want == 1 && !line.Time.Before(back) {
			t.Errorf("the first row has the time %v, the target came back at %v", line.Time, back)
		}
		before = line
	}
	go io.Copy(io.Discard, in)
}

// A target that closes in good order and comes back misses nothing; what comes twice has
// its mark.
func TestTargetRestarts(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	p := play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='tcp://%s'\nformat='json'\n", l.Addr()), nil)
	seen := map[uint64]int{}
	for range 4 {
		c := accept(t, l)
		s := bufio.NewScanner(c)
		for n := 0; s.Scan(); n++ {
			if n == 40 {
				c.(*net.TCPConn).CloseWrite() // and reads on, until the board has closed, too
			}
			var line jsonLine
			if err := json.Unmarshal(s.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			if seen[line.Seq] > 0 && !line.Again {
				t.Errorf("row %d comes twice without a mark", line.Seq)
			}
			if last := highest(seen); line.Seq > last+1 {
				t.Errorf("row %d follows %d", line.Seq, last)
			}
			seen[line.Seq]++
		}
	}
	go io.Copy(io.Discard, accept(t, l))
	p.end(t)
}

// After a reset nothing comes twice without a mark. What the other system had
// acknowledged, and its program had not read, is lost with the program.
func TestTargetResets(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	p := play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='tcp://%s'\nformat='json'\n", l.Addr()), nil)
	seen := map[uint64]bool{}
	for range 4 {
		c := accept(t, l)
		in := bufio.NewReader(c)
		for range 40 {
			line := readLine(t, in)
			if seen[line.Seq] && !line.Again {
				t.Errorf("row %d comes twice without a mark", line.Seq)
			}
			seen[line.Seq] = true
		}
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	go io.Copy(io.Discard, accept(t, l))
	p.end(t)
}

func highest(seen map[uint64]int) (n uint64) {
	for seq := range seen {
		n = max(n, seq)
	}
	return n
}

// awaitRows waits until a queue's folder holds rows.
func awaitRows(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(dir, "*.records"))
		for _, f := range files {
			if info, err := os.Stat(f); err == nil && info.Size() > 0 {
				return
			}
		}
	}
	t.Fatal("no row was queued in " + dir)
}

// The queue outlives the process; at the end of a run it is delivered to who is there.
func TestQueueOutlivesTheRun(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	address := l.Addr().String()
	l.Close()
	state := t.TempDir()
	text := simulated + fmt.Sprintf("[[target]]\naddress='tcp://%s'\nformat='json'\n", address)
	p := play(t, state, text, func(o *RunOptions) { o.Drain = time.Millisecond })
	p.await(t, Away)
	awaitRows(t, filepath.Join(state, "board", "target1"))
	first := p.end(t)[0]
	if first.Queue.Waiting == 0 || first.Queue.Confirmed != 0 {
		t.Fatalf("after the first run: %+v", first.Queue)
	}
	l = listen(t, address)
	p = play(t, state, text, nil)
	in := bufio.NewReader(accept(t, l))
	for want := uint64(1); want <= first.Queue.Waiting+5; want++ {
		if line := readLine(t, in); line.Seq != want {
			t.Fatalf("row %d is %+v", want, line)
		}
	}
	go io.Copy(io.Discard, in)
	if s := p.end(t)[0]; s.Queue.Waiting != 0 || s.Queue.Confirmed < first.Queue.Waiting {
		t.Errorf("after the second run: %+v", s.Queue)
	}
}

// An hour without the target, ten rows a second.
func TestAwayForAnHour(t *testing.T) {
	state := t.TempDir()
	q, err := outbox.Open(outbox.QueueOptions{Dir: filepath.Join(state, "board", "target1")})
	if err != nil {
		t.Fatal(err)
	}
	const rows = 36_000
	start := time.Now().Add(-time.Hour)
	for n := range rows {
		row := SensorRow{Time: start.Add(time.Duration(n) * 100 * time.Millisecond), Values: []SensorValue{{"steps", float64(n), true}}}
		if err := q.Append(row.encode(nil)); err != nil {
			t.Fatal(err)
		}
	}
	q.Close()
	l := listen(t, "127.0.0.1:0")
	p := play(t, state, simulated+fmt.Sprintf("[[target]]\naddress='tcp://%s'\nformat='json'\n", l.Addr()), nil)
	in := bufio.NewReader(accept(t, l))
	for n := range rows {
		if line := readLine(t, in); line.Values["steps"] != float64(n) || line.Seq != uint64(n)+1 || line.Time.Sub(start.Add(time.Duration(n)*100*time.Millisecond)).Abs() > time.Millisecond {
			t.Fatalf("row %d is %+v", n, line)
		}
	}
	go io.Copy(io.Discard, in)
	p.end(t)
}

// A datagram has as many rows as the file says, and no more than fits.
func TestUDP(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='udp://%s'\nformat='line'\nbatch=3\nlinger='100ms'\n", c.LocalAddr()), nil)
	c.SetReadDeadline(time.Now().Add(limit))
	for range 5 {
		b := make([]byte, 2000)
		n, _, err := c.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if rows := strings.Count(string(b[:n]), "\n"); rows < 1 || rows > 3 || b[n-1] != '\n' {
			t.Errorf("a datagram with %d rows: %q", rows, b[:n])
		}
	}
}

// A server that refuses for a while gets the rows later, one that does not want them
// loses those only.
func TestHTTP(t *testing.T) {
	var mu sync.Mutex
	var got []jsonLine
	var kinds []string
	requests := 0
	enough := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		requests++
		user, password, _ := r.BasicAuth()
		switch {
		case user != "me" || password != "secret" || r.Header.Get("X-Room") != "12" || r.Method != http.MethodPost || r.URL.Path != "/data":
			t.Errorf("request %s %s %v", r.Method, r.URL, r.Header)
		case requests == 2:
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		case requests == 4:
			http.Error(w, "never", http.StatusUnprocessableEntity)
			return
		}
		kinds = append(kinds, r.Header.Get("Content-Type"))
		for line := range strings.Lines(string(body)) {
			var l jsonLine
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Error(err)
			}
			got = append(got, l)
		}
		if len(kinds) == 6 {
			close(enough)
		}
	}))
	defer server.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='%s/data'\nbatch=4\nlinger='50ms'\nusername='me'\npassword_file='%s'\nheaders={X-Room='12'}\n", server.URL, secret), nil)
	select {
	case <-enough:
	case <-time.After(limit):
		t.Fatal("too few requests")
	}
	status := p.end(t)[0]
	mu.Lock()
	defer mu.Unlock()
	missing := 0
	for n, want := 0, uint64(1); n < len(got); want++ {
		if got[n].Seq != want {
			missing++
			continue
		}
		n++
	}
	if status.Rejected == 0 || uint64(missing) != status.Rejected || status.Again == 0 || !got[4].Again && !got[5].Again {
		t.Errorf("%d rows are missing; %+v", missing, status)
	}
	if kinds[0] != "application/x-ndjson" && kinds[0] != "application/json" {
		t.Errorf("content types %v", kinds)
	}
}

// An https target is trusted by the certificate that the file names, and by no other.
func TestHTTPS(t *testing.T) {
	arrived := make(chan struct{}, 100)
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case arrived <- struct{}{}:
		default:
		}
	}))
	defer server.Close()
	p := play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='%s'\n", server.URL), nil)
	if s := p.await(t, Away); s.Err.Kind != sockeye.AccessDenied || s.Err.Hint.IsZero() {
		t.Errorf("an unknown certificate: %+v", s.Err)
	}
	p.end(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pemOf(server.Certificate()), 0o600); err != nil {
		t.Fatal(err)
	}
	play(t, t.TempDir(), simulated+fmt.Sprintf("[[target]]\naddress='%s'\nca='%s'\n", server.URL, ca), nil)
	select {
	case <-arrived:
	case <-time.After(limit):
		t.Fatal("nothing arrives")
	}
}

// Commands are taken from targets that may give them, as far as the file allows.
func TestCommandsAreLimitedByTheFile(t *testing.T) {
	may, mayNot := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	play(t, t.TempDir(), strings.Replace(simulated, `"5ms"`+"\n", `"5ms"`+"\n", 1)+fmt.Sprintf("[[target]]\naddress='tcp://%s'\ncommands=true\n[[target]]\naddress='tcp://%s'\n[commands]\nrates=true\nreboot=true\n", may.Addr(), mayNot.Addr()), nil)
	c, other := accept(t, may), accept(t, mayNot)
	in := bufio.NewReader(c)
	ask := func(line string) string {
		fmt.Fprintf(c, "%s\r\n", line)
		for {
			answer, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(answer, "ok") || strings.HasPrefix(answer, "error") {
				return strings.TrimSpace(answer)
			}
		}
	}
	for line, want := range map[string]string{
		"rate steps 20ms":         "ok rate steps 20ms",
		"rate steps 1ns":          `error "1ns" is no time of at least 1ms`,
		"rate x 1s":               `error there is no sensor "x"`,
		"set gpio/gpiochip0/17 1": `error not allowed or unknown: "set gpio/gpiochip0/17 1"`,
		"rm -rf \x1b[31m":         `error not allowed or unknown: "rm -rf \x1b[31m"`,
	} {
		if got := ask(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	fmt.Fprintf(other, "reboot\n")
	if got := ask("reboot"); got != "ok reboot" {
		t.Errorf("reboot: %q", got)
	}
	if _, err := io.Copy(io.Discard, in); err != nil { // it goes
		t.Errorf("a reboot ends with %v", err)
	}
	accept(t, may) // and comes back
}

// Each of many boards has its own name, values and connection.
func TestManyBoards(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	const count = 30
	p := play(t, t.TempDir(), strings.ReplaceAll(simulated, `"steps"`, `"noise"`)+fmt.Sprintf("[[target]]\naddress='tcp://%s'\nformat='json'\n", l.Addr()), func(o *RunOptions) { o.Count, o.Ramp = count, 200 })
	names, values := map[string]bool{}, map[float64]bool{}
	for range count {
		c := accept(t, l)
		line := readLine(t, bufio.NewReader(c))
		names[line.Name], values[line.Values["noise"]] = true, true
		go io.Copy(io.Discard, c)
	}
	if len(names) != count || !names["board-0001"] || !names["board-0030"] || len(values) != count {
		t.Errorf("names %v, values %v", names, values)
	}
	if s := p.end(t); len(s) != count {
		t.Errorf("%d targets", len(s))
	}
}

// The state of one board belongs to one process.
func TestRunsOnce(t *testing.T) {
	state := t.TempDir()
	text := simulated + "[[target]]\naddress='tcp://127.0.0.1:9'\n"
	p := play(t, state, text, nil)
	p.await(t, Away)
	f, err := Parse("f.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(client.LocalOptions{Memory: 1 << 20})
	defer c.Close()
	_, err = Run(t.Context(), f, RunOptions{Client: c, State: state})
	if e := sockeye.ErrorOf(err); e == nil || !errors.Is(err, outbox.ErrInUse) || e.Hint.IsZero() {
		t.Errorf("run twice: %v", err)
	}
}

// A disk that takes no rows is told of once, also while the target is away.
func TestDiskRefuses(t *testing.T) {
	f, err := Parse("f.toml", []byte(simulated+"[[target]]\naddress='tcp://127.0.0.1:9'\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(client.LocalOptions{Memory: 1 << 20})
	defer c.Close()
	n := newNetwork(c)
	defer n.close()
	var told []TargetStatus
	b, err := openBoard(f, 0, n, RunOptions{State: t.TempDir(), Report: func(s TargetStatus) { told = append(told, s) }})
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	b.targets[0].set(Away, errors.New("nobody answers"))
	told = nil
	b.targets[0].queue.Close() // it takes nothing any more
	for range 3 {
		b.measured(time.Now(), []SensorValue{{"steps", 1, true}})
	}
	if len(told) != 1 || told[0].Err == nil || !errors.Is(told[0].Err, os.ErrClosed) {
		t.Errorf("told %+v", told)
	}
}
