package device

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sockeye"
)

// mqttConnect is what a broker is told first.
type mqttConnect struct {
	clientID, username, password string
	keepAlive                    time.Duration
	willTopic                    string // "" is no will
}

// What is said of a board on its status topic, as Home Assistant has it.
const (
	online  = "online"
	offline = "offline"
)

// mqttLink publishes each row.
type mqttLink struct {
	target *targetRunner
	client *mqttClient
	conn   net.Conn
}

const mqttVersion3 = 3

func (t *targetRunner) dialMQTT(ctx context.Context) (targetLink, error) {
	u, err := url.Parse(t.Address)
	if err != nil {
		return nil, err
	}
	network := sockeye.Network(u.Scheme)
	port := cmp.Or(u.Port(), strconv.Itoa(int(network.DefaultPort())))
	conn, err := t.dialTCP(ctx, net.JoinHostPort(u.Hostname(), port), network.Traits().TLS)
	if err != nil {
		return nil, err
	}
	version := byte(5)
	if t.Version == mqttVersion3 {
		version = 4 // the number that MQTT 3.1.1 has on the wire
	}
	c, err := connectMQTT(ctx, conn, version, t.mqttConnect(u))
	if err != nil {
		conn.Close()
		return nil, mqttFault(t.Address, err)
	}
	l := &mqttLink{t, c, conn}
	if err := l.begin(ctx); err != nil {
		l.close()
		return nil, mqttFault(t.Address, err)
	}
	return l, nil
}

func (t *targetRunner) mqttConnect(u *url.URL) mqttConnect {
	c := mqttConnect{clientID: t.ClientID, username: t.Username, password: t.Password, keepAlive: t.KeepAlive.or(30 * time.Second), willTopic: t.statusTopic()}
	if c.clientID == "" {
		c.clientID = "sockeye-" + t.board.file.Name + "-" + t.Name
	}
	if u.User != nil && c.username == "" {
		c.username = u.User.Username()
		c.password, _ = u.User.Password()
	}
	return c
}

// topic fills in names; a name cannot add a level.
func (t *targetRunner) topic(pattern, sensor string) string {
	return strings.NewReplacer("{name}", t.board.file.Name, "{sensor}", sensor).Replace(pattern)
}

// statusTopic is where a board is said to be online, and by its will offline; "" is
// nowhere.
func (t *targetRunner) statusTopic() string {
	if t.WillTopic == "" && t.HomeAssistant {
		return t.topic(t.Topic, "") + "/status"
	}
	return t.topic(t.WillTopic, "")
}

func mqttFault(target string, err error) error {
	e := sockeye.ErrorOf(err)
	if e.Op != "" {
		return err
	}
	fault := &sockeye.Error{Kind: sockeye.Refused, Op: "connect", Target: shownAddress(target), Message: text("the broker does not take the connection: %v", "代理不接受连接：%v", err)}
	if words := strings.ToLower(err.Error()); strings.Contains(words, "authori") || strings.Contains(words, "password") {
		fault.Kind = sockeye.AccessDenied
		fault.Hint = text("give username and password", "请设置 username 与 password")
	}
	return fault
}

// begin says that the board is there, what it measures, and takes commands.
func (l *mqttLink) begin(ctx context.Context) error {
	t := l.target
	if t.HomeAssistant {
		for n := range t.board.file.Sensors {
			topic, config, err := t.discovery(&t.board.file.Sensors[n])
			if err != nil {
				return err
			}
			if err := l.client.publish(ctx, topic, config, 1, true); err != nil {
				return err
			}
		}
	}
	if topic := t.statusTopic(); topic != "" {
		if err := l.client.publish(ctx, topic, []byte(online), 1, true); err != nil {
			return err
		}
	}
	if t.Commands {
		base := strings.TrimSuffix(t.topic(t.Topic, ""), "/")
		if err := l.client.subscribe(ctx, base+"/command", func(data []byte) {
			t.board.command(string(data[:min(len(data), maxCommand)]), func(answer string) {
				ctx, cancel := context.WithTimeout(context.Background(), t.Timeout.or(10*time.Second))
				defer cancel()
				l.client.publish(ctx, base+"/answer", []byte(answer), 0, false) // a lost connection ends the link anyway
			})
		}); err != nil {
			return err
		}
	}
	return l.client.confirmed(ctx)
}

// discovery is how Home Assistant hears of a sensor (its documentation, "MQTT
// Discovery").
func (t *targetRunner) discovery(s *Sensor) (topic string, config []byte, err error) {
	name := t.board.file.Name
	id := "sockeye_" + name + "_" + s.Name
	unit := s.Unit
	for _, c := range t.board.channels {
		if c.Name == s.Name && unit == "" {
			unit = c.source.Unit()
		}
	}
	config, err = json.Marshal(map[string]any{
		"name": s.Name, "unique_id": id, "object_id": id,
		"state_topic": t.topic(t.Topic, ""), "value_template": "{{ value_json.values." + s.Name + " | default(this.state) }}",
		"unit_of_measurement": unit, "device_class": deviceClass(unit), "state_class": "measurement",
		"availability_topic": t.statusTopic(), "payload_available": online, "payload_not_available": offline,
		"device": map[string]any{"identifiers": []string{"sockeye_" + name}, "name": name, "manufacturer": "Sockeye"},
	})
	return "homeassistant/sensor/" + id + "/config", config, err
}

// deviceClass is Home Assistant's word for what has a unit, or nil.
func deviceClass(unit string) any {
	if class := map[string]string{"°C": "temperature", "V": "voltage", "A": "current", "W": "power", "lx": "illuminance", "dBm": "signal_strength", "kPa": "pressure", "hPa": "pressure"}[unit]; class != "" {
		return class
	}
	return nil
}

func (l *mqttLink) deliver(ctx context.Context, rows []SensorRow) error {
	t := l.target
	for n := range rows {
		if t.Format == ValueOnly {
			for _, v := range rows[n].Values {
				if v.Fresh {
					if err := l.client.publish(ctx, t.topic(t.Topic, v.Name), appendNumber(nil, v.Number), byte(t.QoS), t.Retain); err != nil {
						return err
					}
				}
			}
			continue
		}
		message, err := t.format.append(nil, &rows[n])
		if err != nil {
			return err
		}
		if t.Format != JustFloat && t.Format != Binary && t.Format != Template {
			message = []byte(strings.TrimSuffix(string(message), "\n"))
		}
		if err := l.client.publish(ctx, t.topic(t.Topic, ""), message, byte(t.QoS), t.Retain); err != nil {
			return err
		}
	}
	if t.QoS == 0 {
		return flushUnder(ctx, l.conn)
	}
	return l.client.confirmed(ctx)
}

// flushUnder flushes the session below a connection.
func flushUnder(ctx context.Context, c net.Conn) error {
	if over, ok := c.(*tls.Conn); ok {
		c = over.NetConn()
	}
	return c.(*sessionConn).flush(ctx, true)
}

func (l *mqttLink) lost() <-chan struct{} { return l.client.lost() }

func (l *mqttLink) close() {
	l.client.disconnect()
	l.conn.Close()
}
