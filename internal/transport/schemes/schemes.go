// Package schemes says which driver opens which scheme. What the schemes are and can
// do is in the table of package sockeye.
package schemes

import (
	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/dtls"
	"sockeye/internal/transport/mqtt"
	"sockeye/internal/transport/serial"
	"sockeye/internal/transport/tcp"
	"sockeye/internal/transport/tls"
	"sockeye/internal/transport/udp"
	"sockeye/internal/transport/unix"
	"sockeye/internal/transport/websocket"
)

// drivers is the list: one row for each network without its family.
var drivers = map[sockeye.Network]transport.Driver{
	sockeye.TCP: tcp.Driver{},
	sockeye.UDP: udp.Driver{},

	sockeye.Unix:     unix.Stream{},
	sockeye.Unixgram: unix.DatagramDriver{},

	sockeye.Unixpacket: unix.PacketDriver{},

	sockeye.Serial: serial.Driver{},
	sockeye.DTLS:   dtls.Driver{},

	sockeye.WebSocket: websocket.Driver{Over: tcp.Plain{}},

	sockeye.TLS:     tls.Driver{},
	sockeye.MQTT:    mqtt.Driver{Over: tcp.Plain{}},
	sockeye.MQTTTLS: mqtt.Driver{Over: tls.Layer{}},

	sockeye.WebSocketTLS: websocket.Driver{Over: tls.Layer{}},
}

// Driver opens endpoints of a network; nil if nothing does.
func Driver(n sockeye.Network) transport.Driver { return drivers[n.Transport()] }
