package pcapng

import (
	"fmt"
	"strings"
	"unicode"

	"sockeye"
)

// maxComment bounds one comment or name, in bytes.
const maxComment = 2000

// plainText makes a text fit for a comment or a name, which programs show as they
// find it: on one line, without control characters, not too long.
func plainText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
	if len(s) > maxComment {
		s = strings.ToValidUTF8(s[:maxComment], "") + "…"
	}
	return s
}

func sessionComment(s *sockeye.Session) sockeye.Text {
	a := s.Endpoint.Address.String()
	if s.Endpoint.Mode == sockeye.Connect {
		return sockeye.Text{En: "session " + s.ID + " connects to " + a, Zh: "会话 " + s.ID + "：连接 " + a}
	}
	return sockeye.Text{En: "session " + s.ID + " listens on " + a, Zh: "会话 " + s.ID + "：监听 " + a}
}

func aliasComment(p *sockeye.Peer, alias string) sockeye.Text {
	return sockeye.Text{
		En: fmt.Sprintf("peer %d, %s, is called %q", p.ID, p.Remote, alias),
		Zh: fmt.Sprintf("连接对象 %d（%s）的别名是 %q", p.ID, p.Remote, alias)}
}

// eventComment says an event's detail in one sentence or a few, or "".
func eventComment(ev *sockeye.Event, l sockeye.Lang) string {
	d := ev.Detail
	if d == nil {
		return ""
	}
	var say []string
	add := func(en, zh string, args ...any) {
		say = append(say, fmt.Sprintf(sockeye.Text{En: en, Zh: zh}.In(l), args...))
	}
	if len(d.Locals) > 0 {
		all := fmt.Sprint(d.Locals)
		add("bound to %s", "已绑定 %s", all[1:len(all)-1])
	}
	if t, ok := reasonComment(ev.Kind, d.Reason); ok {
		add(t.En, t.Zh)
	}
	if d.Lines != nil && ev.Kind == sockeye.Lines {
		t := d.Lines.Text()
		add("%s", "%s", t.In(l))
	} else if d.Lines != nil {
		add("lines: %s", "信号线：%s", d.Lines)
	}
	if d.Pair != nil {
		t := sockeye.WordPaired.Fill("id", d.Pair.ID, "address", d.Pair.Address)
		add("%s", "%s", t.In(l))
	}
	if d.WebSocket != nil {
		add("WebSocket %s", "WebSocket %s", d.WebSocket.Text().In(l))
	}
	if d.Control != nil {
		add("%s", "%s", d.Control.Text().In(l))
	}
	if d.Close != nil {
		add("%s", "%s", d.Close.Text().In(l))
	}
	if len(d.Attempts) > 1 {
		add("after %d attempts to connect", "尝试连接 %d 次", len(d.Attempts))
	}
	if d.Datagram > 0 {
		add("the datagram had %d bytes, of which %d were received", "数据报共 %d 字节，只收到 %d 字节", d.Datagram, len(ev.Data))
	}
	if e := d.Err; e != nil {
		add("error: %s", "错误：%s", e.In(l))
		if h := e.Hint.In(l); h != "" {
			add("%s", "%s", h)
		}
	}
	switch {
	case d.Unsent > 0 && ev.Kind == sockeye.Left:
		t := sockeye.NeverReached(d.Unsent)
		add(t.En, t.Zh)
	case d.Unsent > 0:
		add("%d bytes were not sent", "%d 字节未发送", d.Unsent)
	}
	if d.Retry > 0 {
		add("trying again in %s", "%s 后重试", d.Retry.Round(1e6))
	}
	if d.Lost != (sockeye.Lost{}) {
		t := sockeye.WordMissing.Fill("events", d.Lost.Events, "bytes", d.Lost.Bytes)
		add(t.En, t.Zh)
	}
	return strings.Join(say, sockeye.Text{En: "; ", Zh: "；"}.In(l))
}

// reasonComment is a reason as a sentence. That one side finished is for all to see
// in the packet.
func reasonComment(k sockeye.EventKind, r sockeye.Reason) (sockeye.Text, bool) {
	if k == sockeye.Finished {
		return sockeye.Text{}, false
	}
	what := sockeye.Text{En: "left: ", Zh: "已离开："}
	if k == sockeye.Ended {
		what = sockeye.Text{En: "session closed: ", Zh: "会话已关闭："}
	}
	t, ok := reasons[r]
	return sockeye.Text{En: what.En + t.En, Zh: what.Zh + t.Zh}, ok
}

// reasons are in words of their own: those of files that are there already.
var reasons = map[sockeye.Reason]sockeye.Text{
	sockeye.ReasonEOF:     {En: "the peer closed the connection", Zh: "对方关闭了连接"},
	sockeye.ReasonReset:   {En: "the peer reset the connection", Zh: "对方重置了连接"},
	sockeye.ReasonTimeout: {En: "the peer stopped answering", Zh: "对方不再应答"},
	sockeye.ReasonLocal:   {En: "closed by us", Zh: "由本方关闭"},
	sockeye.ReasonAborted: {En: "aborted by us", Zh: "由本方中止"},
	sockeye.ReasonIdle:    {En: "nothing crossed for the idle limit", Zh: "空闲超时"},
	sockeye.ReasonLimit:   {En: "made room for a newer peer", Zh: "为新的连接对象让位"},
	sockeye.ReasonError:   {En: "the system failed", Zh: "系统出错"},
}
