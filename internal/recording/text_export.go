package recording

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"sockeye"
	"sockeye/internal/payload"
)

// WriteText writes the events that m wants as lines that a person reads: local
// time, direction, peer, and the bytes as text, safe for any terminal. Characters
// that were split between events of a stream are put together.
func WriteText(ctx context.Context, from EventSource, m *EventMatcher, w io.Writer, l sockeye.Lang) error {
	out := bufio.NewWriterSize(w, batch)
	t := textWriter{lang: l, rows: payload.Rows[flowKey]{Out: out}}
	err := Each(ctx, from, m, t.write)
	t.rows.SettleAll()
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	return err
}

// textWriter is the state of WriteText.
type textWriter struct {
	lang sockeye.Lang
	rows payload.Rows[flowKey]
	buf  []byte
}

func (t *textWriter) write(e *sockeye.Event) error {
	if err := t.event(e); err != nil || e.Detail == nil || e.Detail.Comment == nil || e.Kind == sockeye.Commented {
		return err
	}
	below := sockeye.Event{Time: e.Time, Kind: sockeye.Commented, Session: e.Session, Peer: e.Peer, Detail: &sockeye.Detail{Comment: e.Detail.Comment}}
	return t.event(&below)
}

func (t *textWriter) event(e *sockeye.Event) (err error) {
	t.buf = t.appendHead(t.buf[:0], e)
	if e.Kind == sockeye.Received || e.Kind == sockeye.Sent {
		t.buf, err = t.rows.Piece(flowKey{e.Peer, e.Kind}, t.buf, e.Data, nil, e.Peer == nil || e.Peer.Network.Traits().Bounded())
		return err
	}
	if e.Kind == sockeye.Left && e.Peer != nil {
		t.rows.End(flowKey{e.Peer, sockeye.Received})
		t.rows.End(flowKey{e.Peer, sockeye.Sent})
	}
	t.buf = append(t.appendNews(t.buf, e), '\n')
	return t.rows.Line(t.buf)
}

// appendHead appends what every line begins with.
func (t *textWriter) appendHead(dst []byte, e *sockeye.Event) []byte {
	dst = e.Time.Local().AppendFormat(dst, "2006-01-02 15:04:05.000000  ")
	mark := map[sockeye.EventKind]string{sockeye.Received: "←", sockeye.Sent: "→"}[e.Kind]
	if mark == "" {
		mark = e.Kind.String()
	}
	dst = append(append(dst, mark...), ' ')
	if p := e.Peer; p != nil {
		dst = fmt.Appendf(dst, "#%d %s", p.ID, p.Remote)
		if alias := p.Alias(); alias != "" {
			dst = fmt.Appendf(dst, " (%s)", payload.SafeString(alias))
		}
		dst = append(dst, "  "...)
	} else if e.Session != nil {
		dst = append(append(dst, e.Session.ID...), ' ')
	}
	return dst
}

// appendNews appends what an event without data says.
func (t *textWriter) appendNews(dst []byte, e *sockeye.Event) []byte {
	switch {
	case e.Detail != nil && e.Detail.Err != nil:
		dst = append(dst, payload.SafeString(e.Detail.Err.In(t.lang))...)
	case e.Kind == sockeye.Gap && e.Detail != nil:
		dst = append(dst, e.Detail.Lost.Missing().In(t.lang)...)
	case e.Kind == sockeye.Commented && e.Detail != nil && e.Detail.Comment != nil:
		dst = append(dst, payload.SafeString(e.Detail.Comment.Sentence().In(t.lang))...)
	case e.Detail != nil && e.Detail.Reason != "":
		dst = append(dst, e.Detail.Reason...)
	}
	return dst
}

// WriteBytes writes the data of the events that m wants, and nothing between.
func WriteBytes(ctx context.Context, from EventSource, m *EventMatcher, w io.Writer) error {
	out := bufio.NewWriterSize(w, batch)
	err := Each(ctx, from, m, func(e *sockeye.Event) error {
		_, err := out.Write(e.Data)
		return err
	})
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	return err
}

// WriteJSON writes the events that m wants as lines of --json.
func WriteJSON(ctx context.Context, from EventSource, m *EventMatcher, w io.Writer, l sockeye.Lang) error {
	out := bufio.NewWriterSize(w, batch)
	var buf []byte
	err := Each(ctx, from, m, func(e *sockeye.Event) error {
		buf = append(e.AppendJSON(buf[:0], l), '\n')
		_, err := out.Write(buf)
		return err
	})
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	return err
}
