package decode

import "strconv"

// mqttForm is how a property is written (MQTT 5.0 section 1.5).
type mqttForm int

const (
	mqttByte mqttForm = iota
	mqttTwo
	mqttFour
	mqttVarint
	mqttText // or binary: both have their length before them
	mqttPair
)

// mqttPropertyTypes are the properties (section 2.2.2.2).
var mqttPropertyTypes = map[uint64]struct {
	name string
	form mqttForm
}{
	1: {"Payload format indicator", mqttByte}, 2: {"Message expiry interval", mqttFour}, 3: {"Content type", mqttText},
	8: {"Response topic", mqttText}, 9: {"Correlation data", mqttText}, 11: {"Subscription identifier", mqttVarint},
	17: {"Session expiry interval", mqttFour}, 18: {"Assigned client identifier", mqttText}, 19: {"Server keep alive", mqttTwo},
	21: {"Authentication method", mqttText}, 22: {"Authentication data", mqttText}, 23: {"Request problem information", mqttByte},
	24: {"Will delay interval", mqttFour}, 25: {"Request response information", mqttByte}, 26: {"Response information", mqttText},
	28: {"Server reference", mqttText}, 31: {"Reason string", mqttText}, 33: {"Receive maximum", mqttTwo},
	34: {"Topic alias maximum", mqttTwo}, 35: {"Topic alias", mqttTwo}, 36: {"Maximum QoS", mqttByte}, 37: {"Retain available", mqttByte},
	38: {"User property", mqttPair}, 39: {"Maximum packet size", mqttFour}, 40: {"Wildcard subscription available", mqttByte},
	41: {"Subscription identifier available", mqttByte}, 42: {"Shared subscription available", mqttByte},
}

// mqttProperties reads the properties, if the packet is of version 5.
func (c *cursor) mqttProperties(p *mqttPacket) {
	if p.version == 5 {
		c.mqttPropertyList("Properties")
	}
}

func (c *cursor) mqttPropertyList(name string) {
	if !c.ok() {
		return
	}
	c.open(name)
	if length, ok := c.varint("Length", 4); ok {
		if length > c.left() {
			c.fault("it is longer than the packet", "超出报文长度")
			length = c.left()
		}
		c.within(length, func() {
			for c.left() > 0 && c.ok() && c.mqttProperty() {
			}
		})
	}
	c.close()
}

func (c *cursor) mqttProperty() bool {
	id := uint64(c.b[c.at])
	kind, known := mqttPropertyTypes[id]
	if !known {
		c.fault("%d is no property", "%d 不是有效的属性", int(id))
		return false
	}
	from := c.at
	c.at++
	value := ""
	switch kind.form {
	case mqttByte:
		value = strconv.FormatUint(c.number(1), 10)
	case mqttTwo:
		value = strconv.FormatUint(c.number(2), 10)
	case mqttFour:
		value = strconv.FormatUint(c.number(4), 10)
	case mqttVarint:
		c.varint(kind.name, 4)
		return c.ok()
	case mqttText:
		value = c.preview(c.skip(int(c.number(2))))
	case mqttPair:
		c.open(kind.name).From = from
		key, text := c.mqttString("Key"), c.mqttString("Value")
		c.close().Value = shortened(c.preview([]byte(key + ": " + text)))
		return c.ok()
	}
	if c.ok() {
		c.add(kind.name, value, from, c.at)
	}
	return c.ok()
}
