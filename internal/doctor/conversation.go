package doctor

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sockeye"
	"sockeye/internal/payload"
)

// The causes that a session's own events tell.
const (
	CauseNoPeer        = "no-peer"
	CauseBothWait      = "both-wait"
	CauseBothEcho      = "both-echo"
	CauseNoLineEnd     = "line-ending-missing"
	CauseOtherCharset  = "other-charset"
	echoesEnough       = 8 // the same bytes back and forth so often are no conversation
	patienceForAnswers = 3 * time.Second
)

// SessionFacts is what a session has of its peers and of what was said.
type SessionFacts struct {
	Network sockeye.Network
	Listens bool
	// At is the one address that a server waits on, "" if it waits on all of this machine's.
	At      string
	Age     time.Duration // since it was opened
	Silence time.Duration // since anything was sent or received
	Peers   []sockeye.PeerStatus
	// Said are the latest messages, the newest last.
	Said []Transfer
}

// Transfer is what one event carried.
type Transfer struct {
	Received bool
	Data     []byte
}

// AddConversation puts what a session tells before what was found on the way.
func (d *Diagnosis) AddConversation(list []Finding) {
	d.Findings = append(list, d.Findings...)
	if n := slices.IndexFunc(list, func(f Finding) bool { return f.Verdict == Wrong }); n >= 0 && d.Cause == nil {
		cause := list[n]
		d.Cause = &cause
	}
}

// DiagnoseSession judges a conversation that there is. The first finding that is wrong is
// the likeliest cause.
func DiagnoseSession(c SessionFacts) []Finding {
	var list []Finding
	for _, p := range c.Peers {
		if found, said := checkPeer(p); said {
			list = append(list, found)
		}
	}
	for _, check := range []func(SessionFacts) (Finding, bool){checkRole, checkEcho, checkCharset, checkLineEnd, checkWaiting} {
		if found, said := check(c); said {
			list = append(list, found)
		}
	}
	if len(list) == 0 {
		list = append(list, fine(CheckConversation, say("the conversation shows nothing unusual", "通信没有异常")))
	}
	return list
}

// checkPeer judges what TCP does for a peer.
func checkPeer(p sockeye.PeerStatus) (Finding, bool) {
	limit, text := p.Limit()
	switch {
	case p.NotReadingFor > 0:
		return wrong(CheckConversation, CausePeerNotReading, StationPort, text,
			say("the program there has to read what it was sent", "那里的程序需要读取收到的数据"), p.Remote.String()), true
	case limit == sockeye.LimitNetwork && p.TCP.Backoff >= 2 && p.Unsent > 0:
		return wrong(CheckConversation, CauseDeadPeer, StationNetwork, text,
			say("check the other machine's cable and power, then connect again", "请检查对方的网线和电源，然后重新连接"), p.Remote.String()), true
	case limit == sockeye.LimitNetwork:
		return unknown(CheckConversation, text, say("move nearer to the access point, or use a cable", "请靠近无线路由器，或使用网线"), p.Remote.String()), true
	}
	return Finding{}, false
}

// checkRole judges a server that nobody has come to.
func checkRole(c SessionFacts) (Finding, bool) {
	if !c.Listens || len(c.Peers) > 0 || len(c.Said) > 0 || c.Age < patienceForAnswers {
		return Finding{}, false
	}
	next := say("one side has to connect, to an address of this machine, which this lists: sockeye addrs", "必须有一方发起连接，目标是本机地址；查看本机地址：sockeye addrs")
	if c.At != "" {
		next = say("one side has to connect, to this address alone: sockeye connect %s", "必须有一方发起连接，且只能连接这个地址：sockeye connect %s", c.At)
	}
	return wrong(CheckConversation, CauseNoPeer, StationNetwork,
		say("this side listens, and nobody has connected: does the other side listen, too?", "本方在监听，但没有人连接：对方是否也在监听？"), next), true
}

// checkEcho judges whether the same bytes go back and forth.
func checkEcho(c SessionFacts) (Finding, bool) {
	same := 0
	for n := 1; n < len(c.Said); n++ {
		a, b := c.Said[n-1], c.Said[n]
		if a.Received != b.Received && len(a.Data) > 0 && bytes.Equal(a.Data, b.Data) {
			same++
		} else {
			same = 0
		}
	}
	if same < echoesEnough {
		return Finding{}, false
	}
	return wrong(CheckConversation, CauseBothEcho, StationProgram,
		say("both sides echo: the same bytes go back and forth without end", "双方都在回显：同样的字节来回传递，没有尽头"),
		say("let one side answer only: leave --echo out here, or there", "只让一方应答：请在这里或那里去掉 --echo")), true
}

// checkCharset judges whether received text is of another charset than UTF-8.
func checkCharset(c SessionFacts) (Finding, bool) {
	var all []byte
	for _, m := range c.Said {
		if m.Received {
			all = append(all, m.Data...)
		}
	}
	if payload.Choose("", all) != payload.GBK || !isText(all) {
		return Finding{}, false
	}
	return wrong(CheckConversation, CauseOtherCharset, StationProgram,
		say("the text that came is not UTF-8; it looks like GBK", "收到的文本不是 UTF-8，看起来是 GBK"),
		say("show it so: --charset gbk", "请这样显示：--charset gbk")), true
}

// isText says that bytes are characters of UTF-8 or GBK, and of the controls only those that
// text has: what a machine says in binary is neither of a charset nor of lines.
func isText(b []byte) bool {
	if bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", r) || r == 0x7f }) {
		return false
	}
	return utf8.Valid(b) || payload.Choose("", b) == payload.GBK
}

// checkLineEnd judges whether an answer may be missing because no line was ended: of text on a
// stream, where nothing else ends a message.
func checkLineEnd(c SessionFacts) (Finding, bool) {
	sent, ended := 0, false
	if t := c.Network.Traits(); t.Datagram || t.Messages {
		return Finding{}, false
	}
	for _, m := range c.Said {
		if m.Received {
			return Finding{}, false
		}
		sent++
		ended = ended || bytes.ContainsAny(m.Data, "\r\n") || !isText(m.Data)
	}
	if sent == 0 || ended || c.Silence < patienceForAnswers {
		return Finding{}, false
	}
	return wrong(CheckConversation, CauseNoLineEnd, StationProgram,
		say("nothing came back, and nothing that was sent ends a line: the other side may wait for the line to end", "没有收到任何应答，而已发送的内容没有行结束符：对方可能在等一行结束"),
		say(`send a line end, too: \n, or \r\n with --crlf`, `请同时发送行结束符：\n，或用 --crlf 发送 \r\n`)), true
}

// checkWaiting judges whether each side waits for the other one to begin.
func checkWaiting(c SessionFacts) (Finding, bool) {
	if len(c.Peers) == 0 || len(c.Said) > 0 || c.Silence < patienceForAnswers {
		return Finding{}, false
	}
	return wrong(CheckConversation, CauseBothWait, StationProgram,
		say("connected, and neither side has sent anything: both wait for the other one to begin", "已连接，但双方都没有发送：都在等对方先开始"),
		say("send something from here, a line for example", "请先从这里发送内容，例如一行文字")), true
}
