package sockeye

import (
	"net/netip"
	"testing"
	"unsafe"
)

// What a socket address prints is read back as the same address, IP or not; and it is
// small, for idle peers are many.
func TestSocketAddr(t *testing.T) {
	ip := IPSocketAddr(netip.MustParseAddrPort("[::ffff:10.0.0.1]:7"))
	for text, a := range map[string]SocketAddr{
		"10.0.0.1:7": ip, "[fe80::1%eth0]:9": ParseSocketAddr("[fe80::1%eth0]:9"), "/run/x.sock": TextSocketAddr("/run/x.sock"), "": {},
	} {
		var read SocketAddr
		if err := read.UnmarshalText([]byte(text)); err != nil || a.String() != text || read != a {
			t.Errorf("%q is %q, read back as %q, %v", text, a, read, err)
		}
	}
	if !ip.IsIP() || ip.Port() != 7 || ip.Host() != "10.0.0.1" || TextSocketAddr("x").IsIP() || TextSocketAddr("x").Port() != 0 || (SocketAddr{}).IsValid() {
		t.Error("an address is taken for another kind")
	}
	if TextSocketAddr("b").Compare(ip) <= 0 || TextSocketAddr("a").Compare(TextSocketAddr("b")) >= 0 || ip.Compare(ip) != 0 {
		t.Error("the order of addresses is wrong")
	}
	if size := unsafe.Sizeof(SocketAddr{}); size > 40 {
		t.Errorf("it takes %d bytes, want 40 at most", size)
	}
}
