package netinfo

import (
	"fmt"
	"testing"
)

// The count is found in what the kernel writes, and garbage gives none.
func TestListenOverflows(t *testing.T) {
	netstat := "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 42 43\nIpExt: A\nIpExt: 1\n"
	if n := listenOverflows([]byte(netstat)); n != 42 {
		t.Errorf("got %d, want 42", n)
	}
	if n := listenOverflows([]byte("garbage\nTcpExt:\nTcpExt: x")); n != 0 {
		t.Errorf("garbage gives %d", n)
	}
}

// Whatever the kernel's file has in it, a number comes of it and nothing breaks.
func FuzzListenOverflows(f *testing.F) {
	f.Add([]byte("TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 1 42\n"), uint64(42))
	f.Fuzz(func(t *testing.T, netstat []byte, n uint64) {
		listenOverflows(netstat)
		sane := fmt.Appendf(nil, "Tcp: A\nTcp: 1\nTcpExt: A ListenOverflows B\nTcpExt: 1 %d 2\n%s", n, netstat)
		if got := listenOverflows(sane); got != n {
			t.Errorf("got %d, want %d", got, n)
		}
	})
}
