package socket

import (
	"context"
	"errors"
	"net"
	"net/netip"
)

// AddrInfo is one way to reach a host, as getaddrinfo(3) gives it.
type AddrInfo struct {
	Family Family
	Type   Type
	// Address is numeric host:port, ready for Connect, Bind and SendTo, as
	// getaddrinfo(…)[0][-1] is in Python.
	Address string
	// AddrPort is the same as a value: its IP address (with its zone) and its port
	// need not be read out of the text, and it is what package net takes.
	AddrPort netip.AddrPort
}

// Hint narrows what GetAddrInfo answers: a Family or a Type.
type Hint interface{ narrow(*AddrInfo) }

func (f Family) narrow(i *AddrInfo) { i.Family = f }
func (t Type) narrow(i *AddrInfo)   { i.Type = t }

// GetAddrInfo looks up a host and a port, numbers or names, and returns at least
// one way to reach them or an error, like getaddrinfo(3). The best address comes
// first, each for SOCK_STREAM before SOCK_DGRAM. An empty host is this machine
// itself, an empty port is 0. Of several hints of a kind the last counts.
//
//	infos, err := socket.GetAddrInfo("www.baidu.com", "80", socket.AF_INET, socket.SOCK_STREAM)
//	err = s.Connect(infos[0].Address)
//	ip, port := infos[0].AddrPort.Addr(), infos[0].AddrPort.Port()
func GetAddrInfo(host, port string, hints ...Hint) ([]AddrInfo, error) {
	return GetAddrInfoContext(context.Background(), host, port, hints...)
}

// GetAddrInfoContext is GetAddrInfo that ends with ctx.
func GetAddrInfoContext(ctx context.Context, host, port string, hints ...Hint) ([]AddrInfo, error) {
	var want AddrInfo
	for _, h := range hints {
		h.narrow(&want)
	}
	infos, err := getAddrInfo(ctx, want, host, port)
	if err == nil {
		return infos, nil
	}
	if ctx.Err() != nil && isContextError(err) {
		err = ctx.Err()
	}
	return nil, &Error{Op: "getaddrinfo", Address: net.JoinHostPort(host, port), Err: err}
}

func getAddrInfo(ctx context.Context, want AddrInfo, host, port string) ([]AddrInfo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ports, err := portsOf(ctx, want.Type, port)
	if err != nil {
		return nil, err
	}
	if host == "" {
		host = "localhost"
	}
	ips, err := lookupHost(ctx, want.Family, host)
	if err != nil {
		return nil, err
	}
	var infos []AddrInfo
	for _, ip := range ips {
		for _, p := range ports {
			at := netip.AddrPortFrom(ip, p.number)
			infos = append(infos, AddrInfo{familyOf(ip), p.typ, at.String(), at})
		}
	}
	return infos, nil
}

type typedPort struct {
	typ    Type
	number uint16
}

// portsOf looks the port up for each type asked for. A service may be known for
// one type only, so it fails when no type knows it.
func portsOf(ctx context.Context, want Type, port string) ([]typedPort, error) {
	if port == "" {
		port = "0"
	}
	var ports []typedPort
	var errs []error
	for _, typ := range []Type{SOCK_STREAM, SOCK_DGRAM} {
		if want != 0 && want != typ {
			continue
		}
		number, err := lookupPort(ctx, typ, port)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		ports = append(ports, typedPort{typ, number})
	}
	if len(ports) == 0 {
		return nil, errors.Join(errs[:min(1, len(errs))]...)
	}
	return ports, nil
}
