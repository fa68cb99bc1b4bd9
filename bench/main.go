// Command bench measures what recording costs, side by side in one run:
//
//	go run ./bench [-rounds 5] [-time 2s] [-dir /dev/shm] [-pin=false]
//
// It builds sockeye, puts the same load on "sockeye listen" with and without
// --record in turns, and prints the ratio of each round and the median of them.
// After each recorded round it reads the recording back and compares it with what
// the load sent: one byte that is missing fails the run. Where taskset is, the
// load runs on one core and sockeye on another.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// scenario is a load and how sockeye meets it.
type scenario struct {
	name  string
	serve []string // flags of sockeye listen
	load  load
	goal  float64 // ratio of recorded to unrecorded
}

var scenarios = []scenario{
	{"echo of 64 bytes, 50 connections", []string{"--echo"}, load{connections: 50, size: 64, echo: true}, 0.85},
	{"receiving 64 KiB, 8 connections", nil, load{connections: 8, size: 64 << 10}, 0.60},
}

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 5, "rounds of each scenario")
	each := flag.Duration("time", 2*time.Second, "length of one measurement")
	dir := flag.String("dir", "/dev/shm", "where to record")
	pin := flag.Bool("pin", true, "load on one core, sockeye on another")
	isLoad := flag.String("load", "", "be the load: the scenario's number, then the address")
	flag.Parse()
	if *isLoad != "" {
		if err := scenarios[int((*isLoad)[0]-'0')].load.run(flag.Arg(0), *each); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := run(*rounds, *each, *dir, *pin); err != nil {
		log.Fatal(err)
	}
}

func run(rounds int, each time.Duration, dir string, pin bool) error {
	work, err := os.MkdirTemp(dir, "sockeye-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	b := &bench{work: work, each: each, pin: pin, program: filepath.Join(work, "sockeye")}
	build := exec.Command("go", "build", "-trimpath", "-o", b.program, "./cmd/sockeye")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	fmt.Printf("%s, %d cores, %d rounds of %v; ratios of recorded to unrecorded\n\n", runtime.Version(), runtime.NumCPU(), rounds, each)
	for n, s := range scenarios {
		var ratios []float64
		for range rounds {
			plain, err := b.measure(n, s, false)
			if err != nil {
				return err
			}
			recorded, err := b.measure(n, s, true)
			if err != nil {
				return err
			}
			ratios = append(ratios, recorded.PerSecond/plain.PerSecond)
			fmt.Printf("%-34s %10.0f/s %10.0f/s recorded  %.2f\n", s.name, plain.PerSecond, recorded.PerSecond, ratios[len(ratios)-1])
		}
		slices.Sort(ratios)
		fmt.Printf("%-34s median %.2f, %.2f to %.2f; wanted %.2f; nothing dropped\n\n", s.name, ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1], s.goal)
	}
	return nil
}

// bench is one run.
type bench struct {
	work, program, self string
	each                time.Duration
	pin                 bool
}

// pinned is a command on one core, where that can be had.
func (b *bench) pinned(core string, name string, args ...string) *exec.Cmd {
	if _, err := exec.LookPath("taskset"); err != nil || !b.pin || runtime.NumCPU() < 2 {
		return exec.Command(name, args...)
	}
	return exec.Command("taskset", append([]string{"-c", core, name}, args...)...)
}

// measure puts the load on one server and returns what it achieved.
func (b *bench) measure(n int, s scenario, record bool) (result, error) {
	port, err := freePort()
	if err != nil {
		return result{}, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	args := append([]string{"listen", address, "--quiet", "--max-peers", "100"}, s.serve...)
	dir := filepath.Join(b.work, "rec")
	if record {
		args = append(args, "--record", dir)
	}
	server := b.pinned("1", b.program, args...)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return result{}, err
	}
	var got result
	err = awaitPort(address)
	if err == nil {
		client := b.pinned("0", b.self, "-time", b.each.String(), "-load", fmt.Sprint(n), address)
		client.Stderr = os.Stderr
		var out []byte
		if out, err = client.Output(); err == nil {
			err = json.Unmarshal(out, &got)
		}
	}
	server.Process.Signal(os.Interrupt)
	server.Wait() // its exit code says that it was interrupted
	if err == nil && record {
		err = b.compare(dir, got)
	}
	os.RemoveAll(dir)
	return got, err
}

// freePort is a port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func awaitPort(address string) error {
	for late := time.Now().Add(10 * time.Second); time.Now().Before(late); {
		if c, err := net.Dial("tcp", address); err == nil {
			return c.Close()
		}
	}
	return errors.New("sockeye does not listen")
}

// compare reads the recording back: it must hold what the load sent.
func (b *bench) compare(dir string, got result) error {
	out, err := exec.Command(b.program, "log", "ls", "--json", dir).Output()
	if err != nil {
		return err
	}
	received := uint64(0)
	for line := range strings.Lines(string(out)) {
		var s struct {
			Counts struct {
				Received uint64 `json:"received_bytes"`
			} `json:"counts"`
		}
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			return err
		}
		received += s.Counts.Received
	}
	if received != got.Sent {
		return fmt.Errorf("%d bytes were sent and %d are recorded", got.Sent, received)
	}
	return nil
}
