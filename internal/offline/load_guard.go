package offline

import (
	"fmt"
	"net/netip"
	"slices"

	"sockeye"
	"sockeye/internal/terminal"
)

// loadGuard says whom load may be put on: this machine always, another machine of a private network
// if a person agrees or "private" is lifted, all others if "public" is lifted.
type loadGuard struct{ lifted []string }

// confirm asks a person who is there whether another machine of a private network may be loaded, and
// returns the answer. Nobody is asked about this machine, nor about what no yes would allow.
func (g *loadGuard) confirm(t *terminal.Terminal, to sockeye.Address) bool {
	if len(g.lifted) > 0 || !to.Network.Traits().IP || to.Host == "localhost" {
		return false
	}
	if ip, err := netip.ParseAddr(to.Host); err == nil && (ip.Unmap().IsLoopback() || !isPrivate(ip.Unmap())) {
		return false
	}
	return t.AskYes(t.T(fmt.Sprintf("%s is another machine. May you put load on it?", to), fmt.Sprintf("%s 是另一台机器。你有权对它施压吗？", to)))
}

// allow judges each address before anything is sent to it. It is nil if all are allowed.
func (g *loadGuard) allow() (func(netip.Addr) error, error) {
	for _, word := range g.lifted {
		if word != "private" && word != "public" {
			return nil, terminal.Usage("--lift-guard", sockeye.Text{En: fmt.Sprintf("there is no guard %q", word), Zh: fmt.Sprintf("没有名为 %q 的防护", word)}, sockeye.Text{En: "there are private and public", Zh: "可用 private 和 public"})
		}
	}
	switch {
	case slices.Contains(g.lifted, "public"):
		return nil, nil
	case len(g.lifted) > 0:
		return onlyPrivate, nil
	}
	return onlyLoopback, nil
}

func isPrivate(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
}

// onlyPrivate refuses addresses that may be other people's.
func onlyPrivate(ip netip.Addr) error {
	if ip = ip.Unmap(); isPrivate(ip) {
		return nil
	}
	return &sockeye.Error{Kind: sockeye.NotPermitted, Op: "load", Target: ip.String(),
		Message: sockeye.Text{En: "this address is not private: load on what others run is an attack", Zh: "这不是私有地址：对他人的系统施压等同攻击"},
		Hint:    sockeye.Text{En: "if it is yours to load, say so: --lift-guard public", Zh: "如果你有权对它施压，请加 --lift-guard public"}}
}

// onlyLoopback refuses the addresses of other machines.
func onlyLoopback(ip netip.Addr) error {
	if ip = ip.Unmap(); ip.IsLoopback() {
		return nil
	}
	if err := onlyPrivate(ip); err != nil {
		return err
	}
	return &sockeye.Error{Kind: sockeye.NotPermitted, Op: "load", Target: ip.String(),
		Message: sockeye.Text{En: "this address is another machine's, and nobody said that it may be loaded", Zh: "这是另一台机器的地址，尚未确认可以对它施压"},
		Hint:    sockeye.Text{En: "if it is yours to load, say so: --lift-guard private", Zh: "如果你有权对它施压，请加 --lift-guard private"}}
}
