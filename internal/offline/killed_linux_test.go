package offline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/recording"
)

// F01: the program is killed while it records, at any moment: what its output showed is
// in the recording, whole and in order; the next run says that this one ended so, and
// goes on after its last number; peers see the end of their connections.
//
// Each round is a process of the real program. SOCKEYE_ROUNDS says how many there are;
// see the Makefile.
func TestKilledProgram(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "sockeye")
	if out, err := exec.Command("go", "build", "-o", binary, "sockeye/cmd/sockeye").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	rounds := 40
	if os.Getenv("CI") == "true" {
		rounds = 1000
	}
	if n, err := strconv.Atoi(os.Getenv("SOCKEYE_ROUNDS")); err == nil {
		rounds = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d rounds", seed, rounds)
	random := rand.New(rand.NewPCG(seed, 0))
	next := make(chan killRound)
	var shown, recorded atomic.Int64
	var lanes sync.WaitGroup
	for range 16 {
		lanes.Go(func() {
			for k := range next {
				s, r, err := k.run(t, binary)
				shown.Add(s)
				recorded.Add(r)
				if err != nil {
					t.Errorf("%+v: %v", k, err)
				}
			}
		})
	}
	for n := range rounds {
		next <- killRound{n, []string{"relaxed", "always"}[n%2], time.Duration(1+random.IntN(500)) * time.Millisecond}
	}
	close(next)
	lanes.Wait()
	t.Logf("%d bytes shown, %d recorded", shown.Load(), recorded.Load())
	if shown.Load() == 0 {
		t.Error("nothing was shown, so nothing is proven")
	}
}

// killRound is one life of the program.
type killRound struct {
	n     int
	sync  string
	after time.Duration // the peer has connected
}

// run is how many bytes were shown and recorded, and what is wrong with that.
func (k killRound) run(t *testing.T, binary string) (shown, recorded int64, err error) {
	dir := filepath.Join(t.TempDir(), fmt.Sprint(k.n))
	defer os.RemoveAll(dir) // a thousand of them are much
	cmd := exec.Command(binary, "listen", "127.0.0.1:0", "--json", "--record", dir, "--record-size", "64KiB", "--sync", k.sync)
	cmd.Env = append(os.Environ(), "SOCKEYE_CONFIG=")
	cmd.Stdin = nil
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewReader(out)
	opened, err := readLine(lines)
	if err != nil {
		return 0, 0, fmt.Errorf("it never opened: %w", err)
	}
	c, err := net.Dial("tcp", opened.Local)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	peerEnds := make(chan struct{})
	go func() { // numbered bytes, until the connection ends
		defer close(peerEnds)
		for at := 0; ; at += 100 {
			if _, err := c.Write(numbered(at, 100+at%1900)[:100]); err != nil {
				return
			}
			if at%2000 == 0 {
				time.Sleep(200 * time.Microsecond)
			}
		}
	}()
	killed := time.AfterFunc(k.after, func() { cmd.Process.Kill() })
	defer killed.Stop()
	var data []byte
	last := opened.Seq
	for {
		line, err := readLine(lines)
		if err != nil {
			break // the last line may be cut
		}
		if line.Seq != last+1 {
			return 0, 0, fmt.Errorf("shown event %d after %d", line.Seq, last)
		}
		last, data = line.Seq, append(data, line.Data...)
	}
	if !bytes.Equal(data, numbered(0, len(data))) {
		return 0, 0, errors.New("what was shown is not what was sent")
	}
	select {
	case <-peerEnds:
	case <-time.After(patience):
		return 0, 0, errors.New("the peer's connection has not ended")
	}
	n, err := k.compare(t, dir, last, len(data))
	return int64(len(data)), n, err
}

// compare looks at what is on the disk, and has the next run look at it.
func (k killRound) compare(t *testing.T, dir string, last uint64, shown int) (recorded int64, err error) {
	r, err := recording.Open(dir)
	if err != nil {
		return 0, err
	}
	events, err := r.Read(recording.ReadOptions{})
	if err != nil {
		return 0, err
	}
	defer events.Close()
	var data []byte
	seq := uint64(0)
	err = events.Each(t.Context(), nil, func(e *sockeye.Event) error {
		if seq++; e.Seq != seq || e.Kind == sockeye.Gap {
			return fmt.Errorf("event %d (%s) in the place of %d", e.Seq, e.Kind, seq)
		}
		data = append(data, e.Data...)
		return nil
	})
	switch {
	case err != nil:
		return 0, err
	case seq < last || len(data) < shown:
		return 0, fmt.Errorf("%d events with %d bytes were shown, %d with %d are recorded", last, shown, seq, len(data))
	case !bytes.Equal(data, numbered(0, len(data))):
		return 0, errors.New("what is recorded is not what was sent")
	}
	j := journal.New(0)
	again, err := j.Record(recording.WriteOptions{Dir: dir})
	if err != nil {
		return 0, err
	}
	defer j.Close()
	defer again.Close(t.Context())
	if got := again.Before().Event; got != seq {
		return 0, fmt.Errorf("the next run goes on after event %d, want %d", got, seq)
	}
	view := j.Cursor(seq + 1)
	defer view.Close()
	if e, err := view.Next(t.Context()); err != nil || e.Seq != seq+1 || e.Detail == nil || e.Detail.Err == nil ||
		!bytes.Contains([]byte(e.Detail.Err.Message.En), []byte("ended without being closed")) {
		return 0, fmt.Errorf("the next run begins with %+v, %v", e, err)
	}
	return int64(len(data)), nil
}

// patience is how long a connection may take to end when its program was killed.
const patience = time.Minute

// numbered are n bytes from an offset on of a stream in which each place is told from
// its neighbours.
func numbered(at, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((at + i) * 2654435761 >> 13)
	}
	return b
}

// shownLine is what the test needs of a line of --json.
type shownLine struct {
	Seq   uint64
	Local string
	Data  []byte
}

func readLine(r *bufio.Reader) (line shownLine, err error) {
	text, err := r.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(text, &line)
	}
	if errors.Is(err, io.EOF) {
		err = io.EOF
	}
	return line, err
}
