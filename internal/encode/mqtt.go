package encode

import (
	"strconv"
	"strings"

	"sockeye/internal/payload"
)

// The types of packets that a client sends, with the bits that their first byte must have
// (MQTT 5.0 section 2.1).
const (
	mqttConnect     = "16"
	mqttPublish     = "48"
	mqttSubscribe   = "130"
	mqttUnsubscribe = "162"
	mqttPing        = "192"
	mqttDisconnect  = "224"
)

var (
	mqttQoS   = []EncoderChoice{{"0", both("0 at most once", "0 至多一次")}, {"1", both("1 at least once", "1 至少一次")}, {"2", both("2 exactly once", "2 恰好一次")}}
	mqttYesNo = []EncoderChoice{{"no", both("no", "否")}, {"yes", both("yes", "是")}}
)

var mqtt = Encoder{Name: "mqtt", write: mqttPacket, Fields: []EncoderField{
	{Name: "packet", Title: both("Packet", "报文"), Kind: Choice, Default: mqttConnect, Choices: []EncoderChoice{
		{mqttConnect, both("CONNECT", "CONNECT 连接")}, {mqttPublish, both("PUBLISH", "PUBLISH 发布")}, {mqttSubscribe, both("SUBSCRIBE", "SUBSCRIBE 订阅")},
		{mqttUnsubscribe, both("UNSUBSCRIBE", "UNSUBSCRIBE 取消订阅")}, {mqttPing, both("PINGREQ", "PINGREQ 心跳")}, {mqttDisconnect, both("DISCONNECT", "DISCONNECT 断开")}}},
	{Name: "version", Title: both("Version", "版本"), Hint: both("that of CONNECT", "与 CONNECT 一致"), Kind: Choice, Default: "4", Choices: []EncoderChoice{{"4", both("3.1.1", "3.1.1")}, {"5", both("5.0", "5.0")}},
		For: []string{mqttConnect, mqttPublish, mqttSubscribe, mqttUnsubscribe}},
	{Name: "client", Title: both("Client identifier", "客户端标识"), Hint: both("empty: the broker chooses one", "留空由服务器分配"), Kind: Text, Length: 256, Default: "sockeye", Optional: true, For: []string{mqttConnect}},
	{Name: "keep_alive", Title: both("Keep alive, s", "心跳间隔（秒）"), Kind: Number, Most: 0xffff, Default: "60", For: []string{mqttConnect}},
	{Name: "clean", Title: both("Clean session", "清除会话"), Kind: Choice, Default: "yes", Choices: mqttYesNo, For: []string{mqttConnect}},
	{Name: "user", Title: both("User name", "用户名"), Kind: Text, Length: 256, Optional: true, For: []string{mqttConnect}},
	{Name: "password", Title: both("Password", "密码"), Kind: Text, Length: 256, Optional: true, For: []string{mqttConnect}},
	{Name: "will_topic", Title: both("Will topic", "遗嘱主题"), Kind: Text, Length: 1024, Optional: true, For: []string{mqttConnect}},
	{Name: "will", Title: both("Will message", "遗嘱消息"), Kind: Text, Length: 1024, Optional: true, For: []string{mqttConnect}},
	{Name: "topic", Title: both("Topic", "主题"), Kind: Text, Length: 1024, Default: "test", For: []string{mqttPublish}},
	{Name: "topic", Title: both("Topic filter", "主题过滤器"), Hint: both("+ is one level, # all below", "+ 代表一级，# 代表以下各级"), Kind: Text, Length: 1024, Default: "#", For: []string{mqttSubscribe, mqttUnsubscribe}},
	{Name: "message", Title: both("Message", "消息"), Kind: Text, Length: 4096, Optional: true, For: []string{mqttPublish}},
	{Name: "qos", Title: both("QoS", "QoS"), Kind: Choice, Default: "0", Choices: mqttQoS, For: []string{mqttPublish, mqttSubscribe}},
	{Name: "retain", Title: both("Retain", "保留"), Kind: Choice, Default: "no", Choices: mqttYesNo, For: []string{mqttPublish}},
}}

// mqttPacket is a packet (MQTT 3.1.1 and 5.0 section 3). Packet identifiers count.
func mqttPacket(f *form) EncodedRequest {
	first, _ := strconv.Atoi(f.text("packet"))
	var before, after []byte // the packet identifier is between them
	identified := true
	switch f.text("packet") {
	case mqttConnect:
		after, identified = f.mqttConnect(), false
	case mqttPublish:
		qos, _ := strconv.Atoi(f.text("qos"))
		if first |= qos << 1; f.text("retain") == "yes" {
			first |= 1
		}
		f.mqttTopic("topic", "+#")
		before, identified = mqttString(nil, f.text("topic")), qos > 0
		after = append(f.mqttProperties(nil), f.text("message")...)
	case mqttSubscribe:
		f.mqttFilter()
		qos, _ := strconv.Atoi(f.text("qos"))
		after = append(mqttString(f.mqttProperties(nil), f.text("topic")), byte(qos))
	case mqttUnsubscribe:
		f.mqttFilter()
		after = mqttString(f.mqttProperties(nil), f.text("topic"))
	default:
		identified = false
	}
	id, size := "", len(before)+len(after)
	if identified {
		id, size = " {{seq:u16be}}", size+2
	}
	parts := []string{payload.FormatHex(append([]byte{byte(first)}, mqttLength(size)...)), payload.FormatHex(before) + id, payload.FormatHex(after)}
	return EncodedRequest{Text: strings.Join(strings.Fields(strings.Join(parts, " ")), " "), Hex: true}
}

func (f *form) mqttConnect() []byte {
	version, _ := strconv.Atoi(f.text("version"))
	const clean, will, password, user = 2, 4, 0x40, 0x80
	flags := byte(0)
	if f.text("clean") == "yes" {
		flags |= clean
	}
	parts := f.mqttProperties(nil)
	parts = mqttString(parts, f.text("client"))
	if f.text("will_topic") != "" {
		f.mqttTopic("will_topic", "+#")
		flags |= will
		parts = mqttString(mqttString(f.mqttProperties(parts), f.text("will_topic")), f.text("will"))
	} else if f.text("will") != "" {
		f.fault("will_topic", both("it is not filled in", "没有填写"), both("the will message needs a topic", "遗嘱消息需要主题"))
	}
	if f.text("user") != "" {
		flags |= user
		parts = mqttString(parts, f.text("user"))
	}
	if f.text("password") != "" {
		flags |= password
		parts = mqttString(parts, f.text("password"))
		if f.text("user") == "" && version < 5 {
			f.fault("user", both("it is not filled in", "没有填写"), both("before version 5.0 a password needs one", "5.0 之前的版本，密码必须与用户名一起使用"))
		}
	}
	head := append(mqttString(nil, "MQTT"), byte(version), flags)
	return append(append(head, u16(f.number("keep_alive"))...), parts...)
}

// mqttProperties appends the empty list of properties that version 5.0 has.
func (f *form) mqttProperties(b []byte) []byte {
	if f.text("version") == "5" {
		return append(b, 0)
	}
	return b
}

// mqttTopic judges a topic, in which some characters may not be (section 4.7).
func (f *form) mqttTopic(name, odd string) {
	if at := strings.IndexAny(f.text(name), odd+"\x00"); at >= 0 {
		f.fault(name, both("%s may not be in a topic", "主题中不能有 %s", payload.Quote(f.text(name)[at:at+1], 10)), both("only filters have + and #", "只有过滤器可以用 + 和 #"))
	}
}

// mqttFilter judges a filter: its wildcards are a level each, and # is the last.
func (f *form) mqttFilter() {
	f.mqttTopic("topic", "")
	levels := strings.Split(f.text("topic"), "/")
	for n, level := range levels {
		if len(level) > 1 && strings.ContainsAny(level, "+#") || level == "#" && n < len(levels)-1 {
			f.fault("topic", both("%s is no topic filter", "%s 不是主题过滤器", payload.Quote(f.text("topic"), 40)), both("+ and # stand alone between slashes, # at the end: sensors/+/temp, sensors/#", "+ 和 # 各占一级，# 只能在末尾：sensors/+/temp、sensors/#"))
			return
		}
	}
}

// mqttString appends a string with its length before it.
func mqttString(b []byte, text string) []byte { return append(append(b, u16(len(text))...), text...) }

// mqttLength is a length of seven bits a byte, the lowest first (section 1.5.5).
func mqttLength(n int) (b []byte) {
	for ; n > 0x7f; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}
