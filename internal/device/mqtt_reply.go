package device

import (
	"context"
	"errors"
	"fmt"

	"github.com/mochi-mqtt/server/v2/packets"
)

// take does what a packet of the broker asks for.
func (c *mqttClient) take(p *packets.Packet, body []byte) error {
	switch p.FixedHeader.Type {
	case packets.Publish:
		return c.takeMessage(p, body)
	case packets.Puback, packets.Pubrec, packets.Pubcomp:
		if err := p.PubackDecode(body); err != nil { // the three have one form
			return err
		}
		return c.confirm(p, p.ReasonCode)
	case packets.Suback:
		if err := p.SubackDecode(body); err != nil {
			return err
		}
		if len(p.ReasonCodes) != 1 {
			return errMQTT(p)
		}
		return c.confirm(p, p.ReasonCodes[0])
	case packets.Pingresp:
		return nil
	case packets.Disconnect:
		if c.version != 5 || p.DisconnectDecode(body) != nil {
			return errMQTT(p)
		}
		return fmt.Errorf("the broker ended the connection: %w", reasonFault(5, p.ReasonCode, p.Properties.ReasonString))
	}
	return errMQTT(p)
}

// errMQTT is the error of a packet that a broker may not send.
func errMQTT(p *packets.Packet) error {
	return fmt.Errorf("the broker sends %s that MQTT does not allow here", packets.PacketNames[p.FixedHeader.Type])
}

// takeMessage hands a message to the handler, and confirms it. QoS 1 was asked for, so
// there is no QoS 2.
func (c *mqttClient) takeMessage(p *packets.Packet, body []byte) error {
	if p.PublishDecode(body) != nil || p.FixedHeader.Qos > 1 {
		return errMQTT(p)
	}
	select {
	case c.commands <- p.Payload:
	case <-c.gone:
		return nil
	}
	if p.FixedHeader.Qos == 0 {
		return nil
	}
	return c.write(context.Background(), &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: p.PacketID}, (*packets.Packet).PubackEncode)
}

// failed is the least reason code that says that something was not done.
const failed = 0x80

// confirm notes that the broker has a message or a subscription. Of QoS 2 the first answer
// is not the last. What is not expected, such as an answer that comes twice, changes
// nothing.
func (c *mqttClient) confirm(p *packets.Packet, code byte) error {
	c.mu.Lock()
	expected := c.unconfirmed[p.PacketID]
	more := p.FixedHeader.Type == packets.Pubrec && code < failed
	switch {
	case expected != p.FixedHeader.Type:
	case more:
		c.unconfirmed[p.PacketID] = packets.Pubcomp
	default:
		delete(c.unconfirmed, p.PacketID)
		if code >= failed && c.refused == nil {
			c.refused = fmt.Errorf("the broker did not take it: %w", refusal(c.version, code, p))
		}
	}
	c.mu.Unlock()
	if expected != p.FixedHeader.Type {
		return nil
	}
	select {
	case c.changed <- struct{}{}:
	default:
	}
	if !more {
		return nil
	}
	release := &packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrel, Qos: 1}, PacketID: p.PacketID}
	return c.write(context.Background(), release, (*packets.Packet).PubrelEncode)
}

// refusal is why a message or a subscription was not taken; MQTT 3.1.1 does not tell.
func refusal(version, code byte, p *packets.Packet) error {
	if version != 5 {
		return errors.New("not authorized, or not a topic")
	}
	return reasonFault(version, code, p.Properties.ReasonString)
}
