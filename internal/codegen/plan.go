package codegen

import (
	"errors"
	"math/bits"
	"net"
	"strconv"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
)

// plan is what templates see: fields alone, since the evaluator calls no methods.
type plan struct {
	Address   string // for the comment at the top
	HostPort  string // where to connect to, as package net has it
	Host      string
	Port      uint16
	Target    string // of a WebSocket's request
	Datagram  bool
	TLS       bool
	WebSocket bool
	Pin       string // base64 of the SHA-256
	Hello     []byte
	Frame     framePlan
	Sum       *sumPlan // nil: none
	Max       int      // the longest frame in bytes
	Print     string   // what C calls to print
}

// framePlan is how a frame is found and made: what comes before a message, and behind it.
type framePlan struct {
	Kind       string // none, end, slip, cobs, fixed, length, between, json, idle, rtu
	Spec       string // as framing.Parse reads it
	Head, Tail []byte
	Line       bool // a CR before the end belongs to it
	After      int  // bytes after the tail
	Size       int
	Offset     int
	Plus       int // the number in a frame is that of the bytes after it, and so many more
	Little     bool
	Varint     bool
	Pause      float64 // seconds
	PauseMS    int     // the same in milliseconds, at least one
	Stop       byte    // the byte that ends a frame of SLIP or COBS
	Lead       int     // the bytes before a message, where their number is fixed
	Padding    []byte  // the zeros between the head and the length
}

// sumPlan is a checksum in a frame.
type sumPlan struct {
	Kind  string // crc, sum, xor, internet, fletcher
	Name  string
	Width int
	Shift int // how far a byte is moved to the top of the register
	Bytes int // of the sum as a number
	Size  int // of the sum in a frame
	// Text says that it is written in hex digits, Upper that they are capital ones.
	Text, Upper bool
	Little      bool
	From, To    int  // To counts from where the sum begins, or with Fixed from the frame's begin
	Fixed       bool // To counts from the frame's begin
	Outside     bool // it stands after the tail, at the end of the frame

	Reflected, Turned               bool
	Poly, Init, XorOut, Mask, Top   uint64
	Minus, Inverted                 bool
	Step, Modulus, Start, HighShift int
}

// newPlan decides everything that does not depend on how a language writes it.
func newPlan(l Language, r Request) (*plan, error) {
	if err := checkAddress(r.Address); err != nil {
		return nil, err
	}
	t := r.Address.Network.Traits()
	p := &plan{Address: r.Address.String(), Host: r.Address.Host, Port: r.Address.Port, Target: "/", Hello: r.Hello}
	p.HostPort = net.JoinHostPort(p.Host, strconv.Itoa(int(p.Port)))
	if r.Address.Path != "" {
		p.Target = r.Address.Path
	}
	p.WebSocket = t.Query == sockeye.TargetQuery
	p.TLS = t.TLS
	p.Datagram = t.Datagram && !t.Connections
	wrong := p.lacking(l.about())
	if r.Pin != "" {
		pin, ok := cutPin(r.Pin)
		if !ok || !p.TLS {
			wrong = append(wrong, fault("--pin", sockeye.Text{En: "is no pin of a TLS server", Zh: "不是 TLS 服务器的公钥指纹"}, sockeye.Text{En: "write it as sockeye shows it: sha256//…, and give a tls:// or wss:// address", Zh: "按 sockeye 显示的写：sha256//…，地址为 tls:// 或 wss://"}))
		}
		p.Pin = pin
	}
	var err error
	if p.Frame, err = newFramePlan(r.Framing); err != nil {
		wrong = append(wrong, err)
	} else {
		p.Frame.derive()
	}
	if p.Sum, err = newSumPlan(r.Framing, &p.Frame, r.Check); err != nil {
		wrong = append(wrong, err)
	}
	p.Max = r.Framing.Max
	if p.Max == 0 {
		p.Max = framing.DefaultMax
	}
	p.Print = "printf"
	if l == Arduino {
		p.Print = "Serial.printf"
	}
	if l == Arduino || l == ESPIDF {
		p.Max = min(p.Max, 4096) // a board has little memory
	}
	return p, errors.Join(wrong...)
}

// checkAddress says why no program on another machine can talk to a server, if none can.
func checkAddress(a sockeye.Address) error {
	switch t := a.Network.Traits(); {
	case !t.IP:
		return fault(a.String(), sockeye.Text{En: "no other machine reaches it", Zh: "其他机器无法访问它"}, sockeye.Text{En: "give an address with a host and a port, or serial ports a program of their own", Zh: "请给出带主机和端口的地址"})
	case t.Broker:
		return fault(a.String(), sockeye.Text{En: "its peers speak MQTT", Zh: "对端使用 MQTT 协议"}, sockeye.Text{En: "take an MQTT library of the language, such as umqtt.simple, PubSubClient or paho-mqtt", Zh: "请使用该语言的 MQTT 库，例如 umqtt.simple、PubSubClient 或 paho-mqtt"})
	}
	return nil
}

// lacking says what a program needs that its language does not have.
func (p *plan) lacking(about language) (wrong []error) {
	if p.TLS && about.noTLS {
		wrong = append(wrong, fault(p.Address, sockeye.Text{En: about.title + " has no TLS of its own", Zh: about.title + " 标准库没有 TLS"}, sockeye.Text{En: "take another language, or sockeye relay from tcp:// to tls:// on the board", Zh: "请换一种语言，或在板上用 sockeye relay 从 tcp:// 转到 tls://"}))
	}
	if p.WebSocket && about.noWebSocket {
		wrong = append(wrong, fault(p.Address, sockeye.Text{En: about.title + " has no WebSocket of its own", Zh: about.title + " 标准库没有 WebSocket"}, sockeye.Text{En: "take Python, MicroPython or Node.js, or tcp://", Zh: "请用 Python、MicroPython 或 Node.js，或改用 tcp://"}))
	}
	return wrong
}

// cutPin takes the base64 out of a pin.
func cutPin(pin string) (string, bool) {
	const prefix, size = "sha256//", 44
	if len(pin) != len(prefix)+size || pin[:len(prefix)] != prefix {
		return "", false
	}
	return pin[len(prefix):], true
}

// newFramePlan reads a spec.
func newFramePlan(s framing.Spec) (framePlan, error) {
	f := framePlan{Kind: string(s.Method), Spec: s.String()}
	switch s.Method {
	case "", framing.None:
		f.Kind = "none"
	case framing.Line:
		f.Kind, f.Tail, f.Line = "end", []byte("\n"), true
	case framing.Delimiter:
		f.Kind, f.Tail = "end", []byte(s.Delimiter)
	case framing.Fixed:
		f.Size = s.Size
	case framing.Between:
		f.Head, f.Tail, f.After = []byte(s.Head), []byte(s.Tail), s.After
	case framing.STX:
		f.Kind, f.Head, f.Tail, f.After = "between", []byte{2}, []byte{3}, s.After
	case framing.Idle:
		f.Pause = s.Pause.Seconds()
	case framing.ModbusRTU:
		f.Kind = "rtu"
	case framing.ModbusTCP:
		f.Kind, f.Offset, f.Size = "length", 4, 2
	case framing.Length:
		return lengthPlan(f, s)
	case framing.SLIP, framing.COBS, framing.JSON:
	default:
		return f, fault("frame", sockeye.Text{En: s.String() + " takes a whole library in the program", Zh: s.String() + " 需要在程序中使用完整的协议库"},
			sockeye.Text{En: "take a library for the protocol, and this program with --frame none as its connection", Zh: "请使用该协议的库，本程序以 --frame none 提供连接"})
	}
	return f, nil
}

func lengthPlan(f framePlan, s framing.Spec) (framePlan, error) {
	f.Head, f.Tail, f.Offset, f.Size, f.Little = []byte(s.Head), []byte(s.Tail), s.Offset, s.Size, s.Order == framing.Little
	f.Plus = -s.Adjust
	if s.Size == framing.Varint {
		f.Varint, f.Size = true, 0
	}
	if s.Counts == framing.All {
		f.Plus += s.Offset + f.Size
	}
	if f.Varint && s.Counts == framing.All || len(f.Head) > f.Offset {
		return f, fault("frame", sockeye.Text{En: "the length cannot be filled in", Zh: "无法填写其长度字段"},
			sockeye.Text{En: "a head ends before the length, and size=varint counts the rest", Zh: "帧头须在长度字段之前结束，size=varint 只能表示其后的字节数"})
	}
	return f, nil
}

// derive fills in what follows from the others.
func (f *framePlan) derive() {
	f.Lead, f.PauseMS = len(f.Head), max(1, int(f.Pause*1000))
	switch f.Kind {
	case "length":
		f.Lead, f.Padding = f.Offset+f.Size, make([]byte, f.Offset-len(f.Head))
	case "slip":
		f.Stop = 0xc0
	}
}

// newSumPlan places a checksum in a frame.
func newSumPlan(s framing.Spec, f *framePlan, t checksum.Trailer) (*sumPlan, error) {
	if f.Kind == "rtu" {
		if t.Algorithm != nil {
			return nil, fault("check", sockeye.Text{En: "modbus-rtu has its own checksum", Zh: "modbus-rtu 自带校验"}, sockeye.Text{En: "leave --check out", Zh: "请去掉 --check"})
		}
		t, _ = checksum.ParseTrailer("crc16modbus")
	}
	if t.Algorithm == nil {
		return nil, nil
	}
	if f.Line && t.After == 2 {
		f.Tail, f.Line = []byte("\r\n"), false
	}
	a := t.Algorithm
	p := &sumPlan{Name: a.Name, Width: a.Bits, Shift: a.Bits - 8, Bytes: a.Size(), Size: t.Size(), Text: t.Digits != checksum.Binary, Upper: t.Digits == checksum.Upper,
		From: t.Range.From, To: t.Range.To, Fixed: t.Range.To > 0, Outside: f.After > 0}
	p.Little = t.Order.Of(a) == checksum.Little
	if p.Text {
		p.Little = t.Order == checksum.Little
	}
	room := len(f.Tail)
	switch {
	case p.Outside && f.After != p.Size:
		return nil, fault("check", sockeye.Text{En: t.String() + " has " + strconv.Itoa(p.Size) + " bytes, and after=" + strconv.Itoa(f.After) + " keeps room for others", Zh: t.String() + " 有 " + strconv.Itoa(p.Size) + " 字节，与 after=" + strconv.Itoa(f.After) + " 不符"}, sockeye.Text{})
	case p.Outside && t.After != 0, !p.Outside && t.After != 0 && t.After != room:
		return nil, fault("check", sockeye.Text{En: "its place in the frame is another than before the end", Zh: "校验不在帧尾之前"}, sockeye.Text{En: "of " + s.String() + " frames " + strconv.Itoa(room) + " bytes follow it", Zh: s.String() + " 帧中其后有 " + strconv.Itoa(room) + " 字节"})
	case f.Kind == "json":
		return nil, fault("check", sockeye.Text{En: "JSON frames have no room for a checksum", Zh: "JSON 帧没有放校验的位置"}, sockeye.Text{En: "take line frames", Zh: "请用按行分帧"})
	}
	return p, p.algorithm(a)
}

// algorithm says how the sum is computed.
func (p *sumPlan) algorithm(a *checksum.Algorithm) error {
	p.Mask = ^uint64(0) >> (64 - a.Bits)
	if c := a.CRC; c != nil {
		p.Kind, p.Reflected, p.Turned = "crc", c.RefIn, c.RefIn != c.RefOut
		p.Poly, p.Init, p.XorOut, p.Top = c.Poly, c.Init, c.XorOut, uint64(1)<<(c.Width-1)
		if c.RefIn {
			p.Poly, p.Init = bits.Reverse64(c.Poly)>>(64-c.Width), bits.Reverse64(c.Init)>>(64-c.Width)
		}
		return nil
	}
	switch p.Kind = "sum"; a.Key {
	case "sum8", "sum16", "sum32":
	case "lrc", "twos16":
		p.Minus = true
	case "ones8":
		p.Inverted = true
	case "xor8":
		p.Kind = "xor"
	case "inet16":
		p.Kind = "internet"
	case "fletcher16":
		p.Kind, p.Step, p.Modulus, p.HighShift = "fletcher", 1, 255, 8
	case "fletcher32":
		p.Kind, p.Step, p.Modulus, p.HighShift = "fletcher", 2, 65535, 16
	case "adler32":
		p.Kind, p.Step, p.Modulus, p.Start, p.HighShift = "fletcher", 1, 65521, 1, 16
	default:
		return fault(a.Name, sockeye.Text{En: "no program knows this checksum yet", Zh: "程序还不支持这种校验"}, sockeye.Text{})
	}
	return nil
}
