package sockeye

import (
	"fmt"
	"strconv"
	"strings"
)

// MQTTState is what a client of a broker said when it connected (MQTT 5.0 section 3.1).
// Texts in it are as they were sent: whoever shows them escapes them.
type MQTTState struct {
	Client  string `json:"client"`         // identifier
	User    string `json:"user,omitempty"` // name
	Version string `json:"version"`        // "3.1", "3.1.1", "5"
	// KeepAlive is how many seconds the client may be silent, one and a half times; 0 is
	// for ever.
	KeepAlive int `json:"keep_alive,omitempty"`
	// Clean says that the client wants no session of earlier.
	Clean bool `json:"clean,omitempty"`
	// Will is the topic of what is published for the client when it is lost.
	Will string `json:"will,omitempty"`
}

// Text is the state in a line.
func (m *MQTTState) Text() Text {
	who := fmt.Sprintf("%q, MQTT %s", m.Client, m.Version)
	en, zh := []string{who}, []string{who}
	add := func(t Text) { en, zh = append(en, t.En), append(zh, t.Zh) }
	if m.User != "" {
		add(Text{fmt.Sprintf("user %q", m.User), fmt.Sprintf("用户 %q", m.User)})
	}
	if m.KeepAlive > 0 {
		add(Text{fmt.Sprintf("keep-alive %d s", m.KeepAlive), fmt.Sprintf("保活 %d 秒", m.KeepAlive)})
	}
	if m.Will != "" {
		add(Text{fmt.Sprintf("will on %q", m.Will), fmt.Sprintf("遗嘱主题 %q", m.Will)})
	}
	return Text{strings.Join(en, ", "), strings.Join(zh, "，")}
}

// Publication is what a published message says besides its bytes (MQTT 5.0 section 3.3).
type Publication struct {
	Topic  string `json:"topic"`
	QoS    int    `json:"qos,omitempty"` // 0, 1 or 2
	Retain bool   `json:"retain,omitempty"`
	// Duplicate says that it was perhaps sent before.
	Duplicate bool `json:"duplicate,omitempty"`
	// ResponseTopic is where an answer is wanted, and ContentType what the bytes are; in
	// version 5 only.
	ResponseTopic string `json:"response_topic,omitempty"`
	ContentType   string `json:"content_type,omitempty"`
}

// Text is the topic, with what is not usual.
func (p *Publication) Text() Text {
	t := Text{fmt.Sprintf("topic %q", p.Topic), fmt.Sprintf("主题 %q", p.Topic)}
	if p.QoS > 0 {
		t = Text{t.En + ", QoS " + strconv.Itoa(p.QoS), t.Zh + "，QoS " + strconv.Itoa(p.QoS)}
	}
	if p.Retain {
		t = Text{t.En + ", retained", t.Zh + "，保留消息"}
	}
	return t
}

// CheckTopic says what is wrong with the name of a topic to publish on; the zero Text if
// nothing is (MQTT 5.0 section 4.7).
func CheckTopic(topic string) Text {
	switch {
	case topic == "" || len(topic) > 65535:
		return Text{"a topic has 1 to 65535 bytes", "主题应为 1 到 65535 字节"}
	case strings.ContainsAny(topic, "+#"):
		return Text{"+ and # are for subscriptions: one publishes on one topic", "+ 和 # 只用于订阅，发布时须写出完整主题"}
	case strings.ContainsRune(topic, 0) || strings.ToValidUTF8(topic, "") != topic:
		return Text{"a topic is UTF-8 without NUL", "主题必须是不含 NUL 的 UTF-8"}
	case strings.HasPrefix(topic, "$"):
		return Text{"topics that begin with $ are the broker's own", "以 $ 开头的主题由代理自己使用"}
	}
	return Text{}
}
