package transport_test

import (
	"errors"
	"net"
	"os"
	"slices"
	"sockeye/internal/transport/transporttest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// Connections that are not meant to be used, in numbers.

// connectFrom connects a new socket from an address of loopback and returns it, -1 if that
// is not done at once, as for one that does not block.
func connectFrom(source byte, port uint16, flags int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, 0)
	if err != nil {
		return -1, err
	}
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: int64(transporttest.Patience.Seconds())}),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, source}}))
	for err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(port), Addr: [4]byte{127, 0, 0, 1}})
		if err == unix.EISCONN { // it went on while a signal was handled
			err = nil
		}
		if err != unix.EINTR && err != unix.EALREADY {
			break
		}
		err = nil
	}
	if err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// T57: thousands of connections that never get beyond their SYN, that end without a byte,
// or that are reset at once, are tolerated: nothing of them stays, and a peer is served.
func TestHalfOpenAndAbandoned(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.OnEachConnKind(t, testT57HalfOpenAndAbandoned)
}

func testT57HalfOpenAndAbandoned(t *testing.T) {
	const each, mute = 2000, 99
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
	port := s.Locals()[0].Port()
	healthy := transporttest.DialTCP(t, s)
	transporttest.Run(t, "nft", transporttest.Ruleset("input", "", "ip daddr 127.0.0."+strconv.Itoa(mute)+" drop")) // no SYN is answered
	abandoned := 0
	for range each {
		fd, err := connectFrom(mute, port, unix.SOCK_NONBLOCK)
		if err != nil {
			t.Fatal("half open: ", err)
		}
		defer unix.Close(fd)
		for _, end := range []func(int){func(int) {}, resetOnClose} {
			fd, err := connectFrom(2, port, 0)
			if errors.Is(err, unix.ETIMEDOUT) {
				continue // the queue of SYNs is full
			}
			if err != nil {
				t.Fatal("connecting: ", err)
			}
			end(fd)
			unix.Close(fd)
			abandoned++
		}
	}
	if err := echoesOn(healthy, transporttest.Patience); err != nil {
		t.Errorf("who was there before is not served: %v", err)
	}
	if err := echoesOn(transporttest.DialTCP(t, s), transporttest.Patience); err != nil {
		t.Errorf("who comes after is not served: %v", err)
	}
	transporttest.Eventually(t, "only those two are left", func() bool { return len(s.Peers()) == 2 })
	joined, left := len(r.All(transporttest.IsKind(sockeye.Joined))), len(r.All(transporttest.IsKind(sockeye.Left)))
	if joined > abandoned+2 || left != joined-2 {
		t.Errorf("%d joined and %d left of %d abandoned connections", joined, left, abandoned)
	}
	if failed := r.All(transporttest.IsKind(sockeye.Failed)); len(failed) > 0 {
		t.Errorf("%d errors, first: %v", len(failed), failed[0].Detail.Err)
	}
}

// T56: 100,000 attempts to connect beyond the limit, by default a part of them: the
// process lives, every attempt that is refused is counted, those who were there are
// served at once, and the memory is given back.
func TestConnectionStorm(t *testing.T) {
	os.Getenv(stormEnv) // so that a change of it is a test not run yet
	if !transporttest.OwnNetwork(t) {
		return
	}
	transporttest.OnEachConnKind(t, testT56ConnectionStorm)
}

// stormEnv says how many attempts there are.
const stormEnv = "SOCKEYE_TEST_ATTEMPTS"

func testT56ConnectionStorm(t *testing.T) {
	const existing, limit, clients = 100, 200, 6
	attempts := 20_000
	if n, err := strconv.Atoi(os.Getenv(stormEnv)); err == nil {
		attempts = n
	}
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{MaxPeers: limit}, transporttest.Echoing{})
	r.DropData()
	var served []*net.TCPConn
	for range existing {
		served = append(served, transporttest.DialTCP(t, s))
	}
	transporttest.Eventually(t, "they have joined", func() bool { return len(s.Peers()) == existing })
	before := heapInUse()

	var storm sync.WaitGroup
	var refused atomic.Int64
	admitted := make(chan int, attempts)
	for client := range clients {
		storm.Go(func() {
			for range attempts / clients {
				switch held, err := attempt(byte(2+client), s.Locals()[0].Port()); {
				case err == nil:
					admitted <- held
				case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
					refused.Add(1)
				default:
					t.Errorf("an attempt ended with %v", err)
					return
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { storm.Wait(); close(over) }()
	slowest := slices.Sorted(slices.Values(echoTimes(t, served, over)))
	if p99 := slowest[len(slowest)*99/100]; p99 > 2*time.Second {
		t.Errorf("during the storm the 99th percentile of an echo is %v", p99)
	}
	close(admitted)
	letIn := len(admitted)
	for fd := range admitted {
		unix.Close(fd)
	}
	transporttest.Eventually(t, "only those from before are left", func() bool { return len(s.Peers()) == existing })
	// The connections that are gone would take more than ten times as much if anything
	// held them; this much the test itself and the race detector may hold.
	transporttest.Eventually(t, "the memory is given back", func() bool { return heapInUse() <= before+16<<20 })
	s.Close() // tells of the last refusals
	counted := 0
	for _, e := range r.All(transporttest.IsKind(sockeye.Failed)) {
		if text := e.Detail.Err.Reason(sockeye.English); strings.Contains(text, "limit of 200 peers") {
			counted += times(text)
		}
	}
	all := attempts / clients * clients
	if n := int(refused.Load()); letIn != limit-existing || letIn+n != all || counted != n {
		t.Errorf("%d attempts: %d let in, %d refused, of which %d are counted", all, letIn, n, counted)
	}
}

// resetOnClose makes closing a connection reset it (SO_LINGER, socket(7)).
func resetOnClose(fd int) {
	unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// attempt connects and returns the socket if it is echoed.
func attempt(source byte, port uint16) (int, error) {
	fd, err := connectFrom(source, port, 0)
	if err != nil {
		return -1, err
	}
	var b [1]byte
	_, err = uninterrupted(func() (int, error) { return unix.SendmsgN(fd, b[:], nil, nil, unix.MSG_NOSIGNAL) })
	if err == nil {
		var n int
		if n, err = uninterrupted(func() (int, error) { return unix.Read(fd, b[:]) }); n == 1 {
			return fd, nil
		}
	}
	resetOnClose(fd)
	unix.Close(fd)
	return -1, err
}

// uninterrupted repeats a call that a signal ended.
func uninterrupted(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != unix.EINTR {
			return n, err
		}
	}
}

// echoTimes has one connection after the other echoed until something is over, each one
// at least once, and returns how long each time took.
func echoTimes(t *testing.T, conns []*net.TCPConn, over <-chan struct{}) (took []time.Duration) {
	for n := 0; ; n++ {
		if n >= len(conns) {
			select {
			case <-over:
				return took
			default:
			}
		}
		began := time.Now()
		if err := echoesOn(conns[n%len(conns)], transporttest.Patience); err != nil {
			<-over
			t.Fatalf("connection %d is not served: %v", n%len(conns), err)
		}
		took = append(took, time.Since(began))
	}
}

// times is how many errors a note says it stands for: "no more (12 times)".
func times(message string) int {
	_, rest, many := strings.Cut(message, "(")
	if !many {
		return 1
	}
	n := 0
	for _, c := range strings.TrimSuffix(rest, " times)") {
		n = 10*n + int(c-'0')
	}
	return n
}
