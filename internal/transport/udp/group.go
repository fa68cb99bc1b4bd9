package udp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/transport/inet"
)

// A multicast group has one socket for each interface, bound to the group and joined
// there alone. So the kernel says by the socket on which interface a datagram came, which
// costs nothing for each of them, and what is sent to other groups on the same port is not
// heard.

// listenGroup binds and joins a group on every interface that the endpoint means.
func (v *datagramServer) listenGroup(ctx context.Context, group netip.AddrPort) (bound []*udpSocket, err error) {
	defer func() {
		if err != nil {
			for _, k := range bound {
				k.conn.Close()
			}
			bound = nil
		}
	}()
	o := v.session.Options()
	chosen, err := inet.GroupInterfaces(o, group.Addr())
	if err != nil {
		return nil, err
	}
	onAll := chosen == nil
	if onAll {
		if chosen, err = inet.MulticastInterfaces(); err != nil {
			return nil, err
		}
	}
	var skipped error
	for i := range chosen {
		k, err := v.joinOn(ctx, group, &chosen[i])
		switch {
		case err == nil:
			bound = append(bound, k)
		case onAll && !errors.Is(err, context.Canceled): // one without an address of the family, say
			skipped = err
		default:
			return bound, err
		}
	}
	if len(bound) == 0 {
		return nil, skipped
	}
	return bound, nil
}

// joinOn makes the socket of a group for an interface.
func (v *datagramServer) joinOn(ctx context.Context, group netip.AddrPort, i *net.Interface) (*udpSocket, error) {
	conn, err := v.bindGroup(ctx, group, i)
	if err != nil {
		return nil, err
	}
	o := v.session.Options()
	if err = errors.Join(join(conn, group.Addr(), i, o.GroupSources), sendOn(conn, i)); err != nil {
		conn.Close()
		return nil, groupFailed("join", group.Addr(), i, err)
	}
	k, err := v.newSocket(conn, false)
	if err != nil {
		return nil, err
	}
	k.group, k.iface = group.Addr(), i
	if !k.local.Addr().IsMulticast() { // Windows binds no group
		k.local = group
	}
	return k, nil
}

// groupFailed says what could not be done with a group on an interface.
func groupFailed(op string, group netip.Addr, i *net.Interface, err error) error {
	return netinfo.Explain(op, group.WithZone("").String()+"%"+i.Name, err)
}

// join makes a socket a member of a group on an interface, of all senders or of some.
func join(conn *net.UDPConn, group netip.Addr, i *net.Interface, sources []netip.Addr) error {
	to := &net.UDPAddr{IP: group.AsSlice()}
	joinAll, joinOne := ipv6.NewPacketConn(conn).JoinGroup, ipv6.NewPacketConn(conn).JoinSourceSpecificGroup
	if group.Is4() {
		joinAll, joinOne = ipv4.NewPacketConn(conn).JoinGroup, ipv4.NewPacketConn(conn).JoinSourceSpecificGroup
	}
	if len(sources) == 0 {
		return joinAll(i, to)
	}
	for _, s := range sources {
		if err := joinOne(i, to, &net.UDPAddr{IP: s.AsSlice()}); err != nil {
			return err
		}
	}
	return nil
}

// sendOn has what a socket sends to groups leave on an interface.
func sendOn(conn *net.UDPConn, i *net.Interface) error {
	if netinfo.AddrPort(conn.LocalAddr()).Addr().Is4() {
		return ipv4.NewPacketConn(conn).SetMulticastInterface(i)
	}
	return ipv6.NewPacketConn(conn).SetMulticastInterface(i)
}

// setReach sets how far datagrams go, and whether this machine hears those to groups. A
// socket of IPv6 may carry IPv4, too.
func setReach(conn *net.UDPConn, o *sockeye.Options) error {
	if o.TTL == 0 && o.Loop == sockeye.Default {
		return nil
	}
	four, six := ipv4.NewPacketConn(conn), ipv6.NewPacketConn(conn)
	var errs4, errs6 []error
	if o.TTL > 0 {
		errs4 = append(errs4, four.SetTTL(o.TTL), four.SetMulticastTTL(o.TTL))
		errs6 = append(errs6, six.SetHopLimit(o.TTL), six.SetMulticastHopLimit(o.TTL))
	}
	if o.Loop != sockeye.Default {
		errs4 = append(errs4, four.SetMulticastLoopback(o.Loop == sockeye.On))
		errs6 = append(errs6, six.SetMulticastLoopback(o.Loop == sockeye.On))
	}
	if netinfo.AddrPort(conn.LocalAddr()).Addr().Is4() {
		return errors.Join(errs4...)
	}
	return errors.Join(errs6...)
}

// openToGroup makes the sockets that send to a group: one for each interface that was
// chosen, or one where the system chooses.
func (v *datagramServer) openToGroup(ctx context.Context, to netip.AddrPort) (opened []*udpSocket, err error) {
	chosen, err := inet.GroupInterfaces(v.session.Options(), to.Addr())
	if err != nil {
		return nil, err
	}
	if chosen == nil && sockeye.GroupNeedsInterface(to.Addr()) { // a name may mean it, or a command
		return nil, sockeye.NoGroupInterface(to.Addr())
	}
	where := []*net.Interface{nil}
	if chosen != nil {
		where = where[:0]
	}
	for i := range chosen {
		where = append(where, &chosen[i])
	}
	for _, i := range where {
		k, err := v.openUnconnected(ctx, to, v.groupSetter, i)
		if err != nil {
			for _, k := range opened {
				k.conn.Close()
			}
			return nil, err
		}
		k.group, k.iface = to.Addr(), i
		opened = append(opened, k)
	}
	return opened, nil
}

// groupPeer is the peer that a socket sends a group to.
func (k *udpSocket) groupPeer(to netip.AddrPort) *udpPeer {
	if k.iface != nil && to.Addr().Is6() {
		to = netip.AddrPortFrom(to.Addr().WithZone(k.iface.Name), to.Port())
	}
	return k.peer(to, inet.GroupSource(k.iface, to), k.howJoined(chosenByUs()))
}

// howJoined adds the interface of the socket, if it has one, to what a joined event tells.
func (k *udpSocket) howJoined(how *sockeye.Detail) *sockeye.Detail {
	if k.iface == nil {
		return how
	}
	if how == nil {
		how = &sockeye.Detail{}
	}
	how.Interface = k.iface.Name
	return how
}

// watchInterface joins again, or sends there again, when the interface was taken out and put in:
// memberships end with it, while the socket stays.
func (k *udpSocket) watchInterface() {
	s := k.server.session
	var ended <-chan struct{}
	if k.origin != nil {
		ended = k.origin.Done()
	}
	s.Go(func() {
		index, there := k.iface.Index, true
		tick := time.NewTicker(membershipInterval)
		defer tick.Stop()
		for {
			select {
			case <-s.Context().Done():
				return
			case <-ended:
				return
			case <-tick.C:
			}
			now, err := net.InterfaceByName(k.iface.Name)
			switch {
			case err != nil && there:
				there = false
				s.Failed(interfaceGone(k))
			case err != nil || there && now.Index == index:
			default:
				if err := k.rejoin(now); err != nil {
					continue // it may have no address yet
				}
				index, there = now.Index, true
				s.Record(sockeye.Event{Kind: sockeye.Opened, Detail: &sockeye.Detail{Locals: []sockeye.SocketAddr{sockeye.IPSocketAddr(k.local)}, Interface: now.Name}})
			}
		}
	})
}

// membershipInterval is how often interfaces are looked at.
const membershipInterval = time.Second

// joinAgain joins the group of the socket on an interface, and sends on it; a socket that was dialled
// only sends.
func (k *udpSocket) joinAgain(c *net.UDPConn, i *net.Interface) error {
	if k.origin != nil {
		return sendOn(c, i)
	}
	return errors.Join(join(c, k.group, i, k.server.session.Options().GroupSources), sendOn(c, i))
}

func interfaceGone(k *udpSocket) *sockeye.Error {
	if k.origin != nil {
		return &sockeye.Error{
			Kind: sockeye.AddressNotAvailable, Op: "connect", Target: k.dialed.String(),
			Message: sockeye.Text{
				En: "the interface " + k.iface.Name + " is gone: nothing goes to the group on it until it is back",
				Zh: "网卡 " + k.iface.Name + " 已不存在：恢复之前不会从它向该组播组发送"},
			Hint: sockeye.Text{En: "it is used again by itself then", Zh: "恢复后会自动继续使用"},
		}
	}
	return &sockeye.Error{
		Kind: sockeye.AddressNotAvailable, Op: "listen", Target: k.local.String(),
		Message: sockeye.Text{
			En: "the interface " + k.iface.Name + " is gone: nothing of the group is heard on it until it is back",
			Zh: "网卡 " + k.iface.Name + " 已不存在：恢复之前收不到该组播组的数据"},
		Hint: sockeye.Text{En: "the group is joined again by itself then", Zh: "恢复后会自动重新加入"},
	}
}
