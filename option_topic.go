package sockeye

import "time"

// Sets of schemes that options are of, by what these can do.
var (
	overTCP = schemesWith(func(t Traits) bool { return t.IP && t.Acknowledges })
	overUDP = schemesWith(func(t Traits) bool { return t.IP && t.Datagram })
	overIP  = schemesWith(ownSocket)

	buffered = schemesWith(func(t Traits) bool { return ownSocket(t) || onFile(t) })
	onPath   = schemesWith(onFile)
	streams  = schemesWith(func(t Traits) bool { return t.HalfClose })
	withTLS  = schemesWith(func(t Traits) bool { return t.TLS })
	tlsOnTCP = schemesWith(func(t Traits) bool { return t.TLS && t.Acknowledges })
	known    = schemesWith(func(t Traits) bool { return t.IP })
	brokers  = schemesWith(func(t Traits) bool { return t.Broker })
	messages = schemesWith(func(t Traits) bool { return t.Messages && t.Acknowledges })
	overWS   = schemesWith(func(t Traits) bool { return t.Browser })
	onLine   = schemesWith(func(t Traits) bool { return t.Line })
)

// schemesWith lists the networks without their families whose traits are as wanted.
func schemesWith(want func(Traits) bool) (all []Network) {
	for _, n := range Transports() {
		if want(n.Traits()) {
			all = append(all, n)
		}
	}
	return all
}

// ownSocket is of what has a socket of IP for each peer or all, with options of its own; DTLS is a
// library's.
func ownSocket(t Traits) bool { return t.IP && (t.Acknowledges || t.Datagram) }

// onFile is of what has a path for an address.
func onFile(t Traits) bool { return !t.IP && !t.Line }

// Headings of options in a form.
var (
	topicPeers      = Text{"Peers", "连接对象"}
	topicConnecting = Text{"Connecting", "建立连接"}
	topicSocket     = Text{"Socket", "套接字"}
	topicGroups     = Text{"Multicast", "组播"}
	topicProbes     = Text{"Keepalive", "保活"}
	topicBuffers    = Text{"Buffers", "缓冲区"}
	topicWebSocket  = Text{"WebSocket", "WebSocket"}
	topicTLS        = Text{"TLS", "TLS"}
	topicMQTT       = Text{"MQTT", "MQTT"}
	topicLine       = Text{"Line", "线路"}
)

// HalfOpenTime is how long half-open is where it is wanted and no time is given.
const HalfOpenTime = time.Minute

// Limits of options, chosen so that a typing error cannot take the machine down.
const (
	maxPeersLimit  = 1 << 20
	maxBufferBytes = 1 << 30
	maxBacklog     = 1 << 16

	maxMessageBytes = 256 << 20
	maxBaud         = 1 << 27

	maxDSCP = 1<<6 - 1
	maxMark = 1<<31 - 1 // an int on every system
)
