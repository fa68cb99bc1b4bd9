package netinfo

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/jsimonetti/rtnetlink/v2"
	"golang.org/x/sys/unix"
)

// AnswersToARP asks the network of an interface who has an IPv4 address, and tells the
// hardware addresses of all that answer within a time: more than one says that two machines
// have it (RFC 5227). It needs CAP_NET_RAW, and tells nothing without (packet(7)).
func AnswersToARP(index int, from, ip netip.Addr, wait time.Duration) (hardware []string) {
	i, err := net.InterfaceByIndex(index)
	if err != nil || len(i.HardwareAddr) != 6 || !from.Is4() || !ip.Is4() {
		return nil
	}
	protocol := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ARP))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(protocol))
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	all := unix.SockaddrLinklayer{Protocol: protocol, Ifindex: index, Halen: 6, Addr: [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	if unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: index}) != nil || unix.Sendto(fd, arpRequest(i.HardwareAddr, from, ip), 0, &all) != nil {
		return nil
	}
	b := make([]byte, 128)
	for end := time.Now().Add(wait); ; {
		left := unix.NsecToTimeval(max(int64(time.Until(end)), int64(time.Microsecond)))
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &left)
		n, _, err := unix.Recvfrom(fd, b, 0)
		if err == nil {
			if mac, of, ok := parseARPReply(b[:n]); ok && of == ip && !slices.Contains(hardware, mac.String()) {
				hardware = append(hardware, mac.String())
			}
		}
		if err != nil && err != unix.EINTR || time.Now().After(end) {
			return hardware
		}
	}
}

// DuplicateAddresses are the addresses of an interface that the kernel does not use, because
// another machine has them (IFA_F_DADFAILED, rtnetlink(7)).
func DuplicateAddresses(index int) (list []netip.Addr) {
	c, err := rtnetlink.Dial(nil)
	if err != nil {
		return nil
	}
	defer c.Close()
	all, err := c.Address.List()
	if err != nil {
		return nil
	}
	for _, m := range all {
		if int(m.Index) == index && m.Attributes != nil && (uint32(m.Flags)|m.Attributes.Flags)&unix.IFA_F_DADFAILED != 0 {
			list = append(list, addrOf(m.Attributes.Address))
		}
	}
	return list
}
