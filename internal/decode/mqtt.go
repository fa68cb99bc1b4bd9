package decode

import (
	"fmt"
	"strings"

	"sockeye"
)

var mqtt = Decoder{
	Name: "mqtt", Title: sockeye.Text{En: "MQTT", Zh: "MQTT"}, Source: "OASIS MQTT 3.1.1 and 5.0",
	Ports: []uint16{1883}, strict: 65, read: readMQTT,
}

// The types of control packets (5.0 section 2.1.2).
const (
	mqttConnect = iota + 1
	mqttConnack
	mqttPublish
	mqttPuback
	mqttPubrec
	mqttPubrel
	mqttPubcomp
	mqttSubscribe
	mqttSuback
	mqttUnsubscribe
	mqttUnsuback
	mqttPingreq
	mqttPingresp
	mqttDisconnect
	mqttAuth
)

var mqttTypes = [...]string{"", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"}

// mqttPacket is what its first byte says of a packet, and which version it is of.
type mqttPacket struct {
	kind    int
	flags   byte
	version int // 4 is 3.1.1, 5 is 5.0
	id      uint64
}

func readMQTT(c *cursor) {
	if len(c.b) > 0 && !mqttFirst(c.b[0]) {
		c.reject()
		return
	}
	first, node := c.hex("Type and flags", 1)
	p := mqttPacket{kind: int(first >> 4), flags: byte(first & 15), version: c.hints.State.Version}
	node.Note = mqttTypes[p.kind]
	if p.kind == mqttPublish {
		node.Note += p.delivery()
	}
	length, ok := c.varint("Remaining length", 4)
	if !ok || !mqttLength(p.kind, length) {
		if c.ok() {
			c.reject()
		}
		return
	}
	c.summary("%s", mqttTypes[p.kind])
	if p.kind == mqttConnect && !mqttProtocol(c.rest()) {
		c.reject()
		return
	}
	if !c.want(length) {
		return
	}
	c.within(length, func() { c.mqttBody(&p) })
	c.mqttRole(&p)
	c.out.State.Version = p.version
}

// delivery is how a message of PUBLISH is to be delivered (section 3.3.1).
func (p *mqttPacket) delivery() string {
	text := fmt.Sprintf(", QoS %d", p.flags>>1&3)
	if p.flags&1 != 0 {
		text += ", retain"
	}
	if p.flags&8 != 0 {
		text += ", dup"
	}
	return text
}

// mqttFirst is true for the first bytes that packets may have (section 2.1.3).
func mqttFirst(b byte) bool {
	switch kind := b >> 4; kind {
	case 0:
		return false
	case mqttPublish:
		return b&6 != 6
	case mqttPubrel, mqttSubscribe, mqttUnsubscribe:
		return b&15 == 2
	}
	return b&15 == 0
}

// mqttLength is true for lengths that packets of a type may have.
func mqttLength(kind, length int) bool {
	switch kind {
	case mqttPingreq, mqttPingresp:
		return length == 0
	case mqttConnect:
		return length >= 10
	case mqttPublish, mqttSuback:
		return length >= 3
	case mqttSubscribe, mqttUnsubscribe:
		return length >= 5
	case mqttDisconnect, mqttAuth:
		return true
	}
	return length >= 2
}

// mqttProtocol is true for what may follow the length of CONNECT.
func mqttProtocol(b []byte) bool {
	for _, name := range []string{"\x00\x04MQTT", "\x00\x06MQIsdp"} {
		n := min(len(b), len(name))
		if string(b[:n]) == name[:n] {
			return true
		}
	}
	return false
}

// varint reads a number of seven bits a byte, the lowest first, in at most most bytes.
func (c *cursor) varint(name string, most int) (int, bool) {
	from, value := c.at, 0
	for n := range most {
		b := c.skip(1)
		if b == nil {
			return 0, false
		}
		value |= int(b[0]&0x7f) << (7 * n)
		if b[0] < 0x80 {
			c.add(name, fmt.Sprint(value), from, c.at)
			return value, true
		}
	}
	c.reject()
	return 0, false
}

func (c *cursor) mqttBody(p *mqttPacket) {
	switch p.kind {
	case mqttConnect:
		c.mqttConnect(p)
	case mqttConnack:
		if p.version == 0 && c.left() > 2 {
			p.version = 5
		}
		flags, n := c.hex("Acknowledge flags", 1)
		if flags&1 != 0 {
			n.Note = "session present"
		}
		c.mqttReason(p, "Return code", mqttReturnCodes)
		c.mqttProperties(p)
	case mqttPublish:
		c.mqttPublish(p)
	case mqttSubscribe, mqttUnsubscribe:
		c.mqttSubscribe(p)
	case mqttSuback, mqttUnsuback:
		p.id, _ = c.uint("Packet identifier", 2)
		c.mqttProperties(p)
		for c.left() > 0 && c.ok() {
			c.mqttReason(p, "Return code", nil)
		}
	case mqttPuback, mqttPubrec, mqttPubrel, mqttPubcomp:
		p.id, _ = c.uint("Packet identifier", 2)
		c.mqttEnding(p)
	case mqttDisconnect, mqttAuth:
		c.mqttEnding(p)
	}
}

// mqttEnding reads a reason and properties, both of which may be missing.
func (c *cursor) mqttEnding(p *mqttPacket) {
	if c.left() == 0 {
		return
	}
	p.version = 5
	c.mqttReason(p, "Reason code", nil)
	if c.left() > 0 {
		c.mqttProperties(p)
	}
}

// mqttReturnCodes are those of CONNACK in 3.1.1 (section 3.2.2.3).
var mqttReturnCodes = map[uint64]string{0: "accepted", 1: "unacceptable protocol version", 2: "identifier rejected", 3: "server unavailable", 4: "bad user name or password", 5: "not authorized"}

// mqttReasons are the reason codes of 5.0 (section 2.4) that mean a failure.
var mqttReasons = map[uint64]string{
	0: "success", 1: "granted QoS 1", 2: "granted QoS 2", 4: "disconnect with will message", 16: "no matching subscribers", 17: "no subscription existed", 24: "continue authentication", 25: "re-authenticate",
	128: "unspecified error", 129: "malformed packet", 130: "protocol error", 131: "implementation specific error", 132: "unsupported protocol version", 133: "client identifier not valid",
	134: "bad user name or password", 135: "not authorized", 136: "server unavailable", 137: "server busy", 138: "banned", 139: "server shutting down", 140: "bad authentication method",
	141: "keep alive timeout", 142: "session taken over", 143: "topic filter invalid", 144: "topic name invalid", 145: "packet identifier in use", 146: "packet identifier not found",
	147: "receive maximum exceeded", 148: "topic alias invalid", 149: "packet too large", 150: "message rate too high", 151: "quota exceeded", 152: "administrative action",
	153: "payload format invalid", 154: "retain not supported", 155: "QoS not supported", 156: "use another server", 157: "server moved", 158: "shared subscriptions not supported",
	159: "connection rate exceeded", 160: "maximum connect time", 161: "subscription identifiers not supported", 162: "wildcard subscriptions not supported",
}

func (c *cursor) mqttReason(p *mqttPacket, name string, old map[uint64]string) {
	if p.version == 5 {
		name = "Reason code"
	}
	code, n := c.uint(name, 1)
	if n.Note = mqttReasons[code]; p.version < 5 && old != nil {
		n.Note = old[code]
	}
}

// mqttString reads a string with its length before it.
func (c *cursor) mqttString(name string) string {
	from := c.at
	size := int(c.number(2))
	b := c.skip(size)
	if b == nil {
		return ""
	}
	c.add(name, c.preview(b), from, c.at)
	return string(b)
}

func (c *cursor) mqttConnect(p *mqttPacket) {
	c.mqttString("Protocol name")
	version, n := c.uint("Protocol version", 1)
	n.Note = map[uint64]string{3: "3.1", 4: "3.1.1", 5: "5.0"}[version]
	p.version = int(version)
	flags, n := c.hex("Connect flags", 1)
	n.Note = mqttConnectFlags(flags)
	if flags&1 != 0 {
		n.Fault = both("the reserved bit is set", "保留位不为 0")
	}
	_, n = c.uint("Keep alive", 2)
	n.Unit = "s"
	c.mqttProperties(p)
	client := c.mqttString("Client identifier")
	if flags&4 != 0 {
		if p.version == 5 {
			c.mqttPropertyList("Will properties")
		}
		c.mqttString("Will topic")
		c.mqttString("Will message")
	}
	if flags&0x80 != 0 {
		c.mqttString("User name")
	}
	if flags&0x40 != 0 {
		c.mqttString("Password")
	}
	c.summary("CONNECT %s", client)
}

func mqttConnectFlags(flags uint64) string {
	var words []string
	for bit, name := range []string{"", "clean session", "will", "", "", "will retain", "password", "user name"} {
		if name != "" && flags>>bit&1 != 0 {
			words = append(words, name)
		}
	}
	if flags&4 != 0 {
		words = append(words, fmt.Sprintf("will QoS %d", flags>>3&3))
	}
	return strings.Join(words, ", ")
}

func (c *cursor) mqttPublish(p *mqttPacket) {
	qos := p.flags >> 1 & 3
	topic := c.mqttString("Topic")
	if qos > 0 {
		p.id, _ = c.uint("Packet identifier", 2)
	}
	c.mqttProperties(p)
	how := strings.TrimPrefix(p.delivery(), ", ")
	from, size := c.at, c.left()
	b, n := c.data("Message", size)
	if size > 0 {
		value := n.Value
		if len(b) > 0 && c.content(&json, b, from, from+size, false) {
			value = plural(size, "byte")
		}
		c.summary("PUBLISH %s = %s (%s)", topic, value, how)
	} else {
		c.summary("PUBLISH %s (%s)", topic, how)
	}
}

func (c *cursor) mqttSubscribe(p *mqttPacket) {
	p.id, _ = c.uint("Packet identifier", 2)
	c.mqttProperties(p)
	var topics []string
	for c.left() > 0 && c.ok() {
		topics = append(topics, c.mqttString("Topic filter"))
		if p.kind == mqttSubscribe {
			options, n := c.hex("Options", 1)
			n.Note = mqttSubscribeOptions(options)
		}
	}
	c.summary("%s %s", mqttTypes[p.kind], strings.Join(topics, " "))
}

// mqttSubscribeOptions are those of a topic filter (5.0 section 3.8.3.1); 3.1.1 has only the
// QoS.
func mqttSubscribeOptions(options uint64) string {
	text := fmt.Sprintf("QoS %d", options&3)
	if options&4 != 0 {
		text += ", no local"
	}
	if options&8 != 0 {
		text += ", retain as published"
	}
	if handling := options >> 4 & 3; handling != 0 {
		text += fmt.Sprintf(", retain handling %d", handling)
	}
	return text
}

// mqttRole says what answers what.
func (c *cursor) mqttRole(p *mqttPacket) {
	role, key := OneWay, ""
	switch p.kind {
	case mqttConnect:
		role, key = Request, "connect"
	case mqttConnack:
		role, key = Response, "connect"
	case mqttPingreq:
		role, key = Request, "ping"
	case mqttPingresp:
		role, key = Response, "ping"
	case mqttPublish:
		if p.flags&6 != 0 {
			role, key = Request, fmt.Sprintf("publish %d", p.id)
		}
	case mqttPuback, mqttPubrec:
		role, key = Response, fmt.Sprintf("publish %d", p.id)
	case mqttPubrel:
		role, key = Request, fmt.Sprintf("release %d", p.id)
	case mqttPubcomp:
		role, key = Response, fmt.Sprintf("release %d", p.id)
	case mqttSubscribe, mqttUnsubscribe:
		role, key = Request, fmt.Sprintf("%s %d", strings.ToLower(mqttTypes[p.kind]), p.id)
	case mqttSuback:
		role, key = Response, fmt.Sprintf("subscribe %d", p.id)
	case mqttUnsuback:
		role, key = Response, fmt.Sprintf("unsubscribe %d", p.id)
	}
	c.out.Role, c.out.Key = role, key
}
