package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/api"
)

// A message of the stream holds consecutive events of one session of one board: a line of
// JSON each, as --json prints them. Its headers say which ones, and what the session is.
const (
	headerFirst    = "Sockeye-First"    // number of the first event
	headerLast     = "Sockeye-Last"     // number of the last; a gap stands for many
	headerEndpoint = "Sockeye-Endpoint" // "listen tcp://:10000"
	headerVersion  = "Sockeye-Version"  // of this format: "1"
	headerInstance = "Sockeye-Instance" // of the program that published it
)

const formatVersion = "1"

// The bounds of one message: less than a NATS server takes (1 MiB), with one event of the
// most bytes that a read has. An event alone may be larger.
const (
	batchBytes  = 256 << 10
	batchEvents = 1000
)

// eventBatch is a message being made.
type eventBatch struct {
	session     *sockeye.Session
	first, last uint64
	at          time.Time // of the last event
	text        []byte
	events      int
}

// add takes the event, unless it belongs into another message.
func (b *eventBatch) add(e *sockeye.Event) bool {
	if b.events > 0 && (e.Session != b.session || b.events == batchEvents || len(b.text)+2*len(e.Data) > batchBytes) {
		return false
	}
	if b.events == 0 {
		b.session, b.first = e.Session, e.Seq
	}
	b.text = append(e.AppendJSON(b.text, sockeye.English), '\n')
	b.last, b.at = e.NextSeq()-1, e.Time
	b.events++
	return true
}

func (b *eventBatch) reset() { *b = eventBatch{text: b.text[:0]} }

// sessionID is the name of the session of the events.
func (b *eventBatch) sessionID() string {
	if b.session == nil {
		return ""
	}
	return b.session.ID
}

// header are the headers of the message.
func (b *eventBatch) header() map[string][]string {
	h := map[string][]string{
		headerVersion: {formatVersion},
		headerFirst:   {strconv.FormatUint(b.first, 10)},
		headerLast:    {strconv.FormatUint(b.last, 10)},
	}
	if b.session != nil {
		h[headerEndpoint] = []string{string(b.session.Endpoint.Mode) + " " + b.session.Endpoint.Address.String()}
	}
	return h
}

// number is that of a header, 0 if it is none.
func number(h map[string][]string, name string) uint64 {
	n, _ := strconv.ParseUint(http.Header(h).Get(name), 10, 64)
	return n
}

// MessageDecoder makes events of the messages of one board, as an api.EventDecoder does. It belongs
// to one goroutine.
type MessageDecoder struct {
	events *api.EventDecoder
	// endpoint is that of the message being read, whose events are of one session.
	endpoint sockeye.Endpoint
}

// NewMessageDecoder makes a decoder for one board.
func NewMessageDecoder() *MessageDecoder {
	d := &MessageDecoder{}
	d.events = api.NewEventDecoderOf(func(context.Context, string) (sockeye.Endpoint, bool) { return d.endpoint, true })
	return d
}

// Events are the events of a message. What cannot be read is an error, with the events
// before it.
func (d *MessageDecoder) Events(header map[string][]string, data []byte) (events []sockeye.Event, err error) {
	if IsCopied(header) {
		return nil, copiedMessage()
	}
	if v := http.Header(header).Get(headerVersion); v != formatVersion {
		return nil, &sockeye.Error{Kind: sockeye.Unsupported, Op: "read", Target: "hub",
			Message: sockeye.Text{En: fmt.Sprintf("events in format %.20q, this program reads %s", v, formatVersion), Zh: fmt.Sprintf("事件格式为 %.20q，本程序只能读取 %s", v, formatVersion)},
			Hint:    sockeye.Text{En: "a newer Sockeye reads them", Zh: "请使用更新版本的 Sockeye"}}
	}
	mode, address, _ := strings.Cut(http.Header(header).Get(headerEndpoint), " ")
	d.endpoint = sockeye.Endpoint{Mode: sockeye.Mode(mode)}
	d.endpoint.Address, _ = sockeye.ParseAddress(address)
	for line := range bytes.Lines(data) {
		var l api.EventLine
		if err := json.Unmarshal(line, &l); err != nil {
			return events, notAnEvent(err)
		}
		e := d.events.Event(context.Background(), &l)
		if !whole(&e) {
			return events, notAnEvent(nil)
		}
		events = append(events, e)
	}
	return events, nil
}

func notAnEvent(err error) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: "hub", Err: err,
		Message: sockeye.Text{En: "a line of a message is no event", Zh: "消息中有一行不是事件"},
		Hint:    sockeye.Text{En: "who has the board's key has put it there: sockeye hub revoke", Zh: "由持有该开发板密钥的程序写入：可用 sockeye hub revoke 吊销"}}
}

func copiedMessage() error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: "hub",
		Message: sockeye.Text{En: "a message among the events of this board is a copy of another one, and none of the board's", Zh: "此开发板的事件中有一条是其他消息的副本，并非由该开发板发布"},
		Hint:    sockeye.Text{En: "it is left out; somebody who is let in has put it there: the servers' log has the time, sockeye hub revoke ends a key", Zh: "已略过；由某个获准连接的程序写入：请查看该时间的服务器日志，并用 sockeye hub revoke 吊销其密钥"}}
}

// whole reports whether an event has what its kind always has: whoever has a board's key
// writes what he likes.
func whole(e *sockeye.Event) bool {
	switch e.Kind {
	case sockeye.Gap:
		return e.Detail != nil && e.Detail.Lost.Events < 1<<62 && e.Seq < 1<<62
	case sockeye.Failed:
		return e.Detail != nil && e.Detail.Err != nil
	case sockeye.Opened, sockeye.Ended:
		return e.Session != nil
	case sockeye.Commented:
		return e.Session != nil && e.Detail != nil && e.Detail.Comment != nil
	}
	return e.Kind.String() != "" && e.Session != nil && e.Peer != nil
}
