package sockeye

import "time"

// Sets of schemes that options are of.
var (
	overTCP = []Network{TCP, WebSocket, TLS, WebSocketTLS, MQTT, MQTTTLS}
	overUDP = []Network{UDP}
	overIP  = []Network{TCP, UDP, WebSocket, TLS, WebSocketTLS, MQTT, MQTTTLS}

	buffered = []Network{TCP, UDP, Unix, Unixgram, Unixpacket, WebSocket, TLS, WebSocketTLS, MQTT, MQTTTLS}
	onPath   = []Network{Unix, Unixgram, Unixpacket}
	streams  = []Network{TCP, Unix, Unixpacket, WebSocket, TLS, WebSocketTLS}
	withTLS  = []Network{TLS, WebSocketTLS, MQTTTLS, DTLS}
	tlsOnTCP = []Network{TLS, WebSocketTLS, MQTTTLS}
	known    = []Network{TCP, UDP, WebSocket, TLS, WebSocketTLS, MQTT, MQTTTLS, DTLS}
	brokers  = []Network{MQTT, MQTTTLS}
	messages = []Network{WebSocket, WebSocketTLS, MQTT, MQTTTLS}
	overWS   = []Network{WebSocket, WebSocketTLS}
	onLine   = []Network{Serial}
)

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
