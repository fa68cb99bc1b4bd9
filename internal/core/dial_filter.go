package core

import (
	"net"
	"net/netip"
	"sync"

	"sockeye"
	"sockeye/internal/relay"
	"sockeye/internal/workspace"
)

// ownListeners are the addresses on which this program takes orders itself. A session
// that could connect there would let whoever feeds the session give orders.
type ownListeners struct {
	mu    sync.Mutex
	addrs []netip.AddrPort
}

// GuardListener keeps every session from connecting to an address, by whatever name or
// spelling: it is compared after resolution.
func (w *Core) GuardListener(addr netip.AddrPort) {
	w.ownListeners.mu.Lock()
	defer w.ownListeners.mu.Unlock()
	w.ownListeners.addrs = append(w.ownListeners.addrs, netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()))
}

// dialFilter decides for transport, before each connection to a host, whether an address of the
// host may be connected to.
func (w *Core) dialFilter(host string) func(to netip.AddrPort) error {
	_, notIP := netip.ParseAddr(host)
	isName := notIP != nil && !workspace.IsMetadata(host)
	return func(to netip.AddrPort) error {
		if isName && workspace.IsMetadata(to.Addr().String()) {
			return &sockeye.Error{
				Kind: sockeye.NotPermitted, Op: "connect", Target: to.String(),
				Message: sockeye.Text{En: "this name leads to where a machine in a cloud gets its keys", Zh: "该名称指向云主机的元数据服务，会交出该主机的密钥"},
				Hint:    sockeye.Text{En: "if that is what you want, connect to the address itself", Zh: "若确实需要，请直接连接该地址"},
			}
		}
		return w.refuseOwn(to)
	}
}

// refuseOwn refuses the addresses on which this program takes orders.
func (w *Core) refuseOwn(to netip.AddrPort) error {
	w.ownListeners.mu.Lock()
	defer w.ownListeners.mu.Unlock()
	for _, own := range w.ownListeners.addrs {
		if Reaches(to, own) {
			return OwnControl(to)
		}
	}
	if w.RefuseDial != nil {
		return w.RefuseDial(to)
	}
	return nil
}

// OwnControl returns the error of a connection to an address on which a workbench takes orders.
func OwnControl(to netip.AddrPort) error {
	return &sockeye.Error{
		Kind: sockeye.NotPermitted, Op: "connect", Target: to.String(),
		Message: sockeye.Text{En: "this is Sockeye's own control address", Zh: "这是 Sockeye 自己的控制地址"},
		Hint: sockeye.Text{
			En: "connect to another port; to watch HTTP, run a server of your own",
			Zh: "请连接其他端口；要观察 HTTP 请自己运行一个服务器"},
	}
}

// Reaches reports whether a connection to an address arrives at a socket that is bound to own.
func Reaches(to, own netip.AddrPort) bool {
	return own.Port() == to.Port() && reachesListener(to.Addr().Unmap().WithZone(""), own.Addr().Unmap())
}

// dialFilterOf returns the filter of one session. The upstream of a relay must not connect to the
// relay itself, since its bytes would go round for ever.
func (w *Core) dialFilterOf(host string, o openRequest) func(netip.AddrPort) error {
	filter := w.dialFilter(host)
	if o.upstreamOf == nil {
		return filter
	}
	return func(to netip.AddrPort) error {
		for _, own := range o.upstreamOf.Locals() {
			if own.IsIP() && own.Port() == to.Port() && reachesListener(to.Addr().Unmap().WithZone(""), own.Addr().Unmap()) {
				return relay.OwnUpstream(to.String())
			}
		}
		return filter(to)
	}
}

// reachesListener reports whether a connection to an address arrives at a socket that is
// bound to own.
func reachesListener(to, own netip.Addr) bool {
	switch {
	case to == own.WithZone(""):
		return true
	case to.IsUnspecified(): // connects to this machine (Linux, macOS)
		return own.IsLoopback() || own.IsUnspecified()
	case own.IsUnspecified():
		return to.IsLoopback() || isOwnAddress(to)
	}
	return false
}

// isOwnAddress reports whether an address is this machine's; if the system does not tell, it
// might be.
func isOwnAddress(a netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, n := range all {
		if p, err := netip.ParsePrefix(n.String()); err == nil && p.Addr().Unmap() == a {
			return true
		}
	}
	return false
}
