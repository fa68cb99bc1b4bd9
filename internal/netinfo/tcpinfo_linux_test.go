package netinfo

import "testing"

func TestListenOverflows(t *testing.T) {
	netstat := "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 42 43\nIpExt: A\nIpExt: 1\n"
	if n := listenOverflows([]byte(netstat)); n != 42 {
		t.Errorf("got %d, want 42", n)
	}
	if n := listenOverflows([]byte("garbage\nTcpExt:\nTcpExt: x")); n != 0 {
		t.Errorf("garbage gives %d", n)
	}
}
