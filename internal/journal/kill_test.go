package journal

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"sockeye/internal/recording"
)

// roles are what the test binary can be instead of a test: a process that records
// into a directory and suffers for it.
var roles = map[string]func(dir string){"relaxed": victim(recording.Relaxed), "always": victim(recording.Always)}

const (
	roleVar = "SOCKEYE_TEST_ROLE"
	dirVar  = "SOCKEYE_TEST_DIR"
)

// inRole is the test binary in a role.
func inRole(role, dir string) *exec.Cmd {
	p := exec.Command(os.Args[0])
	p.Env = append(os.Environ(), roleVar+"="+role, dirVar+"="+dir)
	return p
}

// victim is the process that TestKilledJournalKeepsWhatWasShown kills: it records numbered traffic into
// a directory and prints what a view is shown, number and checksum, until then.
func victim(promise recording.Sync) func(dir string) {
	return func(dir string) {
		recordAndPrint(recording.WriteOptions{Dir: dir, SegmentBytes: 256 << 10, Sync: promise})
	}
}

func recordAndPrint(o recording.WriteOptions) {
	j, s := New(1<<20), newSender("tcp")
	_, err := j.Record(o)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go func() {
		for n := 0; ; n++ {
			j.Append(s.received(strings.Repeat(fmt.Sprint(n, " "), 1+n%40)))
			if n%64 == 63 {
				time.Sleep(time.Duration(n%7) * 100 * time.Microsecond)
			}
		}
	}()
	fmt.Println("ready")
	view := j.Cursor(1)
	for {
		e, err := view.Next(context.Background())
		if err != nil {
			os.Exit(2)
		}
		// One write(2) for each event: what is in the pipe was shown.
		fmt.Fprintf(os.Stdout, "%d %08x\n", e.Seq, crc32.ChecksumIEEE(e.Data))
	}
}

// F01: what a view was shown is on the disk after kill -9, whenever that comes.
func TestKilledJournalKeepsWhatWasShown(t *testing.T) {
	t.Parallel()
	rounds := 20
	if os.Getenv("CI") == "true" {
		rounds = 200
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d rounds", seed, rounds)
	random := rand.New(rand.NewPCG(seed, 0))
	after := make([]time.Duration, rounds)
	for i := range after {
		after[i] = time.Millisecond * time.Duration(1+random.IntN(500))
	}
	var shown [2]int
	var lanes sync.WaitGroup
	for lane, promise := range []recording.Sync{recording.Relaxed, recording.Always} {
		lanes.Go(func() {
			for i := lane; i < rounds; i += 2 {
				dir := t.TempDir()
				n, err := kill(dir, promise, after[i])
				os.RemoveAll(dir) // 200 of them are much
				if err != nil {
					t.Errorf("round %d, %s, killed after %v: %v", i, promise, after[i], err)
				}
				shown[lane] += n
			}
		})
	}
	lanes.Wait()
	t.Logf("shown and found: %d events with relaxed, %d with always", shown[0], shown[1])
	if shown[0] == 0 || shown[1] == 0 {
		t.Error("nothing was shown, so nothing is proven")
	}
}

// kill runs one victim and compares what it was shown with what it recorded.
func kill(dir string, promise recording.Sync, after time.Duration) (shown int, err error) {
	p := inRole(string(promise), dir)
	out, err := p.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := p.Start(); err != nil {
		return 0, err
	}
	defer p.Wait()
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); line != "ready\n" {
		p.Process.Kill()
		return 0, fmt.Errorf("the victim says %q, %v", line, err)
	}
	timer := time.AfterFunc(after, func() { p.Process.Kill() })
	defer timer.Stop()
	said, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	sums, err := recordedSums(dir)
	if err != nil {
		return 0, err
	}
	lines := bytes.Split(said, []byte("\n"))
	for _, line := range lines[:len(lines)-1] { // the last one may be cut
		shown++
		var seq uint64
		var sum uint32
		if _, err := fmt.Sscanf(string(line), "%d %x", &seq, &sum); err != nil || seq != uint64(shown) {
			return shown, fmt.Errorf("shown %q as event %d: %v", line, shown, err)
		}
		if seq > uint64(len(sums)) || sums[seq-1] != sum {
			return shown, fmt.Errorf("event %d was shown, and is lost: %d are recorded", seq, len(sums))
		}
	}
	return shown, nil
}

// recordedSums are the checksums of the events in a directory, which must be
// there from 1 without a hole.
func recordedSums(dir string) ([]uint32, error) {
	events, _, err := readAll(dir)
	if err != nil {
		return nil, err
	}
	var sums []uint32
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			return nil, fmt.Errorf("event %d in the place of %d", e.Seq, i+1)
		}
		sums = append(sums, crc32.ChecksumIEEE(e.Data))
	}
	return sums, nil
}
