package sockopt

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
	"sockeye/internal/netinfo"
)

// socketOption is one setsockopt(2) call.
type socketOption struct {
	name              string
	level, opt, value int
	may               bool // the system may not know it
	exact             bool // it has to be what the system says that it has then
}

// socketOptions are made in the order in which they are set.
type socketOptions []socketOption

func (l *socketOptions) add(name string, level, opt, value int) {
	*l = append(*l, socketOption{name: name, level: level, opt: opt, value: value})
}

// addExact adds an option whose value is read back.
func (l *socketOptions) addExact(name string, level, opt, value int) {
	*l = append(*l, socketOption{name: name, level: level, opt: opt, value: value, exact: true})
}

// RTOMaxMS is TCP_RTO_MAX_MS (linux/tcp.h).
const RTOMaxMS = 44

// Listen sets the options of a socket that will listen, before it is
// bound. Accepted sockets inherit them (tcp(7)).
func (s *Setter) Listen(network, address string, c syscall.RawConn) error {
	list := s.commonOptions(network)
	if s.opts.ReuseAddress != sockeye.Default {
		list = append(list, socketOption{name: "SO_REUSEADDR", level: unix.SOL_SOCKET, opt: unix.SO_REUSEADDR, value: boolOption(s.opts.ReuseAddress.Or(false))})
	}
	return s.setAll(c, list)
}

// Dial sets the options of a socket that will connect, before it is bound.
func (s *Setter) Dial(_ context.Context, network, address string, c syscall.RawConn) error {
	list := s.commonOptions(network)
	if len(s.opts.Sources) > 0 && s.opts.SourcePort == 0 {
		// Chooses the port at connect, by four-tuple: bind(2) would use ports up.
		list = append(list, socketOption{name: "IP_BIND_ADDRESS_NO_PORT", level: unix.SOL_IP, opt: unix.IP_BIND_ADDRESS_NO_PORT, value: 1})
	}
	return s.setAll(c, list)
}

// commonOptions are those of listening and of connecting sockets.
func (s *Setter) commonOptions(network string) socketOptions {
	o := s.opts
	var list socketOptions
	if o.ReusePort.Or(false) {
		list.add("SO_REUSEPORT", unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	if o.ReceiveBuffer > 0 {
		list.add("SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, o.ReceiveBuffer)
	}
	if o.SendBuffer > 0 {
		list.add("SO_SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, o.SendBuffer)
	}
	list.addPacketFields(network, &o)
	if s.ep.Address.Network.Traits().Datagram {
		return append(list, s.datagramOptions(network)...)
	}
	return append(list, s.streamOptions()...)
}

// addPacketFields adds what the headers of packets have. A socket of IPv6 may carry IPv4,
// too. The TTL of datagrams is set with that of groups.
func (l *socketOptions) addPacketFields(network string, o *sockeye.Options) {
	six := network == "tcp6" || network == "udp6"
	if o.TTL > 0 && (network == "tcp4" || network == "tcp6") {
		l.addExact("IP_TTL", unix.SOL_IP, unix.IP_TTL, o.TTL)
		if six {
			l.addExact("IPV6_UNICAST_HOPS", unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS, o.TTL)
		}
	}
	if o.DSCP > 0 {
		l.addExact("IP_TOS", unix.SOL_IP, unix.IP_TOS, o.DSCP<<2)
		if six {
			l.addExact("IPV6_TCLASS", unix.SOL_IPV6, unix.IPV6_TCLASS, o.DSCP<<2)
		}
	}
	if o.Mark > 0 {
		l.addExact("SO_MARK", unix.SOL_SOCKET, unix.SO_MARK, o.Mark)
	}
}

// datagramOptions are those of UDP sockets.
func (s *Setter) datagramOptions(network string) socketOptions {
	o := s.opts
	var list socketOptions
	if o.KernelTime.Or(false) {
		list.add("SO_TIMESTAMPNS", unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	}
	list.add("IP_RECVERR", unix.SOL_IP, unix.IP_RECVERR, 1) // an IPv6 socket may carry IPv4 too
	if network == "udp6" {
		list.add("IPV6_RECVERR", unix.SOL_IPV6, unix.IPV6_RECVERR, 1)
	}
	if o.DontFragment != sockeye.Default {
		list.add("IP_MTU_DISCOVER", unix.SOL_IP, unix.IP_MTU_DISCOVER, pathMTUDiscovery(o.DontFragment))
		if network == "udp6" {
			list.add("IPV6_MTU_DISCOVER", unix.SOL_IPV6, unix.IPV6_MTU_DISCOVER, pathMTUDiscovery(o.DontFragment))
		}
	}
	return list
}

// streamOptions are those of TCP sockets.
func (s *Setter) streamOptions() socketOptions {
	o := s.opts
	var list socketOptions
	list.add("SO_OOBINLINE", unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) // else urgent bytes are lost
	list.add("TCP_NODELAY", unix.SOL_TCP, unix.TCP_NODELAY, boolOption(o.NoDelay.Or(true)))
	if o.Cork.Or(false) {
		list.add("TCP_CORK", unix.SOL_TCP, unix.TCP_CORK, 1)
	}
	if o.QuickAck.Or(false) {
		list.add("TCP_QUICKACK", unix.SOL_TCP, unix.TCP_QUICKACK, 1)
	}
	if o.KeepAlive.Or(true) {
		list.add("SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		list.add("TCP_KEEPIDLE", unix.SOL_TCP, unix.TCP_KEEPIDLE, seconds(o.KeepAliveIdle))
		list.add("TCP_KEEPINTVL", unix.SOL_TCP, unix.TCP_KEEPINTVL, seconds(o.KeepAliveInterval))
		list.add("TCP_KEEPCNT", unix.SOL_TCP, unix.TCP_KEEPCNT, o.KeepAliveCount)
	}
	if o.UserTimeout > 0 {
		list.add("TCP_USER_TIMEOUT", unix.SOL_TCP, unix.TCP_USER_TIMEOUT, int(o.UserTimeout.Milliseconds()))
	}
	if limit := s.opts.AnswerTimeout(); limit > 0 {
		// Without it the pauses between probes of a closed window grow to two minutes, and
		// nobody could tell sooner that a peer has vanished meanwhile. Since Linux 6.15.
		most := min(max(limit/4, time.Second), 5*time.Second)
		list = append(list, socketOption{name: "TCP_RTO_MAX_MS", level: unix.SOL_TCP, opt: RTOMaxMS, value: int(most.Milliseconds()), may: true})
	}
	return list
}

func (s *Setter) setAll(c syscall.RawConn, list []socketOption) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		if name := s.opts.Interface; name != "" {
			if i, err := netinfo.FindInterface(name); err == nil {
				name = i.Name // it may be given by its index, or an address
			}
			if err := unix.BindToDevice(int(fd), name); err != nil {
				failed = &netinfo.OptionError{Option: "SO_BINDTODEVICE", Value: name, Err: err}
				return
			}
		}
		for _, o := range list {
			if failed = o.set(int(fd)); failed != nil {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// set sets the option, and reads it back if it has to be exact.
func (o *socketOption) set(fd int) error {
	if err := unix.SetsockoptInt(fd, o.level, o.opt, o.value); err != nil {
		if o.may {
			return nil
		}
		return &netinfo.OptionError{Option: o.name, Value: strconv.Itoa(o.value), Err: err}
	}
	if !o.exact {
		return nil
	}
	got, err := unix.GetsockoptInt(fd, o.level, o.opt)
	if err != nil {
		return &netinfo.OptionError{Option: o.name, Value: strconv.Itoa(o.value), Err: err}
	}
	if got != o.value {
		return &sockeye.Error{Kind: sockeye.Unsupported, Op: "set", Target: o.name,
			Message: sockeye.Text{En: fmt.Sprintf("was set to %d, and the system has %d", o.value, got), Zh: fmt.Sprintf("设置为 %d，而系统实际为 %d", o.value, got)},
			Hint:    sockeye.Text{En: "leave the option out, or choose a value that this kernel keeps", Zh: "请去掉该选项，或换一个内核接受的值"}}
	}
	return nil
}

// AfterConnect sets what package net has overwritten since the socket was made.
func (s *Setter) AfterConnect(conn *net.TCPConn) error {
	if !s.opts.NoDelay.Or(true) {
		return conn.SetNoDelay(false)
	}
	return nil
}

// Relisten calls listen(2) again, which sets the queue length of a socket that
// listens already; package net leaves no choice of it.
func Relisten(fd uintptr, backlog int) error {
	return os.NewSyscallError("listen", unix.Listen(int(fd), backlog))
}

// pathMTUDiscovery is the value of IP_MTU_DISCOVER and IPV6_MTU_DISCOVER.
func pathMTUDiscovery(dontFragment sockeye.OptionalBool) int {
	if dontFragment == sockeye.On {
		return unix.IP_PMTUDISC_DO
	}
	return unix.IP_PMTUDISC_DONT
}

// RefuseUnknown says which of some options this system does not have.
func RefuseUnknown(*sockeye.Options) error { return nil }

// setCork sets TCP_CORK, if the option was ever given.
func setCork(fd uintptr, on sockeye.OptionalBool) error {
	if on == sockeye.Default {
		return nil
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.SOL_TCP, unix.TCP_CORK, boolOption(on == sockeye.On)))
}

func boolOption(b bool) int {
	if b {
		return 1
	}
	return 0
}

// seconds rounds up: the kernel counts keepalive in whole seconds and refuses 0.
func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

// maxUnsent is how many unsent bytes LimitUnsent allows in the kernel for a peer.
const maxUnsent = 256 << 10

// LimitUnsent limits what the kernel queues for a TCP peer beyond what is on its way
// (TCP_NOTSENT_LOWAT, tcp(7)).
func LimitUnsent(fd uintptr) {
	unix.SetsockoptInt(int(fd), unix.SOL_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
}
