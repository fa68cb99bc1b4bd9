package device

import (
	"context"
	"net"
	"net/url"
	"sync"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// mqtt3 speaks MQTT 3.1.1.
type mqtt3 struct {
	client mqtt.Client
	gone   chan struct{}

	mu      sync.Mutex
	waiting []mqtt.Token
}

func dialMQTT3(ctx context.Context, conn net.Conn, o mqttConnect) (mqttClient, error) {
	c := &mqtt3{gone: make(chan struct{})}
	var once sync.Once
	settings := mqtt.NewClientOptions().AddBroker("tcp://" + conn.RemoteAddr().String()).
		SetClientID(o.clientID).SetUsername(o.username).SetPassword(o.password).
		SetProtocolVersion(4).SetCleanSession(true).SetKeepAlive(o.keepAlive).
		SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(false).
		SetConnectionLostHandler(func(mqtt.Client, error) { once.Do(func() { close(c.gone) }) }).
		SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) { return conn, nil })
	if o.willTopic != "" {
		settings.SetWill(o.willTopic, offline, 1, true)
	}
	c.client = mqtt.NewClient(settings)
	return c, await(ctx, c.client.Connect())
}

// await waits for the end of an operation.
func await(ctx context.Context, t mqtt.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *mqtt3) lost() <-chan struct{} { return c.gone }

func (c *mqtt3) publish(_ context.Context, topic string, data []byte, qos byte, retain bool) error {
	t := c.client.Publish(topic, qos, retain, data)
	c.mu.Lock()
	c.waiting = append(c.waiting, t)
	c.mu.Unlock()
	return nil
}

func (c *mqtt3) confirmed(ctx context.Context) error {
	c.mu.Lock()
	waiting := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	for _, t := range waiting {
		if err := await(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (c *mqtt3) subscribe(ctx context.Context, topic string, handle func(data []byte)) error {
	return await(ctx, c.client.Subscribe(topic, 1, func(_ mqtt.Client, m mqtt.Message) { handle(m.Payload()) }))
}

func (c *mqtt3) disconnect() { c.client.Disconnect(100) }
