package journal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/recording"
)

// ownMounts runs the test again in a process with mounts of its own, which no
// other process can hold on to, and says so. There it returns false. Where it is not
// permitted the test fails in continuous integration, and is skipped elsewhere.
func ownMounts(t *testing.T) (elsewhere bool) {
	t.Helper()
	if os.Getenv(mountsVar) != "" {
		return false
	}
	p := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=30m")
	p.Env = append(os.Environ(), mountsVar+"=own")
	p.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := p.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true":
		t.Skip("this test mounts file systems, which needs root: ", err)
	case err != nil:
		t.Errorf("in a mount namespace: %v\n%s", err, out)
	default:
		t.Logf("in a mount namespace:\n%s", out)
	}
	return true
}

const mountsVar = "SOCKEYE_TEST_MOUNTS"

// mounted mounts a file system for a test.
func mounted(t *testing.T, kind, source, options string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	mount(t, dir, kind, source, options)
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func mount(t *testing.T, dir, kind, source, options string) {
	t.Helper()
	if out, err := exec.Command("mount", "-t", kind, "-o", options, source, dir).CombinedOutput(); err != nil {
		t.Fatalf("mount -t %s -o %s: %v: %s", kind, options, err, out)
	}
}

func remount(t *testing.T, dir, options string) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,"+options, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// onDisk is a scene on a real file system.
func onDisk(t *testing.T, dir string, o recording.WriteOptions) *scene {
	c := &scene{T: t, dir: filepath.Join(dir, "rec"), j: New(0), s: newSender("tcp")}
	o.Dir = c.dir
	c.r = recordTo(t, c.j, o)
	c.view = c.j.Cursor(1)
	t.Cleanup(c.view.Close)
	return c
}

// F06, on a real file system that fills up: by bytes, and by files.
func TestRealDiskFull(t *testing.T) {
	t.Parallel()
	if ownMounts(t) {
		return
	}
	for _, full := range []struct{ name, small, large string }{
		{"bytes", "size=4m", "size=64m"},
		{"inodes", "size=64m,nr_inodes=6", "nr_inodes=100"},
	} {
		t.Run(full.name, func(t *testing.T) {
			dir := mounted(t, "tmpfs", "none", full.small)
			c := onDisk(t, dir, recording.WriteOptions{SegmentBytes: 256 << 10})
			c.s.peer.Network = "udp" // no acknowledgements in between: sizes are easy to foresee
			for c.r.Status().State == RecordOn && c.sent < 10_000 {
				c.j.Append(c.s.received(fmt.Sprint(c.sent) + strings.Repeat(" ", 1000)))
				c.sent++
				c.show()
			}
			if e := c.hear("paused"); e.Errno != "ENOSPC" {
				t.Errorf("told %+v", e)
			}
			c.send(1000)
			c.show()
			if events, damage := recorded(t, c.dir); len(damage) > 0 || len(events) < 300 {
				t.Errorf("%d events on the full disk, %v", len(events), damage)
			}
			if remarks := remarksIn(t, c.dir); len(remarks) != 1 || remarks[0].Errno != "ENOSPC" {
				t.Errorf("the last words are %v", remarks)
			}
			remount(t, dir, full.large)
			c.hear("nothing is missing")
			c.whole()
		})
	}
}

// F15, on a real file system that is made read-only under the recorder.
func TestRealReadOnly(t *testing.T) {
	t.Parallel()
	if ownMounts(t) {
		return
	}
	dir := mounted(t, "tmpfs", "none", "size=16m")
	c := onDisk(t, dir, recording.WriteOptions{})
	c.send(100)
	c.show()
	closeRecorder(t, c.r)
	remount(t, dir, "ro")
	_, err := c.j.Record(recording.WriteOptions{Dir: c.dir})
	if e := sockeye.ErrorOf(err); e == nil || e.Kind != sockeye.AccessDenied || !strings.HasPrefix(e.Target, c.dir) || e.Hint.Zh == "" {
		t.Errorf("recording to a read-only file system: %v", err)
	}
	remount(t, dir, "rw")
	c.r = recordTo(t, c.j, recording.WriteOptions{Dir: c.dir})
	c.send(100)
	c.whole()
}

func init() { roles["limited"] = limited }

// limited is the process of TestFileSizeLimit: it records more than one file
// may hold.
func limited(dir string) {
	limit := unix.Rlimit{Cur: 300 << 10, Max: 300 << 10}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	j, s := New(0), newSender("tcp")
	r, err := j.Record(recording.WriteOptions{Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for n := range 2_000 {
		j.Append(s.received(strings.Repeat(fmt.Sprint(n), 200)))
	}
	for r.Status().Events < 2_000 || r.Status().State != RecordOn {
		time.Sleep(time.Millisecond)
	}
	j.Close()
	<-r.Done()
	fmt.Println("ended", r.err)
}

// F07: past the file size limit (ulimit -f) recording goes on in files that fit,
// and the process lives.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, err := inRole("limited", dir).CombinedOutput()
	if string(out) != "ended <nil>\n" || err != nil {
		t.Errorf("the process said %q and ended with %v", out, err)
	}
	complete(t, dir, 2_000)
}
