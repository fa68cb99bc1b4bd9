package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
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

// A board of 64 MB: five sensors ten times a second and two targets take less than 24 MB in
// memory, as amd64 runs it, and as an ARM board does (under qemu-user), and 1 % of a core. It is
// the program as packages have it.
func TestBoardOf64MB(t *testing.T) {
	const most = 24_000_000 >> 10 // KiB
	for _, cpu := range []string{"arm", runtime.GOARCH} {
		t.Run(cpu, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "sockeye")
			build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "sockeye/cmd/sockeye")
			build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+cpu)
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("go build: %v\n%s", err, out)
			}
			words := []string{program}
			if cpu != runtime.GOARCH {
				words = []string{"qemu-" + cpu + "-static", program}
				if _, err := exec.LookPath(words[0]); err != nil && os.Getenv("CI") != "true" {
					t.Skip(err) // Debian: qemu-user-static
				}
			}
			board, rows := startFive(t, words)
			for range 50 { // it has begun
				rows.Scan()
			}
			if cpu != runtime.GOARCH {
				kib := guestMemory(t, board.cmd.Process.Pid)
				if t.Logf("%d KiB", kib); kib > most || kib < 4<<10 {
					t.Errorf("%d KiB of memory, %d are the most", kib, most)
				}
				return
			}
			busy, began := processorTime(t, board.cmd.Process.Pid), time.Now()
			for time.Since(began) < 20*time.Second {
				if !rows.Scan() {
					t.Fatalf("no more rows: %v", rows.Err())
				}
			}
			took := time.Since(began)
			busy = processorTime(t, board.cmd.Process.Pid) - busy
			kib := memoryOf(t, board.cmd.Process.Pid, "VmRSS:")
			t.Logf("%d KiB, %.1f %% of a core", kib, 100*float64(busy)/float64(took))
			if kib > most {
				t.Errorf("%d KiB of memory, %d are the most", kib, most)
			}
			// The goal is 1 %, by the time that the kernel counts for the process. The same work takes
			// up to twice as long where other tests empty the caches between two rows.
			if busy > took/40 {
				t.Errorf("it was busy for %v of %v", busy, took)
			}
		})
	}
}

// startFive runs a device with five sensors and two targets, and gives the rows of one.
func startFive(t *testing.T, words []string) (*process, *bufio.Scanner) {
	t.Helper()
	text := "name = 'small'\n"
	for n, source := range []string{"read = 'load/1'", "read = 'memory/available'", "read = 'uptime'", "simulate = 'sine'", "simulate = 'random-walk'"} {
		text += fmt.Sprintf("[[sensor]]\nname = 's%d'\n%s\nevery = '100ms'\n", n, source)
	}
	conns := make(chan net.Conn, 2)
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		text += fmt.Sprintf("[[target]]\naddress = 'tcp://%s'\n", l.Addr())
		go func() {
			if c, err := l.Accept(); err == nil {
				conns <- c
			}
		}()
	}
	file := filepath.Join(t.TempDir(), "five.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	board := start(t, t.TempDir(), words[0], append(words[1:], "device", "--quiet", file)...)
	var rows net.Conn
	for range 2 {
		select {
		case c := <-conns:
			t.Cleanup(func() { c.Close() })
			if rows == nil {
				rows = c
			} else {
				go io.Copy(io.Discard, c)
			}
		case <-time.After(patience):
			t.Fatalf("it does not connect: %s", board.errs)
		}
	}
	rows.SetDeadline(time.Now().Add(patience))
	return board, bufio.NewScanner(rows)
}

// guestMemory is what a program of 32 bits has in memory under qemu, in KiB: what is below
// 4 GiB; qemu itself is above (proc(5), smaps).
func guestMemory(t *testing.T, pid int) (kib int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		t.Fatal(err)
	}
	var from uint64
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if first, _, ok := strings.Cut(words[0], "-"); ok {
			from, _ = strconv.ParseUint(first, 16, 64)
		}
		if words[0] == "Rss:" && from < 1<<32 {
			n, _ := strconv.Atoi(words[1])
			kib += n
		}
	}
	return kib
}
