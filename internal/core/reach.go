package core

import (
	"context"
	"net/netip"
	"strconv"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Reach returns the UDP peer at an address as people type it, such as "board.lan:10000", whether or
// not it has sent anything. It looks a name up and takes the first of its addresses that the
// session can send to. The error is an *sockeye.Error.
func (r *Recipients) Reach(ctx context.Context, typed string) (*Peer, error) {
	network := r.session.id.Endpoint.Address.Network
	if network.Traits().Connections {
		return nil, &sockeye.Error{
			Kind: sockeye.Unsupported, Op: "send", Target: strconv.Quote(typed),
			Message: sockeye.Text{En: "only a UDP session can send to who was not there yet", Zh: "只有 UDP 会话可以发往尚未出现的地址"},
			Hint:    sockeye.Text{En: "open a connection to it", Zh: "请建立到该地址的连接"},
		}
	}
	a, err := reachable(typed)
	if err != nil {
		return nil, err
	}
	addrs, err := netinfo.Resolve(ctx, a.Host, network)
	if err != nil {
		return nil, err
	}
	for _, ip := range addrs {
		var p *Peer
		if p, err = r.session.transport.Reach(sockeye.IPSocketAddr(netip.AddrPortFrom(ip, a.Port))); err == nil {
			r.reached.Store(&typed)
			return p, nil
		}
	}
	return nil, err
}

// CheckReach says what is wrong with an address for Recipients.Reach.
func CheckReach(typed string) error {
	_, err := reachable(typed)
	return err
}

func reachable(typed string) (sockeye.Address, error) {
	a, err := sockeye.ParseAddress(typed)
	if err == nil && (a.Host == "" || a.Port == 0) {
		err = &sockeye.Error{
			Kind: sockeye.Invalid, Op: "send", Target: strconv.Quote(typed),
			Message: sockeye.Text{En: "is no address that can be sent to", Zh: "不是可以发送的地址"},
			Hint:    sockeye.Text{En: "give a host and a port, as in 192.168.1.88:10000", Zh: "请写明主机和端口，如 192.168.1.88:10000"},
		}
	}
	return a, err
}

// Reached returns the address that Reach found last, as it was typed, or "".
func (r *Recipients) Reached() string {
	if typed := r.reached.Load(); typed != nil {
		return *typed
	}
	return ""
}
