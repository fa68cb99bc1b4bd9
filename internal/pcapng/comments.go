package pcapng

import (
	"fmt"
	"strings"
	"time"
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
	what := sockeye.Text{En: "session " + s.ID + " listens on " + a, Zh: "会话 " + s.ID + "：监听 " + a}
	if s.Endpoint.Mode == sockeye.Connect {
		what = sockeye.Text{En: "session " + s.ID + " connects to " + a, Zh: "会话 " + s.ID + "：连接 " + a}
	}
	if s.Endpoint.Address.Network.Traits().TLS {
		what.En, what.Zh = what.En+"; the bytes are as they were before encryption (TLS)", what.Zh+"；数据为 TLS 加密前的内容"
	}
	if s.Endpoint.Options.TLS.Insecure.Or(false) {
		what.En, what.Zh = what.En+"; the server's certificate was NOT VERIFIED", what.Zh+"；未验证服务器证书"
	}
	return what
}

func faultsComment(session string, faults sockeye.ActiveFaults) sockeye.Text {
	all := strings.Join(faults, "; ")
	return sockeye.Text{
		En: "faults were set in session " + session + " when this segment began: " + all,
		Zh: "本分段开始时会话 " + session + " 已设置故障：" + all}
}

func aliasComment(p *sockeye.Peer, alias string) sockeye.Text {
	return sockeye.Text{
		En: fmt.Sprintf("peer %d, %s, is called %q", p.ID, p.Remote, alias),
		Zh: fmt.Sprintf("连接对象 %d（%s）的别名是 %q", p.ID, p.Remote, alias)}
}

// eventComment says an event's detail in one sentence or a few, or "".
func eventComment(ev *sockeye.Event, l sockeye.Lang) string {
	if ev.Detail == nil {
		return ""
	}
	say := &sentences{language: l}
	say.ofConnection(ev)
	say.ofProtocol(ev)
	say.ofLoss(ev)
	return strings.Join(say.all, sockeye.Text{En: "; ", Zh: "；"}.In(l))
}

// sentences are what a comment says, in one language.
type sentences struct {
	language sockeye.Lang
	all      []string
}

func (s *sentences) add(t sockeye.Text) { s.all = append(s.all, t.In(s.language)) }

func (s *sentences) addf(en, zh string, args ...any) {
	s.all = append(s.all, fmt.Sprintf(sockeye.Text{En: en, Zh: zh}.In(s.language), args...))
}

// ofConnection says where a session is bound, how a peer was reached and why it left.
func (s *sentences) ofConnection(ev *sockeye.Event) {
	d := ev.Detail
	if len(d.Locals) > 0 {
		all := fmt.Sprint(d.Locals)
		s.addf("bound to %s", "已绑定 %s", all[1:len(all)-1])
	}
	if t, ok := reasonComment(ev.Kind, d.Reason); ok {
		s.add(t)
	}
	if d.Lines != nil && ev.Kind == sockeye.Lines {
		s.add(d.Lines.Text())
	} else if d.Lines != nil {
		s.addf("lines: %s", "信号线：%s", d.Lines)
	}
	if d.Pair != nil {
		s.add(sockeye.WordPaired.Fill("id", d.Pair.ID, "address", d.Pair.Address))
	}
	if d.Fault != nil {
		s.add(d.Fault.Text())
	}
	if d.TCP != nil {
		s.add(d.TCP.Text())
	}
	if d.Comment != nil && ev.Kind == sockeye.Commented {
		s.add(d.Comment.Sentence())
	}
}

// ofProtocol says what the protocol of a message told besides its bytes.
func (s *sentences) ofProtocol(ev *sockeye.Event) {
	d := ev.Detail
	if d.WebSocket != nil {
		s.addf("WebSocket %s", "WebSocket %s", d.WebSocket.Text().In(s.language))
	}
	if d.MQTT != nil {
		s.add(d.MQTT.Text())
	}
	if d.Publication != nil {
		s.add(d.Publication.Text())
	}
	if d.Cause != nil {
		s.add(d.Cause.Text())
	}
	if d.TLS != nil && d.TLS.Version != "" {
		s.addf("decrypted from TLS: %s", "由 TLS 解密：%s", d.TLS.Text().In(s.language))
	} else if d.TLS != nil {
		s.addf("our own: %s", "本方：%s", d.TLS.Text().In(s.language))
	}
	if d.Seen != "" {
		s.add(d.Seen.Text())
	}
	if d.Truncated {
		s.add(sockeye.WordTruncated.Fill())
	}
	if d.Control != nil {
		s.add(d.Control.Text())
	}
	if d.Close != nil {
		s.add(d.Close.Text())
	}
	if len(d.Attempts) > 1 {
		s.addf("after %d attempts to connect", "尝试连接 %d 次", len(d.Attempts))
	}
	if d.Datagram > 0 {
		s.addf("the datagram had %d bytes, of which %d were received", "数据报共 %d 字节，只收到 %d 字节", d.Datagram, len(ev.Data))
	}
}

// ofLoss says what failed, what was not sent and what is missing.
func (s *sentences) ofLoss(ev *sockeye.Event) {
	d := ev.Detail
	if e := d.Err; e != nil {
		s.addf("error: %s", "错误：%s", e.In(s.language))
		if h := e.Hint.In(s.language); h != "" {
			s.all = append(s.all, h)
		}
	}
	switch {
	case d.Unsent > 0 && ev.Kind == sockeye.Left:
		s.add(ev.Undelivered())
	case d.Unsent > 0:
		s.addf("%d bytes were not sent", "%d 字节未发送", d.Unsent)
	}
	if d.Retry > 0 {
		s.addf("trying again in %s", "%s 后重试", d.Retry.Round(time.Millisecond))
	}
	if d.Lost != (sockeye.Lost{}) {
		s.add(d.Lost.Missing())
	}
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
