package terminal

import (
	"sockeye"
	"sockeye/internal/payload"
)

// appendTopic appends the topic of a published message.
func appendTopic(dst []byte, e sockeye.Event) []byte {
	if e.Detail == nil || e.Detail.Publication == nil {
		return dst
	}
	return append(append(dst, payload.SafeString(e.Detail.Publication.Topic)...), "  "...)
}

// describeMQTT says who connected to a broker.
func (a *Terminal) describeMQTT(d *sockeye.Detail) string {
	if d.MQTT == nil {
		return ""
	}
	return a.T(": ", "：") + d.MQTT.Text().In(a.Lang)
}
