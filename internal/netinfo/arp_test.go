package netinfo

import (
	"net"
	"net/netip"
	"testing"
)

// A request is as RFC 826 says, and only replies are read.
func TestARP(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	here, there := netip.MustParseAddr("10.1.0.2"), netip.MustParseAddr("10.1.0.3")
	request := arpRequest(mac, here, there)
	if _, _, ok := parseARPReply(request); ok || len(request) != arpSize {
		t.Errorf("a request is taken for a reply: %x", request)
	}
	reply := arpRequest(mac, there, here)
	reply[7] = arpReplyOp
	if hardware, ip, ok := parseARPReply(reply); !ok || ip != there || hardware.String() != mac.String() {
		t.Errorf("%v %v %v", hardware, ip, ok)
	}
}

// Whatever comes as a reply to ARP gives a hardware address of six bytes and an IPv4 address, or
// nothing.
func FuzzParseARPReply(f *testing.F) {
	f.Add(arpRequest(net.HardwareAddr{2, 0, 0, 0, 0, 1}, netip.MustParseAddr("10.1.0.2"), netip.MustParseAddr("10.1.0.3")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if hardware, ip, ok := parseARPReply(b); ok && (len(hardware) != 6 || !ip.Is4()) {
			t.Errorf("%v %v", hardware, ip)
		}
	})
}
