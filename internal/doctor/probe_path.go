package doctor

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"sockeye/internal/netinfo"
)

// probePaths looks at all addresses of the name at the same time.
func (f *Facts) probePaths(ctx context.Context, addresses []netip.Addr, ask bool) {
	f.Paths = make([]Path, len(addresses))
	var group sync.WaitGroup
	for n, ip := range addresses {
		f.Paths[n].Address = ip
		if f.ToListen || ip.IsMulticast() || f.broadcast(ip) {
			continue
		}
		group.Go(func() { f.probePath(ctx, &f.Paths[n], ask) })
	}
	group.Wait()
}

// broadcast says that an address is the broadcast address, or the network's own, of a
// network that this machine is in (RFC 919, RFC 1122 section 3.2.1.3).
func (f *Facts) broadcast(ip netip.Addr) bool {
	if ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return true
	}
	for _, i := range f.Interfaces {
		for _, p := range i.Prefixes {
			if ip.Is4() && p.Addr().Is4() && p.Bits() < 31 && (ip == lastOf(p) || ip == p.Masked().Addr()) {
				return true
			}
		}
	}
	return false
}

// lastOf is the highest address of an IPv4 network.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(b)
}

// probePath tries one address. First only what was asked for is sent: whether the next hop
// was asked for its hardware address at all tells a rule of this machine from a silent
// network. Then the other ports are tried.
func (f *Facts) probePath(ctx context.Context, p *Path, ask bool) {
	p.Route, _ = netinfo.RouteTo(p.Address)
	to := netip.AddrPortFrom(p.Address, f.Port)
	beside := netip.AddrPortFrom(p.Address, besidePort(f.Port))
	first, begun := make(chan struct{}), make(chan struct{})
	begins := sync.OnceFunc(func() { close(begun) })
	var connected net.Conn
	var group sync.WaitGroup
	group.Go(func() {
		defer close(first)
		defer begins()
		if f.isUDP() {
			begins()
			p.UDP = probeUDP(ctx, to, datagram)
			return
		}
		connected, p.TCP = probeTCP(ctx, to, connectTime, begins)
		if p.TCP.Outcome == Refused && f.System == "linux" {
			p.TCP.Origin = refusalOrigin(ctx, to, p.TCP.Origin)
		}
	})
	<-begun // a machine that is busy begins late
	select {
	case <-first:
	case <-time.After(beginTime):
	}
	var unseen error
	if p.Early, unseen = netinfo.NeighbourOf(p.Route.NextHop(p.Address), p.Route.Index); unseen != nil {
		p.Early.State = neighboursUnseen
	}
	select {
	case <-first:
	default:
		group.Go(func() { p.OtherTCP = touchTCP(ctx, beside, connectTime-beginTime) })
		group.Go(func() { p.OtherUDP = probeUDP(ctx, beside, datagram) })
		if own, passed := f.passedBy(p.Address, p.Route.Interface); passed {
			group.Go(func() { p.Direct = probeThrough(ctx, to, own.Name, connectTime-beginTime) })
		}
	}
	if p.Route.Kind == "unicast" && !p.Route.Gateway.IsValid() {
		group.Go(func() {
			p.Answering = netinfo.AnswersToARP(p.Route.Index, p.Route.Source, p.Address, time.Until(within(ctx, arpTime)))
		})
	}
	group.Wait()
	if connected != nil {
		defer connected.Close()
	}
	f.probeAfterAnswer(ctx, p, connected, to, beside, ask)
	p.Neighbour, _ = netinfo.NeighbourOf(p.Route.NextHop(p.Address), p.Route.Index)
}

// neighboursUnseen is in place of a neighbour's state where the system did not tell.
const neighboursUnseen = "UNSEEN"

// besidePort is a port that most likely nobody uses, and whose answer says that the machine
// is there.
func besidePort(port uint16) uint16 {
	if port == 65535 {
		return port - 1
	}
	return port + 1
}

// probeAfterAnswer looks on, by what the port has answered.
func (f *Facts) probeAfterAnswer(ctx context.Context, p *Path, connected net.Conn, to, beside netip.AddrPort, ask bool) {
	var group sync.WaitGroup
	switch {
	case f.isUDP() && p.UDP.Outcome != Open:
		if p.OtherUDP.Outcome == NotTried {
			group.Go(func() { p.OtherUDP = probeUDP(ctx, beside, datagram) })
		}
		group.Go(func() { p.TCP = touchTCP(ctx, to, time.Second) })
	case connected != nil:
		if p.Route.Kind == "unicast" {
			group.Go(func() { p.Size = probeSize(ctx, beside, p.Route.MTU) })
		}
		said, outcome := hear(ctx, connected, banner)
		if p.TCP.Said, p.TCP.Outcome = said, outcome; ask && outcome == Open && len(said) == 0 {
			p.TCP.Asked = true
			group.Go(func() { p.TCP.Reply = askSpeech(ctx, connected, to, f.serverName()) })
		}
	case p.TCP.Outcome == Refused, p.TCP.Outcome == Failed && p.TCP.Took < time.Second:
		group.Go(func() { p.UDP = probeUDP(ctx, to, datagram) })
		if p.OtherUDP.Outcome == NotTried {
			group.Go(func() { p.OtherUDP = probeUDP(ctx, beside, datagram) })
		}
	}
	group.Wait()
}

// serverName is the name that a TLS server is asked for, "" for an address.
func (f *Facts) serverName() string {
	if _, err := netip.ParseAddr(f.Host); err == nil {
		return ""
	}
	return f.Host
}
