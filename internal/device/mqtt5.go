package device

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"sockeye/internal/payload"
)

// mqtt5 speaks MQTT 5.
type mqtt5 struct {
	client *paho.Client

	mu      sync.Mutex
	handler func(data []byte)
}

// mqttReceiveMaximum is how many commands a broker may have under way; the library makes
// room for them, by default for 65,535.
const mqttReceiveMaximum = 32

func dialMQTT5(ctx context.Context, conn net.Conn, o mqttConnect) (mqttClient, error) {
	c := &mqtt5{}
	c.client = paho.NewClient(paho.ClientConfig{
		ClientID: o.clientID,
		Conn:     packets.NewThreadSafeConn(conn),
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			c.mu.Lock()
			handle := c.handler
			c.mu.Unlock()
			if handle != nil {
				go handle(p.Packet.Payload) // the answer waits for what this goroutine reads
			}
			return true, nil
		}},
	})
	receive := uint16(mqttReceiveMaximum)
	request := &paho.Connect{ClientID: o.clientID, CleanStart: true, KeepAlive: uint16(o.keepAlive.Seconds()), Properties: &paho.ConnectProperties{ReceiveMaximum: &receive}}
	if o.username != "" {
		request.Username, request.UsernameFlag = o.username, true
		request.Password, request.PasswordFlag = []byte(o.password), o.password != ""
	}
	if o.willTopic != "" {
		request.WillMessage = &paho.WillMessage{Topic: o.willTopic, Payload: []byte(offline), QoS: 1, Retain: true}
	}
	if ack, err := c.client.Connect(ctx, request); err != nil {
		return nil, connectFault(ack, err)
	}
	return c, nil
}

// Reason codes of a CONNACK (MQTT 5, section 3.2.2.2) that a person can do something
// about.
const (
	badUserOrPassword = 0x86
	notAuthorized     = 0x87
)

func connectFault(ack *paho.Connack, err error) error {
	switch {
	case ack == nil:
	case ack.ReasonCode == badUserOrPassword, ack.ReasonCode == notAuthorized:
		return errors.New("not authorized")
	case ack.Properties != nil && ack.Properties.ReasonString != "":
		return errors.New(payload.SafeString(ack.Properties.ReasonString))
	case ack.ReasonCode != 0:
		return fmt.Errorf("reason %#x", ack.ReasonCode)
	}
	return err
}

func (c *mqtt5) lost() <-chan struct{} { return c.client.Done() }

// publish returns when the broker has a message of QoS 1 or 2.
func (c *mqtt5) publish(ctx context.Context, topic string, data []byte, qos byte, retain bool) error {
	_, err := c.client.Publish(ctx, &paho.Publish{Topic: topic, Payload: data, QoS: qos, Retain: retain})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (c *mqtt5) confirmed(context.Context) error { return nil }

func (c *mqtt5) subscribe(ctx context.Context, topic string, handle func(data []byte)) error {
	c.mu.Lock()
	c.handler = handle
	c.mu.Unlock()
	_, err := c.client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: topic, QoS: 1}}})
	return err
}

func (c *mqtt5) disconnect() { c.client.Disconnect(&paho.Disconnect{}) }
