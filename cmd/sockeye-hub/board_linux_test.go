package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// F63: a board with little memory and an SD card. The program that plays it, measures, and
// records has little to do until it serves, keeps to 40 MiB, and has its disk sync each file about
// once a second, however much it measures: each sync wears the card. It is the real program, without
// the race detector. With a hub and no --record of its own it syncs for each message, since the
// hub must not have what the board has lost.
func TestSmallBoard(t *testing.T) {
	sockeye := filepath.Join(t.TempDir(), "sockeye")
	if out, err := exec.Command("go", "build", "-o", sockeye, "sockeye/cmd/sockeye").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	home := t.TempDir()
	trace := filepath.Join(home, "trace")
	board := start(t, home, "strace", "--follow-forks", "--quiet=all", "--trace=fsync,fdatasync,sync_file_range,syncfs", "--output="+trace,
		sockeye, "device", l.Addr().String(), "--simulate", "sine", "--every", "5ms", "--record", filepath.Join(home, "record"), "--quiet")
	pid := traced(t, board.cmd.Process.Pid)
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) }) // strace leaves it alive when it is killed itself
	l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(patience))
	if busy := processorTime(t, pid); busy > time.Second {
		t.Errorf("it was busy for %v until it served", busy)
	}
	rows, begun, before := bufio.NewScanner(conn), time.Now(), syncs(t, trace)
	read := 0
	for ; time.Since(begun) < 6*time.Second && rows.Scan(); read++ { // it measures all the time
	}
	took := time.Since(begun)
	if read < 100 {
		t.Fatalf("%d rows came: %v", read, rows.Err())
	}
	const files = 3 // the recording, the rows that wait, and how far they were sent
	if got, most := syncs(t, trace)-before, files*(int(took.Seconds())+3); got > most || got == 0 {
		t.Errorf("%d syncs in %v, %d are the most", got, took, most)
	}
	kib := memoryOf(t, pid, "VmHWM:")
	t.Logf("%d rows and %d syncs in %v, %d KiB of memory at most", read, syncs(t, trace)-before, took.Round(time.Second), kib)
	if kib > 40<<10 {
		t.Errorf("it took %d KiB of memory", kib)
	}
}

// syncs is how often a traced program had its disk sync.
func syncs(t *testing.T, trace string) int {
	t.Helper()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "sync(")
}

// traced is the process that strace runs.
func traced(t *testing.T, strace int) (pid int) {
	t.Helper()
	await(t, "strace runs the program", func() bool {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", strace, strace))
		n, _ := fmt.Sscan(string(text), &pid)
		return err == nil && n == 1
	})
	return pid
}

// processorTime is how long a process was busy.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name may have blanks
	fields := strings.Fields(after)
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond // ticks of a hundredth, proc(5)
}
