package netinfo

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// pcbRecord is a record of a size and a kind, with values at offsets; it is padded as the
// kernel of macOS pads.
func pcbRecord(size int, kind uint32, words map[int]uint32) []byte {
	b := make([]byte, (size+7)&^7)
	binary.LittleEndian.PutUint32(b, uint32(size))
	binary.LittleEndian.PutUint32(b[4:], kind)
	for at, v := range words {
		binary.LittleEndian.PutUint32(b[at:], v)
	}
	return b
}

// pcbOf is the records of one socket of IPv4, in the sizes of macOS 15.
func pcbOf(local, remote netip.AddrPort, state uint32, unread, queued, waiting uint32) []byte {
	inet := pcbRecord(104, pcbInet, map[int]uint32{44: isPCBIPv4})
	binary.BigEndian.PutUint16(inet[16:], remote.Port())
	binary.BigEndian.PutUint16(inet[18:], local.Port())
	copy(inet[60:], remote.Addr().AsSlice())
	copy(inet[76:], local.Addr().AsSlice())
	all := append(inet, pcbRecord(76, pcbSocket, map[int]uint32{44: waiting, 48: 128, 64: 501, 68: 4711})...)
	all = append(all, pcbRecord(32, pcbReceive, map[int]uint32{8: unread})...)
	all = append(all, pcbRecord(32, pcbSend, map[int]uint32{8: queued})...)
	all = append(all, pcbRecord(136, 0x08, nil)...)
	return append(all, pcbRecord(204, pcbTCP, map[int]uint32{36: state})...)
}

func pcbSample() []byte {
	any4, port := netip.AddrPortFrom(netip.IPv4Unspecified(), 0), netip.MustParseAddrPort
	b := pcbRecord(pcbHeader, 2, nil)
	b = append(b, pcbOf(port("127.0.0.1:7000"), any4, 1, 0, 0, 3)...)
	b = append(b, pcbOf(port("10.0.0.2:49153"), port("10.0.0.9:7000"), 4, 5, 1024, 0)...)
	return append(b, pcbRecord(pcbHeader, 2, nil)...)
}

// The list of protocol control blocks of macOS is read as xnu lays it out.
func TestPCBList(t *testing.T) {
	port := netip.MustParseAddrPort
	want := []pcbEntry{
		{SocketInfo{Network: sockeye.TCP, Local: port("127.0.0.1:7000"), State: "LISTEN", UID: 501, PID: 4711, Unread: 3}, 3, 128},
		{SocketInfo{Network: sockeye.TCP, Local: port("10.0.0.2:49153"), Remote: port("10.0.0.9:7000"), State: "ESTABLISHED", UID: 501, PID: 4711, Unread: 5, Queued: 1024}, 0, 128},
	}
	if diff := cmp.Diff(want, parsePCBList(pcbSample(), sockeye.TCP), compareNet); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := parsePCBList(pcbSample()[:pcbHeader+40], sockeye.TCP); len(got) != 0 {
		t.Errorf("of a list that is cut: %+v", got)
	}
}

// Whatever stands in the table of sockets of macOS, only valid ones come of it.
func FuzzPCBList(f *testing.F) {
	f.Add(pcbSample())
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, e := range parsePCBList(b, sockeye.TCP) {
			if !e.Local.IsValid() || e.Unread < 0 || e.Queued < 0 || e.PID < 0 || e.State == "" {
				t.Errorf("%+v", e)
			}
		}
	})
}

// macOS counts in milliseconds and bytes; what is shown is in the units of Linux.
func TestConnectionInfo(t *testing.T) {
	got := connectionInfo{state: 4, maxSegment: 1448, congestionWindow: 14480, sendWindow: 65535, receiveWindow: 131072, srtt: 12, rttvar: 3, packets: 100, packetsAgain: 2}.tcpInfo()
	want := &sockeye.TCPInfo{State: "ESTABLISHED", RTT: 12 * time.Millisecond, RTTVariance: 3 * time.Millisecond, Retransmits: 2, SegmentsSent: 100,
		CongestionWindow: 10, SendMSS: 1448, SendWindow: 65535, ReceiveWindow: 131072}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// sioSample is a TCP_INFO_v0 of Windows.
func sioSample() []byte {
	b := make([]byte, sioTCPInfoSize)
	for at, v := range map[int]uint32{0: 4, 4: 1460, 20: 12000, 24: 9000, 28: 2920, 32: 14600, 36: 65535, 40: 131072, 48: 146000, 68: 1461} {
		binary.LittleEndian.PutUint32(b[at:], v)
	}
	return b
}

// The TCP_INFO of Windows is read field by field.
func TestSIOTCPInfo(t *testing.T) {
	want := &sockeye.TCPInfo{State: "ESTABLISHED", RTT: 12 * time.Millisecond, MinRTT: 9 * time.Millisecond, Retransmits: 2, SegmentsSent: 100,
		CongestionWindow: 10, Unacked: 2, InFlight: 2920, SendMSS: 1460, SendWindow: 65535, ReceiveWindow: 131072}
	if diff := cmp.Diff(want, parseSIOTCPInfo(sioSample())); diff != "" {
		t.Error(diff)
	}
}

// An answer of SIO_TCP_INFO is read if it is long enough, and not otherwise.
func FuzzSIOTCPInfo(f *testing.F) {
	f.Add(sioSample())
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := parseSIOTCPInfo(b); (got == nil) != (len(b) < sioTCPInfoSize) {
			t.Errorf("%+v of %d bytes", got, len(b))
		}
	})
}
