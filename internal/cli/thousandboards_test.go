//go:build linux

package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sockeye/internal/freeport"
)

// manyBoards is a server that keeps what boards say.
type manyBoards struct {
	mu     sync.Mutex
	last   map[string]uint64  // number of each board's last row
	first  map[string]float64 // its first value
	online map[string]bool    // boards that said something since the server came back
	wrong  []string
	conns  []*net.TCPConn
	reads  sync.WaitGroup
}

// serve accepts on l until it is closed.
func (m *manyBoards) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		m.conns = append(m.conns, c.(*net.TCPConn))
		m.mu.Unlock()
		m.reads.Go(func() {
			defer c.Close()
			for s := bufio.NewScanner(c); s.Scan(); {
				m.row(s.Bytes())
			}
		})
	}
}

// row keeps what a row says, and what is wrong with it: every board counts its own rows, and
// none is missing or comes twice without a mark.
func (m *manyBoards) row(text []byte) {
	var row struct {
		Name   string
		Seq    uint64
		Values map[string]float64
		Again  bool
	}
	err := json.Unmarshal(text, &row)
	m.mu.Lock()
	defer m.mu.Unlock()
	last, known := m.last[row.Name]
	switch {
	case err != nil:
		m.wrong = append(m.wrong, fmt.Sprintf("%v: %.200q", err, text))
	case row.Seq > last+1 || row.Seq <= last && !row.Again:
		m.wrong = append(m.wrong, fmt.Sprintf("%s: row %d after %d", row.Name, row.Seq, last))
	case !known:
		m.first[row.Name] = row.Values["noise"]
	}
	m.last[row.Name] = max(last, row.Seq)
	m.online[row.Name] = true
}

// away ends all connections in good order: what was sent is read.
func (m *manyBoards) away() {
	m.mu.Lock()
	for _, c := range m.conns {
		c.CloseWrite()
	}
	m.conns, m.online = nil, map[string]bool{}
	m.mu.Unlock()
	m.reads.Wait()
}

func (m *manyBoards) count() (online int, wrong []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.online), m.wrong
}

// A thousand boards in one process start at the rate that was asked for, each with its own
// name, values and connection; when their server goes away and comes back, all are back.
func TestThousandBoards(t *testing.T) {
	const count, ramp = 1000, 400
	address := fmt.Sprintf("127.0.0.1:%d", freeport.Find(t)) // it is let go for a while
	open := func() net.Listener {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	m := &manyBoards{last: map[string]uint64{}, first: map[string]float64{}, online: map[string]bool{}}
	l := open()
	go m.serve(l)
	file := filepath.Join(t.TempDir(), "class.toml")
	writeFile(t, file, fmt.Sprintf("name = 'class'\n[[sensor]]\nname = 'noise'\nsimulate = 'noise'\nevery = '2s'\n[[target]]\naddress = 'tcp://%s'\nformat = 'json'\n", address))
	began := time.Now()
	cmd := command(t, "sockeye", "device", file, "--count", fmt.Sprint(count), "--ramp", fmt.Sprint(ramp), "--quiet")
	cmd.Env = append(cmd.Env, "SOCKEYE_HOME="+t.TempDir())
	p := start(t, cmd)
	all := func(what string) {
		t.Helper()
		for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			online, wrong := m.count()
			if len(wrong) > 0 || time.Now().After(end) {
				t.Fatalf("%s: %d of %d boards after %v; wrong: %.500q; it said %.2000q", what, online, count, patience, wrong, p.errs)
			}
			if online == count {
				return
			}
		}
	}
	all("at the start")
	if took, least := time.Since(began), time.Second*(count-1)/ramp; took < least {
		t.Errorf("all were there after %v, less than the %v of the ramp", took, least)
	}
	l.Close()
	m.away()
	if !p.errs.await("class-1000 → target1: away", p.wait, p.ended) && !p.out.await("class-1000 → target1: away", 0, p.ended) {
		t.Fatalf("it does not say that the server is away: %.2000q", p.errs)
	}
	back := time.Now()
	l = open()
	defer l.Close()
	go m.serve(l)
	all("after the server came back")
	t.Logf("all are back after %v", time.Since(back))
	p.cmd.Process.Signal(os.Interrupt)
	p.ends(130)
	m.mu.Lock()
	defer m.mu.Unlock()
	values := map[float64]bool{}
	for name, v := range m.first {
		if !strings.HasPrefix(name, "class-") {
			t.Errorf("a board is called %q", name)
		}
		values[v] = true
	}
	if len(m.last) != count || len(values) != count || len(m.wrong) > 0 {
		t.Errorf("%d names and %d first values of %d boards; wrong: %.500q", len(m.last), len(values), count, m.wrong)
	}
}
