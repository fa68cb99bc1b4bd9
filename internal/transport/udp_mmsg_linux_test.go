package transport

import (
	"net/netip"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockeye"
)

// A datagram in and its answer out allocate nothing.
func TestDatagramAllocatesNothing(t *testing.T) {
	for _, o := range []sockeye.Options{{}, {KernelTime: sockeye.On}} {
		pc, r := listening(t, "udp", o, echoing{})
		r.keepNothing()
		c := dialUDP(t, pc)
		data, buf := make([]byte, 64), make([]byte, 100)
		once := func() {
			c.Write(data)
			if n, err := c.Read(buf); n != len(data) || err != nil {
				t.Fatalf("read %d, %v", n, err)
			}
		}
		once()
		if n := testing.AllocsPerRun(2000, once); n != 0 {
			t.Errorf("%v allocations for a datagram and its answer, with %+v", n, o)
		}
	}
}

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
