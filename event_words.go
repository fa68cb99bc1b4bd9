package sockeye

import (
	"fmt"
	"strings"
)

// EventWord names a sentence about events. The terminal, recordings and the page say
// the same ones: this is their only table, and the page's is generated from it.
type EventWord string

// The sentences. What is in braces is filled in.
const (
	WordListening     EventWord = "eventListening"
	WordConnecting    EventWord = "eventConnecting"
	WordConnectedFrom EventWord = "eventConnectedFrom"
	WordConnectedTo   EventWord = "eventConnectedTo"
	WordJoined        EventWord = "eventJoined"
	WordTheyFinished  EventWord = "eventTheyFinished"
	WordWeFinished    EventWord = "eventWeFinished"
	WordLeft          EventWord = "eventLeft"
	WordClosed        EventWord = "eventClosed"
	WordClosedBecause EventWord = "eventClosedBecause"
	WordRetry         EventWord = "eventRetry"
	WordMissing       EventWord = "eventMissing"
	WordMissing1      EventWord = "eventMissingOne"
	WordMissingBytes  EventWord = "eventMissingBytes"
	WordNeverReached  EventWord = "eventNeverReached"
	WordNeverReached1 EventWord = "eventNeverReachedOne"

	WordNotAcknowledged  EventWord = "eventNotAcknowledged"
	WordNotAcknowledged1 EventWord = "eventNotAcknowledgedOne"

	WordUDPSending     EventWord = "udpSending"
	WordUDPWillSend    EventWord = "udpWillSend"
	WordUDPFirst       EventWord = "udpFirst"
	WordOnInterface    EventWord = "onInterface"
	WordUDPDestination EventWord = "udpDestination"
	WordUDPLeft        EventWord = "udpLeft"
	WordUDPClosedHere  EventWord = "udpClosedHere"
	WordUDPIdle        EventWord = "udpIdle"
	WordUDPIdleFor     EventWord = "udpIdleFor"
	WordPortOpened     EventWord = "eventPortOpened"
	WordPortThere      EventWord = "eventPortThere"
	WordPortThereLines EventWord = "eventPortThereLines"
	WordLines          EventWord = "eventLines"
	WordPaired         EventWord = "eventPaired"
	WordByRule         EventWord = "causeRule"
	WordByList         EventWord = "causeList"
	WordByRow          EventWord = "causeRow"
	WordByFile         EventWord = "causeFile"
	WordSubprotocol    EventWord = "wsSubprotocol"
	WordOrigin         EventWord = "wsOrigin"
	WordCompressed     EventWord = "wsCompressed"
	WordPing           EventWord = "wsPing"
	WordPong           EventWord = "wsPong"
	WordClose          EventWord = "wsClose"
	WordForBrowser     EventWord = "wsForBrowser"
	WordBrowserLine    EventWord = "wsBrowserLine"
	wordCloseOwn       EventWord = "closeCodeOwn"
	WordServerName     EventWord = "tlsServerName"
	WordALPN           EventWord = "tlsALPN"
	WordResumed        EventWord = "tlsResumed"
	WordCertificate    EventWord = "tlsCertificate"
	WordUnverified     EventWord = "tlsUnverified"
	WordTruncated      EventWord = "tlsTruncated"
)

// EventSentence is a row of the table.
type EventSentence struct {
	Word EventWord
	Text
}

var eventSentences = []EventSentence{
	{WordListening, Text{"listening on {address}", "正在监听 {address}"}},
	{WordConnecting, Text{"connecting to {address}", "正在连接 {address}"}},
	{WordConnectedFrom, Text{"connected from {local}", "已从 {local} 连接"}},
	{WordConnectedTo, Text{"connected to {address} from {local}", "已从 {local} 连接到 {address}"}},
	{WordJoined, Text{"joined", "已连接"}},
	{WordTheyFinished, Text{"finished sending (FIN), it may still read", "对方已结束发送（FIN），仍可能接收"}},
	{WordWeFinished, Text{"we finished sending (FIN)", "本方已结束发送（FIN）"}},
	{WordLeft, Text{"left: {reason}", "已断开：{reason}"}},
	{WordClosed, Text{"closed", "已关闭"}},
	{WordClosedBecause, Text{"closed: {reason}", "已关闭：{reason}"}},
	{WordRetry, Text{"next try in {time}", "{time} 后重试"}},
	{WordMissing, Text{"{events} events with {bytes} bytes are missing here", "此处缺少 {events} 个事件，共 {bytes} 字节"}},
	{WordMissing1, Text{"1 event with {bytes} bytes is missing here", "此处缺少 1 个事件，共 {bytes} 字节"}},
	{WordMissingBytes, Text{"{bytes} bytes are missing here", "此处缺少 {bytes} 字节"}},
	{WordNeverReached, Text{"{n} bytes never reached it", "{n} 字节未送达"}},
	{WordNeverReached1, Text{"1 byte never reached it", "1 字节未送达"}},
	{WordNotAcknowledged, Text{"{n} bytes were not acknowledged yet", "{n} 字节尚未确认"}},
	{WordNotAcknowledged1, Text{"1 byte was not acknowledged yet", "1 字节尚未确认"}},

	// UDP knows no connections.
	{WordUDPSending, Text{"sending to {address} from {local}", "发往 {address}，本方 {local}"}},
	{WordUDPWillSend, Text{"will send to {address}", "将发往 {address}"}},
	{WordOnInterface, Text{" (on {name})", "（网卡 {name}）"}},
	{WordUDPFirst, Text{"first datagram from {peer}", "收到 {peer} 的第一个数据报"}},
	{WordUDPDestination, Text{"destination of what is sent; nothing has come from it yet", "发送目标，尚未收到它的数据报"}},
	{WordUDPLeft, Text{"left: {reason}", "已移除：{reason}"}},
	{WordUDPClosedHere, Text{"closed here; UDP does not tell the peer", "本方关闭；UDP 不会通知对方"}},
	{WordUDPIdle, Text{"no datagram for too long", "长时间没有数据报"}},
	{WordUDPIdleFor, Text{"no datagram for {time}", "{time}内没有数据报"}},

	// A serial port is opened and closed; nobody connects.
	{WordPortOpened, Text{"{address} is open, {settings}", "已打开 {address}，{settings}"}},
	{WordPortThere, Text{"the port is there", "串口已就绪"}},
	{WordPortThereLines, Text{"the port is there; lines that are on: {lines}", "串口已就绪；有效的信号线：{lines}"}},
	{WordLines, Text{"lines: {what}", "信号线：{what}"}},

	{WordPaired, Text{"relayed by #{id}, {address}", "由 #{id} {address} 转发"}},

	// Why a message was sent; see Cause.
	{WordByRule, Text{"by rule {name}", "规则 {name}"}},
	{WordByList, Text{"{name} row {row}", "{name} 第 {row} 行"}},
	{WordByRow, Text{"list row {row}", "列表第 {row} 行"}},
	{WordByFile, Text{"from file {name}", "文件 {name}"}},

	// WebSocket. The meanings of codes are those of RFC 6455 section 7.4.1 and of IANA.
	{WordSubprotocol, Text{"subprotocol {name}", "子协议 {name}"}},
	{WordOrigin, Text{"from a page of {origin}", "来自 {origin} 的页面"}},
	{WordCompressed, Text{"compressed (permessage-deflate)", "压缩（permessage-deflate）"}},
	{WordPing, Text{"ping, answered with pong", "ping，已应答 pong"}},
	{WordPong, Text{"pong", "pong"}},
	{WordClose, Text{"close code {code}, {meaning}", "关闭码 {code}，{meaning}"}},
	{WordForBrowser, Text{"in the console of a browser: {line}", "在浏览器控制台中：{line}"}},
	{WordBrowserLine, Text{`ws = new WebSocket("{url}"); ws.onmessage = e => console.log(e.data)`, `ws = new WebSocket("{url}"); ws.onmessage = e => console.log(e.data)`}},
	{"closeCode1000", Text{"normal closure", "正常关闭"}},
	{"closeCode1001", Text{"going away", "对方离开"}},
	{"closeCode1002", Text{"protocol error", "协议错误"}},
	{"closeCode1003", Text{"a type of message that is not accepted", "不接受的消息类型"}},
	{"closeCode1005", Text{"no code was given", "未给出关闭码"}},
	{"closeCode1006", Text{"the connection ended without a Close frame", "连接中断，没有 Close 帧"}},
	{"closeCode1007", Text{"text that is not UTF-8", "文本不是 UTF-8"}},
	{"closeCode1008", Text{"against the policy", "违反策略"}},
	{"closeCode1009", Text{"a message is too big", "消息过大"}},
	{"closeCode1010", Text{"an extension is missing", "缺少扩展"}},
	{"closeCode1011", Text{"an internal error", "内部错误"}},
	{"closeCode1012", Text{"the service restarts", "服务重启"}},
	{"closeCode1013", Text{"try again later", "请稍后重试"}},
	{"closeCode1014", Text{"bad gateway", "网关错误"}},
	{wordCloseOwn, Text{"a code of the application", "应用自定义"}},

	// TLS.
	{WordServerName, Text{"for {name}", "名称 {name}"}},
	{WordALPN, Text{"ALPN {name}", "ALPN {name}"}},
	{WordResumed, Text{"resumed", "会话恢复"}},
	{WordCertificate, Text{"certificate of {subject}, by {issuer}, valid until {until}", "证书 {subject}，由 {issuer} 签发，有效期至 {until}"}},
	{WordUnverified, Text{"NOT VERIFIED", "未验证"}},
	{WordTruncated, Text{"without close_notify: the end may have been cut off", "没有 close_notify，末尾可能被截断"}},

	// What the first bytes of a plain TCP connection look like: one for each SeenProtocol.
	{"seen_tls", Text{"this looks like TLS: the client wants a server on tls://, wss:// or https://", "看起来是 TLS：客户端需要 tls://、wss:// 或 https:// 服务"}},
	{"seen_alert", Text{"this is a TLS alert: the server speaks TLS, so connect with tls:// or wss://", "这是 TLS 告警：服务器使用 TLS，请用 tls:// 或 wss:// 连接"}},
	{"seen_http", Text{"this looks like HTTP: a browser, curl, or a WebSocket client that wants ws://", "看起来是 HTTP：浏览器、curl，或需要 ws:// 的 WebSocket 客户端"}},
	{"seen_websocket", Text{"this client asks for a WebSocket: listen on ws://", "客户端请求 WebSocket：请监听 ws://"}},
	{"seen_ssh", Text{"this looks like SSH: an ssh program is at the other end", "看起来是 SSH：对端是 ssh 程序"}},

	// Why a peer left: one for each Reason.
	{reasonWord(ReasonEOF), Text{"the peer closed (FIN)", "对方关闭（FIN）"}},
	{reasonWord(ReasonReset), Text{"the peer reset the connection (RST); bytes under way may be lost", "对方重置（RST），在途数据可能丢失"}},
	{reasonWord(ReasonTimeout), Text{"the peer stopped answering", "对方不再应答"}},
	{reasonWord(ReasonLocal), Text{"closed here (FIN)", "本方关闭（FIN）"}},
	{reasonWord(ReasonAborted), Text{"aborted here (RST)", "本方中止（RST）"}},
	{reasonWord(ReasonIdle), Text{"idle for too long", "空闲超时"}},
	{reasonWord(ReasonLimit), Text{"made room for a newer peer", "为新的连接对象让位"}},
	{reasonWord(ReasonError), Text{"an error", "出错"}},
	{reasonWord(ReasonUnplugged), Text{"the port is gone: unplugged, or the program at its other end closed it", "串口已消失：被拔出，或另一端的程序已关闭"}},

	// The same of sockets that are not of IP, which send no segments; see On.
	{WordConnectedFrom + plain, Text{"connected to {address}", "已连接 {address}"}},
	{WordTheyFinished + plain, Text{"finished sending, it may still read", "对方已结束发送，仍可能接收"}},
	{WordWeFinished + plain, Text{"we finished sending", "本方已结束发送"}},
	{WordUDPClosedHere + plain, Text{"closed here; a datagram socket does not tell the peer", "本方关闭；数据报套接字不会通知对方"}},
	{reasonWord(ReasonEOF) + plain, Text{"the peer closed", "对方关闭"}},
	{reasonWord(ReasonReset) + plain, Text{"the peer broke the connection off; bytes under way may be lost", "对方中断了连接，在途数据可能丢失"}},
	{reasonWord(ReasonLocal) + plain, Text{"closed here", "本方关闭"}},
	{reasonWord(ReasonAborted) + plain, Text{"aborted here", "本方中止"}},
}

// plain marks the sentence of a word that does not speak of TCP or UDP.
const plain = "Plain"

// On is the word for sockets of a network: without FIN, RST and UDP where there are none.
func (w EventWord) On(n Network) EventWord {
	if n.Traits().IP && !n.Traits().Messages || (w+plain).text() == (Text{}) {
		return w
	}
	return w + plain
}

// EventSentences are all of them, in the order of the table.
func EventSentences() []EventSentence { return eventSentences }

func reasonWord(r Reason) EventWord {
	return EventWord("reason" + strings.ToUpper(string(r[:1])) + string(r[1:]))
}

// On is the reason as a sentence, for a peer of a network; zero for a word that is none.
func (r Reason) On(n Network) Text {
	if r == "" {
		return Text{}
	}
	return reasonWord(r).On(n).text()
}

func (w EventWord) text() Text {
	for _, s := range eventSentences {
		if s.Word == w {
			return s.Text
		}
	}
	return Text{}
}

// Fill is the sentence with what is in braces replaced: pairs are names and values.
// A value that is a Text is filled in by language.
func (w EventWord) Fill(pairs ...any) Text {
	in := func(l Lang) string {
		var olds []string
		for i := 0; i+1 < len(pairs); i += 2 {
			value := pairs[i+1]
			if t, ok := value.(Text); ok {
				value = t.In(l)
			}
			olds = append(olds, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(value))
		}
		return strings.NewReplacer(olds...).Replace(w.text().In(l))
	}
	return Text{En: in(English), Zh: in(Chinese)}
}

// NeverReached says of a peer that left how many bytes were sent to it and not
// acknowledged.
func NeverReached(n int) Text {
	if n == 1 {
		return WordNeverReached1.Fill()
	}
	return WordNeverReached.Fill("n", n)
}

// Undelivered says of a peer that left how many bytes that were sent to it were not
// acknowledged. If this side closed in good order, the system still tries to deliver
// them after the close (RFC 9293 section 3.6).
func (e *Event) Undelivered() Text {
	n := e.Detail.Unsent
	switch {
	case e.Detail.Reason != ReasonLocal || !e.Network().Traits().Acknowledges:
		return NeverReached(n)
	case n == 1:
		return WordNotAcknowledged1.Fill()
	}
	return WordNotAcknowledged.Fill("n", n)
}

// Missing says what is missing where a gap is: events, or of a stream bytes alone.
func (l Lost) Missing() Text {
	word := WordMissing
	switch l.Events {
	case 0:
		word = WordMissingBytes
	case 1:
		word = WordMissing1
	}
	return word.Fill("events", l.Events, "bytes", l.Bytes)
}
