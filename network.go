package sockeye

import (
	"cmp"
	"strconv"
	"strings"
)

// Network is the transport of an address, as package net spells it. The plain
// names mean both address families.
type Network string

// The networks.
const (
	TCP  Network = "tcp"
	TCP4 Network = "tcp4"
	TCP6 Network = "tcp6"
	UDP  Network = "udp"
	UDP4 Network = "udp4"
	UDP6 Network = "udp6"

	Unix     Network = "unix"
	Unixgram Network = "unixgram"

	Unixpacket Network = "unixpacket"

	Serial Network = "serial"

	WebSocket  Network = "ws"
	WebSocket4 Network = "ws4"
	WebSocket6 Network = "ws6"

	TLS  Network = "tls"
	TLS4 Network = "tls4"
	TLS6 Network = "tls6"

	WebSocketTLS  Network = "wss"
	WebSocketTLS4 Network = "wss4"
	WebSocketTLS6 Network = "wss6"

	MQTT  Network = "mqtt"
	MQTT4 Network = "mqtt4"
	MQTT6 Network = "mqtt6"

	MQTTTLS  Network = "mqtts"
	MQTTTLS4 Network = "mqtts4"
	MQTTTLS6 Network = "mqtts6"

	DTLS  Network = "dtls"
	DTLS4 Network = "dtls4"
	DTLS6 Network = "dtls6"
)

// Networks lists every network in the order help texts show them.
func Networks() (all []Network) {
	for _, s := range schemes {
		all = append(all, s.network)
	}
	return all
}

// Transport is the network without its family: TCP or UDP. The zero network is TCP.
func (n Network) Transport() Network {
	if n == "" {
		return TCP
	}
	return Network(strings.TrimRight(string(n), "46"))
}

// Family is 4, 6, or 0 for both.
func (n Network) Family() int {
	switch {
	case strings.HasSuffix(string(n), "4"):
		return 4
	case strings.HasSuffix(string(n), "6"):
		return 6
	}
	return 0
}

// WithFamily is the network for one address family, 4 or 6; false if its addresses have none.
func (n Network) WithFamily(family int) (Network, bool) {
	return n.Transport() + Network(strconv.Itoa(family)), n.Traits().IP
}

// ForDatagrams is the network that carries datagrams between the same addresses, of the same
// family, as -u of ncat means it: UDP for TCP. It is n where there is no such.
func (n Network) ForDatagrams() Network {
	if d := cmp.Or(n, TCP).scheme().datagrams; d != "" {
		return d
	}
	return n
}

// DefaultPort is the port where an address has none; 0 leaves it to whoever reads it.
func (n Network) DefaultPort() uint16 { return n.scheme().port }
