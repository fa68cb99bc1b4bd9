package core

import (
	"net/netip"
	"testing"

	"sockeye"
)

// T54: a name that leads to where a cloud's machine gets its keys is refused once it is
// resolved, in every spelling of the address; who writes the address itself means it.
func TestNamesThatLeadToMetadata(t *testing.T) {
	w := &Core{}
	for _, address := range []string{"169.254.169.254", "::ffff:169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "192.0.0.192",
		"168.63.129.16", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"} {
		to := netip.AddrPortFrom(netip.MustParseAddr(address), 80)
		err := w.dialFilter("board.example.")(to)
		if e := sockeye.ErrorOf(err); err == nil || e.Kind != sockeye.NotPermitted || e.Message.Zh == "" || e.Hint.IsZero() {
			t.Errorf("a name that is %s: %v", address, err)
		}
		for _, typed := range []string{address, "Metadata.Google.Internal."} {
			if err := w.dialFilter(typed)(to); err != nil {
				t.Errorf("%s as %s: %v", address, typed, err)
			}
		}
	}
	for _, address := range []string{"192.168.1.88", "169.254.7.7", "fe80::1%eth0", "::1"} { // a board's name may be link-local: mDNS
		if err := w.dialFilter("board.local")(netip.AddrPortFrom(netip.MustParseAddr(address), 80)); err != nil {
			t.Errorf("a name that is %s: %v", address, err)
		}
	}
}
