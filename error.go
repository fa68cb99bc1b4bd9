package sockeye

import (
	"errors"
	"strings"
)

// ErrorKind is the class of a failure: a stable word that scripts may compare.
type ErrorKind string

// The kinds of failure. The first group is the caller's to mend, the second the
// network's, the third the machine's.
const (
	Invalid  ErrorKind = "invalid"   // a flag, address, payload or file that cannot be understood
	NotFound ErrorKind = "not-found" // a peer, session or file that does not exist
	Misuse   ErrorKind = "misuse"    // a call in the wrong order or on the wrong side
	Expected ErrorKind = "expected"  // an expectation was not met
	Conflict ErrorKind = "conflict"  // somebody else changed meanwhile what was to be changed

	Refused            ErrorKind = "refused"
	TimedOut           ErrorKind = "timed-out"
	Reset              ErrorKind = "reset"
	BrokenPipe         ErrorKind = "broken-pipe"
	HostUnreachable    ErrorKind = "host-unreachable"
	NetworkUnreachable ErrorKind = "network-unreachable"
	NoSuchHost         ErrorKind = "no-such-host"
	NameServer         ErrorKind = "name-server" // the name could not be asked for: server failure, no server
	WrongFamily        ErrorKind = "wrong-family"
	TooLarge           ErrorKind = "too-large"
	SelfConnect        ErrorKind = "self-connect"
	Unplugged          ErrorKind = "unplugged"  // a serial port that is not there any more
	LineFault          ErrorKind = "line-fault" // characters that a serial line damaged or lost
	Untrusted          ErrorKind = "untrusted"  // a certificate that is not believed

	AddressInUse        ErrorKind = "address-in-use"
	AddressNotAvailable ErrorKind = "address-not-available" // not an address of this machine
	PortsExhausted      ErrorKind = "ports-exhausted"
	AccessDenied        ErrorKind = "access-denied" // EACCES
	NotPermitted        ErrorKind = "not-permitted" // EPERM
	LimitReached        ErrorKind = "limit-reached" // descriptors, peers, memory
	Unsupported         ErrorKind = "unsupported"
	Closed              ErrorKind = "closed"
	Canceled            ErrorKind = "canceled"
	System              ErrorKind = "system" // anything else the system said
)

// Error is what Sockeye could not do: what failed (Op), on what (Target), why
// (Message) and what to do next (Hint). The same two fields, message and hint,
// are shown on the command line, in the API and on the page. What a peer does
// wrong is an Event, not an Error.
type Error struct {
	Kind ErrorKind
	// Op is the verb that failed, a single lower-case word: "listen", "send".
	Op string
	// Target is the endpoint, address, flag or file it was done on. It may come
	// from outside: whoever shows it to a terminal escapes it.
	Target string
	// Message says why, without Op and Target. Zero means the kind's own sentence.
	Message Text
	// Hint says what to do next. Zero means there is nothing useful to say.
	Hint Text
	// Errno is the system's name of the cause, "ECONNREFUSED", or "".
	Errno string
	// Err is the cause, or nil.
	Err error
}

// Error is the English text, without the hint.
func (e *Error) Error() string { return e.In(English) }

// In is the text in one language, without the hint: operation, target, reason.
func (e *Error) In(l Lang) string {
	var b strings.Builder
	b.WriteString(opIn(e.Op, l))
	if e.Target != "" {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(e.Target)
	}
	if b.Len() > 0 {
		b.WriteString(Text{": ", "："}.In(l))
	}
	b.WriteString(e.Reason(l))
	return b.String()
}

// Reason is why it failed, without operation and target: Message, or the kind's
// own sentence.
func (e *Error) Reason(l Lang) string {
	if !e.Message.IsZero() {
		return e.Message.In(l)
	}
	return e.fallback().In(l)
}

// Unwrap is the cause, so that errors.Is finds the system's own error.
func (e *Error) Unwrap() error { return e.Err }

// SplitErrors returns the errors that errors.Join made into one, or the one; none of nil. It
// takes apart one level.
func SplitErrors(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// ErrorOf finds the *Error in err's chain, or wraps err as one of kind System.
// It is nil for nil.
func ErrorOf(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: System, Err: err}
}

func (e *Error) fallback() Text {
	if t, ok := kindText[e.Kind]; ok {
		return t
	}
	if e.Err != nil {
		return Text{En: e.Err.Error()}
	}
	return Text{En: string(e.Kind)}
}

// kindText is the sentence of a kind when an Error brings none of its own.
var kindText = map[ErrorKind]Text{
	Conflict:            {"somebody else changed it meanwhile", "其间已被其他程序修改"},
	Refused:             {"connection refused: the host is there, but nothing listens on this port", "连接被拒绝：主机在线，但没有程序监听这个端口"},
	TimedOut:            {"timed out: no answer", "超时：没有应答"},
	Reset:               {"connection reset by the peer", "连接被对方重置"},
	BrokenPipe:          {"the peer no longer takes data", "对方已不再接收数据"},
	HostUnreachable:     {"host unreachable: no machine answers at this address", "主机不可达：这个地址没有机器应答"},
	NetworkUnreachable:  {"network unreachable: this machine has no route to it", "网络不可达：本机没有通往该网络的路由"},
	NoSuchHost:          {"no such host: the name does not exist", "找不到主机：该名称不存在"},
	NameServer:          {"the name could not be looked up", "无法解析该名称"},
	WrongFamily:         {"no address of the wanted family", "没有所需地址族的地址"},
	TooLarge:            {"too large for one datagram", "超过一个数据报的最大长度"},
	SelfConnect:         {"the connection met itself", "连接到了自己"},
	Unplugged:           {"the port is gone: unplugged, or the program at its other end closed it", "串口已消失：被拔出，或另一端的程序已关闭"},
	Untrusted:           {"the certificate of the other side is not trusted", "对方的证书不受信任"},
	LineFault:           {"characters were damaged or lost on the line", "线路上有字符损坏或丢失"},
	AddressInUse:        {"address in use", "地址已被占用"},
	AddressNotAvailable: {"this machine has no such address", "本机没有这个地址"},
	PortsExhausted:      {"no free source port is left", "没有可用的源端口"},
	AccessDenied:        {"access denied by the system", "系统拒绝访问"},
	NotPermitted:        {"not permitted by the system", "系统不允许该操作"},
	LimitReached:        {"a limit was reached", "已达到上限"},
	Unsupported:         {"not supported on this system", "本系统不支持"},
	Closed:              {"closed", "已关闭"},
	Canceled:            {"canceled", "已取消"},
}

// opIn is the verb of an operation in one language.
func opIn(op string, l Lang) string {
	if zh, ok := opZh[op]; ok && l == Chinese {
		return zh
	}
	return op
}

var opZh = map[string]string{
	"listen": "监听", "accept": "接受连接", "connect": "连接", "send": "发送", "receive": "接收",
	"finish": "结束发送", "close": "关闭", "abort": "中止", "resolve": "解析", "parse": "解析",
	"read": "读取", "write": "写入", "open": "打开", "bind": "绑定", "alias": "别名", "expect": "期望",
	"set": "设置", "answer": "应答", "start": "启动", "record": "记录",
}
