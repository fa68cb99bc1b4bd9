package transport_test

import (
	"context"
	"runtime"
	"slices"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye"
)

// F43: of a thousand peers that never read what they are sent, each takes a bounded part
// of the memory of the kernel and of the process, and a peer that reads is served meanwhile.
func TestStalledReaders(t *testing.T) { transporttest.OnEachConnKind(t, testF43StalledReaders) }

func testF43StalledReaders(t *testing.T) {
	const stalled, kernelEach, heapEach = 1000, 512 << 10, 64 << 10
	s, r := transporttest.Listening(t, "tcp", sockeye.Options{}, transporttest.Echoing{})
	r.KeepNothing()
	healthy := transporttest.DialTCP(t, s)
	for range stalled {
		transporttest.DialTCP(t, s)
	}
	transporttest.Eventually(t, "all have joined", func() bool { return len(s.Peers()) == stalled+1 })
	peers := slices.DeleteFunc(s.Peers(), func(p *transport.Peer) bool {
		return p.Peer.Remote.String() == healthy.LocalAddr().String()
	})
	heapBefore := heapInUse()
	data := make([]byte, 16<<20)
	ctx, cancel := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	for _, p := range peers {
		sending.Go(func() {
			if n, err := p.Send(ctx, data); err == nil {
				t.Errorf("%v took %d bytes without reading", p, n)
			}
		})
	}
	defer sending.Wait()
	defer cancel()
	before, kernel := -1, 0
	transporttest.Eventually(t, "no peer takes more", func() bool {
		before, kernel = kernel, 0
		for _, p := range peers {
			kernel += sendQueueMemory(p)
		}
		return kernel == before && !slices.ContainsFunc(peers, func(p *transport.Peer) bool { return !transporttest.ConnOf(p).Sending() })
	})
	for range 100 {
		if err := echoesOn(healthy, transporttest.Patience); err != nil {
			t.Fatalf("a peer that reads is not served: %v", err)
		}
	}
	if each := kernel / stalled; each > kernelEach {
		t.Errorf("the kernel keeps %d KiB for a peer that does not read, want %d at most", each>>10, kernelEach>>10)
	}
	if each := (heapInUse() - heapBefore - len(data)) / stalled; each > heapEach {
		t.Errorf("the process keeps %d KiB for a peer that does not read, want %d at most", each>>10, heapEach>>10)
	}
}

// heapInUse is what the heap and the stacks of this process take, after a collection.
func heapInUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// sendQueueMemory is what the kernel keeps of the bytes sent to a peer (SO_MEMINFO).
func sendQueueMemory(p *transport.Peer) int {
	var info [9]uint32 // of linux/sock_diag.h
	size := uint32(unsafe.Sizeof(info))
	transporttest.Control(p, func(fd uintptr) {
		syscall.RawSyscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	return int(info[unix.SK_MEMINFO_WMEM_QUEUED])
}
