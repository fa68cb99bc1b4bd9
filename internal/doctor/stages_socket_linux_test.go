package doctor

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// optioned makes a server on a machine, whose socket is set up before it is bound. A network of
// UDP only holds the port.
func (l *lab) optioned(machine, network string, set func(fd int) error) {
	l.Helper()
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (failed error) {
		if err := raw.Control(func(fd uintptr) { failed = set(int(fd)) }); err != nil {
			return err
		}
		return failed
	}}
	var err error
	l.in(machine, func() {
		if network == "udp" || network == "udp4" {
			var c net.PacketConn
			if c, err = config.ListenPacket(context.Background(), network, everyone); err == nil {
				l.Cleanup(func() { c.Close() })
			}
			return
		}
		var c net.Listener
		if c, err = config.Listen(context.Background(), network, everyone); err == nil {
			l.accept(c, nil)
		}
	})
	if err != nil {
		l.Fatal(err)
	}
}

// boundTo listens on the server for what comes in by one interface (SO_BINDTODEVICE).
func boundTo(network, name string) func(*lab) {
	return func(l *lab) {
		l.optioned(server, network, func(fd int) error { return unix.BindToDevice(fd, name) })
	}
}

// signing listens on the server, and wants signatures of the client with an address (TCP MD5).
func signing(peer [4]byte) func(*lab) {
	return func(l *lab) {
		l.optioned(server, "tcp4", func(fd int) error {
			key := unix.TCPMD5Sig{Keylen: 3}
			key.Addr.Family = unix.AF_INET
			copy(key.Addr.Data[2:], peer[:]) // behind the port
			copy(key.Key[:], "abc")
			return unix.SetsockoptTCPMD5Sig(fd, unix.IPPROTO_TCP, unix.TCP_MD5SIG, &key)
		})
	}
}

// anotherInterface is one of the server's that leads nowhere.
var anotherInterface = ips(server, "link add eth5 type bridge\nlink set eth5 up\naddress add 10.5.0.3/24 dev eth5")

// restricted are servers whose sockets are set up to take less than they seem to.
var restricted = []stage{
	{name: "bound to the interface lo, seen there by root", on: server, ask: everyone, root: true, set: boundTo("tcp", "lo"), want: CauseLoopbackOnly},
	{name: "bound to the interface lo, seen there", on: server, ask: everyone, set: boundTo("tcp4", "lo"), want: CauseLoopbackOnly},
	{name: "UDP bound to the interface lo, seen there", on: server, ask: ourUDP, set: boundTo("udp", "lo"), want: CauseLoopbackOnly},
	{name: "bound to the interface lo", on: client, ask: near, set: boundTo("tcp4", "lo"), want: CauseRefused, both: CauseLoopbackOnly, at: StationPort},
	{name: "bound to the interface lo, told by its root", on: client, ask: near, theirRoot: true, set: boundTo("tcp", "lo"), want: CauseRefused, both: CauseLoopbackOnly, at: StationPort},
	{name: "bound to the interface lo, a client of IPv6", on: client, ask: near6, set: both(sixes, boundTo("tcp", "lo")), want: CauseRefused, both: CauseLoopbackOnly, at: StationPort},
	{name: "UDP bound to the interface lo", on: client, ask: nearUDP, theirs: ourUDP, set: boundTo("udp4", "lo"), want: CauseRefused, both: CauseLoopbackOnly, at: StationPort},
	{name: "UDP bound to the interface lo, a client of IPv6", on: client, ask: "udp://" + near6, theirs: ourUDP, theirRoot: true, set: both(sixes, boundTo("udp", "lo")), want: CauseRefused, both: CauseLoopbackOnly, at: StationPort},
	{name: "bound to another interface", on: client, ask: near, set: both(anotherInterface, boundTo("tcp", "eth5")), want: CauseRefused, both: CauseOtherInterface, at: StationPort},
	{name: "UDP bound to another interface, told by its root", on: client, ask: nearUDP, theirs: ourUDP, theirRoot: true, set: both(anotherInterface, boundTo("udp", "eth5")), want: CauseRefused, both: CauseOtherInterface, at: StationPort},
	{name: "a server that wants signatures", on: client, ask: near, asks: true, theirRoot: true, set: signing([4]byte{10, 1, 0, 2})},
	{name: "a server that wants signatures, by an unprivileged code", on: client, ask: near, asks: true, set: signing([4]byte{10, 1, 0, 2}), both: CauseFirewallBetween},
	{name: "a UDP program that does not read, both sides", on: client, ask: nearUDP, asks: true, theirs: ourUDP, set: unreadDatagrams, both: CauseNotReading, at: StationPort},
	{name: "a UDP program that does not read, told by its root", on: client, ask: nearUDP, asks: true, theirs: ourUDP, theirRoot: true, set: unreadDatagrams, both: CauseNotReading, at: StationPort},
	{name: "a UDP program of IPv6 that does not read", on: client, ask: "udp://" + near6, asks: true, theirs: ourUDP, set: func(l *lab) { sixes(l); leaveUnread(l, "udp6", near6) }, both: CauseNotReading, at: StationPort},
}

// unrestricted are servers whose sockets take what comes.
var unrestricted = []stage{
	{name: "bound to the right interface", on: client, ask: near, set: boundTo("tcp", "eth0")},
	{name: "bound to the right interface, seen there by root", on: server, ask: everyone, root: true, set: boundTo("tcp4", "eth0")},
	{name: "a socket on lo and one on all", on: client, ask: near, theirRoot: true, set: func(l *lab) {
		reuse := func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }
		l.optioned(server, "tcp4", reuse)
		l.optioned(server, "tcp4", func(fd int) error {
			if err := reuse(fd); err != nil {
				return err
			}
			return unix.BindToDevice(fd, "lo")
		})
	}},
	{name: "a server that wants signatures of another client", on: client, ask: near, theirRoot: true, set: signing([4]byte{10, 1, 0, 9})},
	{name: "a UDP program that is sent much and reads, both sides", on: client, ask: nearUDP, untold: true, theirs: ourUDP, set: flooded},
}
