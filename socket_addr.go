package sockeye

import (
	"cmp"
	"net/netip"
	"unique"
)

// SocketAddr is where a socket is bound or connected: an IP address and port, or for a
// kind of socket that has none a text, such as a path. It can be compared with ==. The
// zero value is no address.
type SocketAddr struct {
	ip   netip.AddrPort
	text unique.Handle[string] // of what is not IP; as short as a pointer, for idle peers are many
}

// IPSocketAddr is an IP address and port, unmapped: an IPv4 address is never shown as
// ::ffff:a.b.c.d.
func IPSocketAddr(a netip.AddrPort) SocketAddr {
	return SocketAddr{ip: netip.AddrPortFrom(a.Addr().Unmap(), a.Port())}
}

// TextSocketAddr is the address of a socket that is not IP; "" is no address.
func TextSocketAddr(text string) SocketAddr {
	if text == "" {
		return SocketAddr{}
	}
	return SocketAddr{text: unique.Make(text)}
}

// IsIP says whether it is an IP address and port.
func (a SocketAddr) IsIP() bool { return a.ip.IsValid() }

// IsValid says whether it is an address at all.
func (a SocketAddr) IsValid() bool { return a != SocketAddr{} }

// AddrPort is the IP address and port; the zero one if it is not IP.
func (a SocketAddr) AddrPort() netip.AddrPort { return a.ip }

// Addr is the IP address; the zero one if it is not IP.
func (a SocketAddr) Addr() netip.Addr { return a.ip.Addr() }

// Port is the port; 0 if it is not IP.
func (a SocketAddr) Port() uint16 { return a.ip.Port() }

// Host is the IP address without the port, or the text.
func (a SocketAddr) Host() string {
	if a.IsIP() {
		return a.ip.Addr().String()
	}
	return a.String()
}

// String is the address as people read it, "" for none.
func (a SocketAddr) String() string {
	switch {
	case a.ip.IsValid():
		return a.ip.String()
	case a.text != unique.Handle[string]{}:
		return a.text.Value()
	}
	return ""
}

// Compare orders addresses: IP before others.
func (a SocketAddr) Compare(b SocketAddr) int {
	if a.IsIP() != b.IsIP() {
		if a.IsIP() {
			return -1
		}
		return 1
	}
	return cmp.Or(a.ip.Compare(b.ip), cmp.Compare(a.String(), b.String()))
}

// MarshalText is String.
func (a SocketAddr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *SocketAddr) UnmarshalText(text []byte) error {
	*a = ParseSocketAddr(string(text))
	return nil
}

// ParseSocketAddr reads what String wrote: an IP address and port, else it is a text.
func ParseSocketAddr(s string) SocketAddr {
	if ip, err := netip.ParseAddrPort(s); err == nil {
		return SocketAddr{ip: ip}
	}
	return TextSocketAddr(s)
}
