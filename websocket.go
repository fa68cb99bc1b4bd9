package sockeye

import (
	"fmt"
	"strings"
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

// ControlFrame is a ping, which was answered, or a pong (RFC 6455 section 5.5); of MQTT
// what a client wants to hear of, or not any more.
type ControlFrame struct {
	Type string `json:"type"` // "ping", "pong", "subscribe" or "unsubscribe"
	Data []byte `json:"data,omitempty"`
	// Topics are the filters of a subscription, "plant/+/temperature".
	Topics []string `json:"topics,omitempty"`
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
