package netinfo

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/net/ipv4"
)

// C41, F48: a group that a program joins is listed at its interface, as long as it is
// joined, and at no other.
func TestJoinedGroupsAreListed(t *testing.T) {
	group := netip.MustParseAddr("239.255.77.3")
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	on := func() (names []string) {
		list, err := Interfaces()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list {
			if slices.Contains(i.Groups, group) {
				names = append(names, i.Name)
			}
		}
		return names
	}
	lo, err := FindInterface("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := ipv4.NewPacketConn(c).JoinGroup(lo, &net.UDPAddr{IP: group.AsSlice()}); err != nil {
		t.Fatal(err)
	}
	if names := on(); !slices.Equal(names, []string{lo.Name}) {
		t.Errorf("joined on %s, listed at %q", lo.Name, names)
	}
	c.Close()
	if names := on(); names != nil {
		t.Errorf("left, and listed at %q", names)
	}
}
