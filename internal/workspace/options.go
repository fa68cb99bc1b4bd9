package workspace

import (
	"net/netip"
	"time"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/payload"
	"sockeye/internal/schedule"
)

// options are the endpoint's, as transport knows them.
func (e Endpoint) options(wrong func(error, string)) sockeye.Options {
	o := sockeye.Options{
		SourcePort: e.SourcePort, Interface: e.Interface, Prefer: e.Prefer, Backlog: e.Backlog, MaxPeers: e.MaxPeers, OverCap: e.OverCap,
		ReuseAddress: choice(e.ReuseAddress), ReusePort: choice(e.ReusePort), NoDelay: choice(e.NoDelay), KeepAlive: choice(e.KeepAlive),
		KeepAliveIdle: time.Duration(e.KeepAliveIdle), KeepAliveInterval: time.Duration(e.KeepAliveInterval), KeepAliveCount: e.KeepAliveCount,
		UserTimeout: time.Duration(e.UserTimeout), ReceiveBuffer: e.ReceiveBuffer, SendBuffer: e.SendBuffer, ReadSize: e.ReadSize,
		Broadcast: choice(e.Broadcast), KernelTime: choice(e.KernelTime), ConnectTimeout: time.Duration(e.ConnectTimeout),
		SendTimeout: time.Duration(e.SendTimeout), IdleTimeout: time.Duration(e.IdleTimeout), HalfOpen: time.Duration(max(e.HalfOpen, e.FinIdle, 0)),
		Reconnect: e.Reconnect, SelfConnect: choice(e.SelfConnect),
	}
	for _, s := range e.Sources {
		a, err := netip.ParseAddr(s)
		if err != nil {
			wrong(problem("%s is not an IP address", "%s 不是 IP 地址", "sockeye addrs lists this machine's addresses", "sockeye addrs 列出本机地址", payload.Quote(s, 40)), "source")
			continue
		}
		o.Sources = append(o.Sources, a)
	}
	for _, list := range []struct {
		field string
		texts []string
		to    *[]netip.Prefix
	}{{"allow-peers", e.AllowPeers, &o.AllowPeers}, {"deny-peers", e.DenyPeers, &o.DenyPeers}} {
		for _, s := range list.texts {
			p, err := sockeye.ParsePrefix(s)
			if err != nil {
				wrong(err, list.field)
				continue
			}
			*list.to = append(*list.to, p)
		}
	}
	return o
}

func choice(b *bool) sockeye.Choice {
	if b == nil {
		return sockeye.Default
	}
	return sockeye.ChoiceOf(*b)
}

// options are how the payload's text becomes bytes.
func (p Payload) options() (payload.ParseOptions, error) {
	o := payload.ParseOptions{Hex: p.Hex != "", Prefix: p.Prefix, Suffix: p.Suffix}
	var err error
	if o.Charset, err = payload.ParseCharset(p.Charset); err != nil {
		return o, err
	}
	if p.Checksum != "" {
		if o.Trailer, err = checksum.ParseTrailer(p.Checksum); err != nil {
			return o, err
		}
	}
	o.LineEnd, err = schedule.LineEnd(p.LineEnd)
	return o, err
}

// parse makes the payload ready to be sent; match allows what only replies have.
func (p Payload) parse(match bool) (*payload.Template, error) {
	o, err := p.options()
	if err != nil {
		return nil, err
	}
	o.Match = match
	return payload.Parse(p.Text+p.Hex, o)
}
