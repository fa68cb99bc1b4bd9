package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sockeye"
)

// child is the program itself, built without the race detector, of which the memory is
// measured. Python measures, for what Linux says of a child counts its parent until exec.
type child struct{ program, python string }

func newChild(t *testing.T) child {
	t.Helper()
	c := child{program: filepath.Join(t.TempDir(), "sockeye")}
	var err error
	if c.python, err = exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("this test needs python3: ", err)
		}
		t.Skip("needs python3")
	}
	if out, err := exec.Command("go", "build", "-o", c.program, "sockeye/cmd/sockeye").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return c
}

const measure = `import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=600).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, code, file=sys.stderr)`

// run runs it to its end, and gives its exit code, what it said on standard error and
// how many bytes of memory it took at most.
func (c child) run(t *testing.T, args ...string) (code int, said string, most int64) {
	t.Helper()
	cmd := exec.Command(c.python, append([]string{"-c", measure, c.program}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%q: %v\n%.2000s", args, err, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	if _, err := fmt.Sscan(lines[len(lines)-1], &most, &code); err != nil {
		t.Fatalf("%q: %v", lines, err)
	}
	return code, strings.Join(lines[:len(lines)-1], "\n"), most << 10
}

// readings is every command that reads a recording.
func readings(t *testing.T, path string) [][]string {
	out := t.TempDir()
	all := [][]string{{"ls", path}, {"show", path}, {"verify", path}, {"repair", path, filepath.Join(out, "repaired")},
		{"search", path, "--regexp", "n.where$"}}
	for _, format := range []string{"text", "csv", "json", "raw", "pcapng"} {
		all = append(all, []string{"export", path, "--format", format, "--output", filepath.Join(out, format)})
	}
	return all
}

// bomb is what costs most for its size: events of which each names another peer.
func bomb(t *testing.T, n int) []byte {
	w := newTape(t)
	for i := range n {
		w.peer = &sockeye.Peer{ID: uint64(i + 1), Session: w.session, Network: "tcp", Local: w.peer.Local, Remote: w.peer.Remote}
		w.event(sockeye.Joined, "", nil)
	}
	return w.buf
}

// fixedMemory is what reading a recording takes in memory beside twice the file, as
// docs/recording.md says.
const fixedMemory = 48 << 20

// T39: no recording makes a command that reads it take more memory than 48 MiB and
// twice its size, hang or panic: neither one that was changed anywhere, nor one that
// names as many peers as it can, nor one that unpacks to far more than it is.
func TestMemoryOfHostileRecordings(t *testing.T) {
	c := newChild(t)
	_, _, plain := c.run(t, "version")
	peers := bomb(t, 30_000)
	damaged := bytes.Clone(peers)
	for i := 1500; i < len(damaged); i += 1100 {
		damaged[i] ^= 0xFF
	}
	zeros := append(bytes.Clone(peers[:2000]), make([]byte, 200<<20)...)
	all := map[string][]byte{"peers": peers, "every other block damaged": damaged, "one block that claims all": claims(peers[:4000])}
	for name, pack := range packers {
		all[name+" of peers"] = pack(t, peers)
		all[name+" of nothing"] = pack(t, zeros)
	}
	for name, file := range all {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "recording")
			put(t, path, file)
			for _, args := range readings(t, path) {
				code, said, most := c.run(t, append([]string{"log"}, args...)...)
				if code < 0 || code > 2 || strings.Contains(said, "goroutine ") {
					t.Errorf("%q ended with %d: %.1000s", args, code, said)
				}
				if refuses := map[string]string{" of peers": "too many for its size", " of nothing": "more than 100 times its size"}[strings.TrimLeft(name, "gzipstd")]; !strings.Contains(said, refuses) || refuses != "" && code != 2 {
					t.Errorf("%q ended with %d: %.1000s", args, code, said)
				}
				if bound := int64(fixedMemory + 2*len(file)); most-plain > bound {
					t.Errorf("%q took %d MiB of memory, %d MiB are the most", args, (most-plain)>>20, bound>>20)
				}
			}
		})
	}
}

// T39: whatever is changed in a recording, all that reads it ends, without a panic, and
// gives no more bytes than there are.
func TestMutatedRecordings(t *testing.T) {
	w := newTape(t)
	w.opened().received("question").sent("answer").received(strings.Repeat("more ", 2000))
	w.peer.SetAlias("kitchen")
	w.sent("the end").event(sockeye.Left, "", &sockeye.Detail{Reason: sockeye.ReasonEOF})
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		b := bytes.Clone(w.buf)
		for range 1 + random.IntN(6) {
			if at := random.IntN(len(b)); random.IntN(8) > 0 {
				b[at] = byte(random.Uint32())
			} else if random.IntN(2) > 0 {
				b = append(b[:at:at], b[random.IntN(at+1):]...)
			} else if at > 0 {
				b = b[:at]
			}
		}
		if n%4 == 0 {
			b = packers["gzip"](t, b)
			b[random.IntN(len(b))] ^= 1 << random.IntN(8)
		}
		path := filepath.Join(t.TempDir(), "recording")
		put(t, path, b)
		if given := readAll(t, path); given > 4*len(w.buf) {
			t.Fatalf("%d bytes from a file of %d: %x", given, len(b), b)
		}
	}
}

// readAll reads a recording in every way there is, and gives how many bytes came of
// it. What cannot be read says so in words.
func readAll(t *testing.T, path string) (given int) {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		inWords(t, err)
		return 0
	}
	_, err = r.Summarize(t.Context(), nil)
	inWords(t, err)
	_, err = r.Verify(t.Context(), nil)
	inWords(t, err)
	_, err = r.Repair(t.Context(), filepath.Join(t.TempDir(), "repaired"), nil)
	inWords(t, err)
	m, err := Filter{Regexp: "e.d$"}.Matcher()
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(*Reader) error{
		func(d *Reader) error {
			return d.Each(t.Context(), nil, func(e *sockeye.Event) error { given += len(e.Data); return nil })
		},
		func(d *Reader) error { return WriteText(t.Context(), d, m, io.Discard, sockeye.English) },
		func(d *Reader) error { return WriteCSV(t.Context(), d, nil, io.Discard, sockeye.English) },
		func(d *Reader) error { return WriteJSON(t.Context(), d, nil, io.Discard, sockeye.Chinese) },
		func(d *Reader) error { return WritePcapng(t.Context(), d, nil, io.Discard) },
	} {
		d, err := r.Read(ReadOptions{})
		if err != nil {
			inWords(t, err)
			continue
		}
		inWords(t, write(d))
		d.Close()
	}
	return given
}

func inWords(t *testing.T, err error) {
	t.Helper()
	if e, ok := errors.AsType[*sockeye.Error](err); err != nil && (!ok || e.Message.En == "" || e.Message.Zh == "") {
		t.Fatalf("%v", err)
	}
}

// claims is a recording whose last block says that it is as long as can be said.
func claims(b []byte) []byte {
	b = bytes.Clone(b)
	return append(b, 6, 0, 0, 0, 0xFC, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4)
}
