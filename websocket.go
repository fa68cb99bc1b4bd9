package sockeye

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// MessageType is what a WebSocket message says it holds (RFC 6455 section 5.6).
type MessageType string

// The types of messages.
const (
	TextMessage   MessageType = "text"
	BinaryMessage MessageType = "binary"
)

// WebSocketState is what the handshake of a WebSocket agreed on. Texts in it that came
// from the peer are as they were sent: whoever shows them escapes them.
type WebSocketState struct {
	Path        string `json:"path"`                  // the request target: "/chat?room=1"
	Subprotocol string `json:"subprotocol,omitempty"` // that both sides speak
	Origin      string `json:"origin,omitempty"`      // of the page that connected
	// Headers are the other ones that the other side sent, "User-Agent: curl/8".
	Headers []string `json:"headers,omitempty"`
	// Compressed says that messages may be compressed (permessage-deflate, RFC 7692).
	Compressed bool `json:"compressed,omitempty"`
}

// Text is the state in a line.
func (w *WebSocketState) Text() Text {
	en, zh := []string{w.Path}, []string{w.Path}
	add := func(t Text) { en, zh = append(en, t.En), append(zh, t.Zh) }
	if w.Subprotocol != "" {
		add(WordSubprotocol.Fill("name", w.Subprotocol))
	}
	if w.Origin != "" {
		add(WordOrigin.Fill("origin", w.Origin))
	}
	if w.Compressed {
		add(WordCompressed.Fill())
	}
	return Text{strings.Join(en, ", "), strings.Join(zh, "，")}
}

// CloseStatus is why one side closed a WebSocket (RFC 6455 section 7.4).
type CloseStatus struct {
	Code   int    `json:"code"`
	Reason string `json:"reason,omitempty"` // in the words of who closed
	// ByUs says that the code is ours: the other side gave none.
	ByUs bool `json:"by_us,omitempty"`
}

// Codes of the protocol. 1005 and 1006 are never sent.
const (
	CloseNormal   = 1000
	CloseProtocol = 1002
	CloseNoCode   = 1005
	CloseNoFrame  = 1006
	CloseNotUTF8  = 1007
	CloseTooBig   = 1009
)

// MaxCloseReason is how many bytes the reason of a Close frame may have (RFC 6455 section
// 5.5: 125 with the code).
const MaxCloseReason = 123

// MayCloseWith reports whether a Close frame may have the code (RFC 6455 section 7.4).
func MayCloseWith(code int) bool {
	switch code {
	case 1004, CloseNoCode, CloseNoFrame, 1015:
		return false
	}
	return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
}

// checkClose notes a code that may not be sent, and a reason that does not fit.
func (v *problems) checkClose(o *Options) {
	if c := o.CloseCode; c >= CloseNormal && c <= 4999 && !MayCloseWith(c) {
		v.add("close-code", Text{fmt.Sprintf("%d is no code that may be sent", c), fmt.Sprintf("%d 不是允许发送的关闭码", c)}, Text{"write 1000, 1001 or one of your own from 4000 to 4999", "请写 1000、1001 或 4000 到 4999 之间的自定义码"})
	}
	if len(o.CloseReason) > MaxCloseReason || !utf8.ValidString(o.CloseReason) {
		v.add("close-reason", Text{fmt.Sprintf("%q is longer than %d bytes, or not UTF-8", clip(o.CloseReason), MaxCloseReason), fmt.Sprintf("%q 超过 %d 字节，或不是 UTF-8", clip(o.CloseReason), MaxCloseReason)}, Text{"write a shorter one", "请写短一些"})
	}
}

// ControlFrame is a ping, which was answered, or a pong (RFC 6455 section 5.5); of MQTT
// what a client wants to hear of, or not any more.
type ControlFrame struct {
	Type string `json:"type"` // "ping", "pong", "subscribe" or "unsubscribe"
	Data []byte `json:"data,omitempty"`
	// Topics are the filters of a subscription, "plant/+/temperature".
	Topics []string `json:"topics,omitempty"`
	// RoundTrip is how long after our ping its pong came, in nanoseconds; 0 if it answers none.
	RoundTrip time.Duration `json:"rtt_ns,omitempty"`
}

// Text says what came.
func (c *ControlFrame) Text() Text {
	word := WordPong
	switch c.Type {
	case "ping":
		word = WordPing
	case "subscribe", "unsubscribe":
		what := strings.ToUpper(c.Type) + fmt.Sprintf(" %q", c.Topics) // as MQTT calls the packet
		return Text{what, what}
	}
	if c.RoundTrip > 0 {
		took := c.RoundTrip.Round(10 * time.Microsecond)
		return Text{fmt.Sprintf("pong, %s", took), fmt.Sprintf("pong，%s", took)}
	}
	what := word.Fill()
	if len(c.Data) > 0 {
		what.En, what.Zh = fmt.Sprintf("%s: %q", what.En, c.Data), fmt.Sprintf("%s：%q", what.Zh, c.Data)
	}
	return what
}

// Text is the code with its meaning and the reason.
func (c *CloseStatus) Text() Text {
	meaning := EventWord(fmt.Sprintf("closeCode%d", c.Code)).text()
	if meaning.IsZero() {
		meaning = wordCloseOwn.text()
	}
	t := WordClose.Fill("code", c.Code, "meaning", meaning)
	en, zh := t.En, t.Zh
	if c.Reason != "" {
		en, zh = en+fmt.Sprintf(": %q", c.Reason), zh+fmt.Sprintf("：%q", c.Reason)
	}
	return Text{en, zh}
}

// BrowserLine is what makes a page in a browser a peer of a server, for its console.
func BrowserLine(url string) string { return WordBrowserLine.Fill("url", url).En }
