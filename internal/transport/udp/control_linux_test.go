package udp

import (
	"net/netip"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel's control messages are read, whatever else stands between them, and
// torn ones do no harm.
func TestParseControl(t *testing.T) {
	message := func(level, kind int32, data []byte) []byte {
		b := make([]byte, unix.CmsgSpace(len(data)))
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		h.Level, h.Type = level, kind
		h.SetLen(unix.CmsgLen(len(data)))
		copy(b[unix.CmsgLen(0):], data)
		return b
	}
	time := unix.NsecToTimespec(1_700_000_000_123_456_789)
	all := message(unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS, unsafe.Slice((*byte)(unsafe.Pointer(&time)), unsafe.Sizeof(time)))
	all = append(all, message(unix.SOL_IP, unix.IP_TTL, []byte{64})...)
	all = append(all, unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: [4]byte{10, 1, 2, 3}, Addr: [4]byte{10, 255, 255, 255}})...)
	want := control{at: 1_700_000_000_123_456_789, to: netip.MustParseAddr("10.1.2.3")}
	if got := parseControl(all); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	six := netip.MustParseAddr("2001:db8::5")
	if got := parseControl(unix.PktInfo6(&unix.Inet6Pktinfo{Addr: six.As16()})); got.to != six {
		t.Errorf("sent to %v, want %v", got.to, six)
	}
	for n := range all {
		parseControl(all[:n]) // must not panic
		torn := append([]byte(nil), all...)
		torn[n] ^= 0xff
		parseControl(torn)
	}
}

// Addresses are written as the kernel writes them.
func TestSockaddr(t *testing.T) {
	for _, text := range []string{"127.0.0.1:10000", "255.255.255.255:1", "[::1]:65535", "[2001:db8::7]:53", "[fe80::1%lo]:10000"} {
		to := netip.MustParseAddrPort(text)
		for _, six := range []bool{false, true} {
			if to.Addr().Is6() && !six {
				continue
			}
			var name unix.RawSockaddrInet6
			size := sockaddr(&name, to, six)
			if got := new(mmsgIO).address(&name); got != to {
				t.Errorf("%s is %s for a socket that can IPv6: %v", text, got, six)
			}
			if want := map[bool]uint32{false: unix.SizeofSockaddrInet4, true: unix.SizeofSockaddrInet6}[six]; size != want {
				t.Errorf("%s takes %d bytes, want %d", text, size, want)
			}
		}
	}
}
