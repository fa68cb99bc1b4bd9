package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/hub"
)

// F56: a power cut takes nothing from the hub that it has acknowledged, whenever it comes. As
// far as the file system goes the cut is real: ext4 that is shut down under the program.
// SOCKEYE_CUTS says how many cuts there are.
func TestHubPowerCut(t *testing.T) {
	cuts := 2
	if os.Getenv("CI") == "true" {
		cuts = 8
	}
	h := &hubProcess{home: t.TempDir(), addr: "127.0.0.1:0"}
	disk := newFragileDisk(t, filepath.Join(h.dir(), "jetstream"))
	b := hub.BoardID{Site: "plant", Name: "press"}
	acknowledged := uint64(0)
	for cut := range setting("SOCKEYE_CUTS", cuts) {
		args := disk.enter("sockeye-hub", "--listen", "127.0.0.1:0")
		h.process = start(t, h.home, args[0], args[1:]...)
		h.line(t)
		h.learnAddr(t)
		conn := h.connect(t)
		expectEvents(t, h, b, acknowledged)
		p := newTape(t, conn, b)
		p.next = acknowledged + 1
		for until := time.Now().Add(rand.N(300 * time.Millisecond)); time.Now().Before(until) || p.next == acknowledged+1; {
			if !p.publish(3, 100) {
				t.Fatalf("cut %d: the hub does not acknowledge", cut)
			}
		}
		acknowledged = p.next - 1
		disk.cut(t)
		h.kill()
		disk.restart(t)
	}
	args := disk.enter("sockeye-hub", "--listen", "127.0.0.1:0")
	h.process = start(t, h.home, args[0], args[1:]...)
	h.line(t)
	h.learnAddr(t)
	expectEvents(t, h, b, acknowledged)
	t.Logf("%d events acknowledged", acknowledged)
}

// expectEvents expects the events of a board from 1 to last in the hub.
func expectEvents(t *testing.T, h *hubProcess, b hub.BoardID, last uint64) {
	t.Helper()
	want := uint64(1)
	for e, err := range hub.Read(t.Context(), h.connect(t), hub.StreamFilter{Site: b.Site, Board: b.Name}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq != want || e.Kind != sockeye.Received || !bytes.HasPrefix(e.Data, fmt.Append(nil, want)) {
			t.Fatalf("event %d (%s, %.10q) where %d is due", e.Seq, e.Kind, e.Data, want)
		}
		want++
	}
	if want <= last {
		t.Fatalf("after a power cut the hub has events up to %d, it had acknowledged %d", want-1, last)
	}
}

// fragileDisk is an ext4 file system in a file, which only the processes see that enter it.
type fragileDisk struct {
	smallDisk
	image string
}

func newFragileDisk(t *testing.T, dir string) fragileDisk {
	t.Helper()
	image := filepath.Join(t.TempDir(), "ext4")
	if out, err := exec.Command("sh", "-c", `truncate -s 256M "$0" && mkfs.ext4 -q -F "$0"`, image).CombinedOutput(); err != nil {
		t.Fatalf("no file system to cut the power of: %v: %s", err, out)
	}
	return fragileDisk{newDiskOf(t, dir, "mount -t ext4 -o loop "+image), image}
}

// cut is the power cut: nothing that is not on the disk gets there any more.
func (d fragileDisk) cut(t *testing.T) {
	t.Helper()
	const shutdown = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))`
	d.run(t, "python3", "-c", shutdown, d.dir)
}

// restart is the machine coming up again.
func (d fragileDisk) restart(t *testing.T) {
	t.Helper()
	args := d.enter("umount", d.dir)
	await(t, "nobody uses the disk", func() bool { return exec.Command(args[0], args[1:]...).Run() == nil })
	d.run(t, "mount", "-t", "ext4", "-o", "loop", d.image, d.dir)
}

func (d smallDisk) run(t *testing.T, command ...string) {
	t.Helper()
	args := d.enter(command...)
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v: %s", command, err, out)
	}
}

// newDiskOf mounts a file system at a directory, in a mount namespace of its own.
func newDiskOf(t *testing.T, dir, mount string) smallDisk {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	holder := exec.Command("unshare", "--mount", "sh", "-c", mount+` "$0" && echo mounted && exec cat`, dir)
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	holder.Stderr = &errs
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		holder.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		holder.Wait()
		if os.Getenv("CI") == "true" {
			t.Fatalf("%q, %v: %s", line, err, &errs)
		}
		t.Skipf("mounting a file system needs root: %s", &errs)
	}
	return smallDisk{fmt.Sprint(holder.Process.Pid), dir}
}
