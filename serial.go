package sockeye

import (
	"strings"
	"time"
)

// Parity is the kind of parity bit behind each character on a serial line.
type Parity string

// The kinds of parity.
const (
	NoParity    Parity = "none"
	OddParity   Parity = "odd"
	EvenParity  Parity = "even"
	MarkParity  Parity = "mark"  // always 1
	SpaceParity Parity = "space" // always 0
)

// StopBits is how long a serial line rests behind each character, in bits.
type StopBits string

// The numbers of stop bits.
const (
	OneStopBit      StopBits = "1"
	OneHalfStopBits StopBits = "1.5"
	TwoStopBits     StopBits = "2"
)

// FlowControl is how one side of a serial line makes the other wait.
type FlowControl string

// The kinds of flow control.
const (
	NoFlowControl       FlowControl = "none"
	HardwareFlowControl FlowControl = "rts/cts"
	SoftwareFlowControl FlowControl = "xon/xoff" // the bytes 0x11 and 0x13, which then are no data
)

// SerialOptions are how a serial port is set. Zero values are defaults: 115200 8N1
// without flow control.
type SerialOptions struct {
	Baud     int // bits a second
	DataBits int // of a character, 5 to 8
	Parity   Parity
	StopBits StopBits
	Flow     FlowControl
	// DTR and RTS are how these lines are when the port is open. Default leaves them as
	// the system sets them: on.
	DTR, RTS OptionalBool
}

// ModemLines are the lines of a serial port beside those of the data. DTR and RTS are
// this side's, the others are the other side's.
type ModemLines struct {
	DTR bool `json:"dtr"`
	RTS bool `json:"rts"`
	CTS bool `json:"cts"`
	DSR bool `json:"dsr"`
	DCD bool `json:"dcd"`
	RI  bool `json:"ri"`
}

// LineEvent is what happened on the lines of a serial port, and how they are since.
type LineEvent struct {
	ModemLines
	// Changed are the names of the lines that changed, "CTS", in the order of ModemLines.
	Changed []string `json:"changed,omitempty"`
	// Break is BreakSent or BreakReceived if the line was held in the break state.
	Break string `json:"break,omitempty"`
}

// The values of LineEvent.Break.
const (
	BreakSent     = "sent"
	BreakReceived = "received"
)

// LineSetting is what a person sets on an open port.
type LineSetting struct {
	DTR, RTS OptionalBool
	// Break is for how long the line is held in the break state, at most MaxBreak; 0 is
	// not at all.
	Break time.Duration
}

// MaxBreak is the longest break.
const MaxBreak = 10 * time.Second

// Validate says what is wrong with the setting.
func (s LineSetting) Validate() error {
	switch {
	case s.Break < 0 || s.Break > MaxBreak:
		return &Error{Kind: Invalid, Op: "set", Target: "break", Message: Text{"is not a time of at most 10 s", "应为不超过 10 秒的时间"}, Hint: Text{"a usual break is 250ms", "通常为 250ms"}}
	case s == LineSetting{}:
		return &Error{Kind: Invalid, Op: "set", Target: "lines", Message: Text{"nothing is to be set", "没有要设置的内容"}, Hint: Text{"say dtr, rts or break", "请写 dtr、rts 或 break"}}
	}
	return nil
}

// modemLineNames are the lines in the order of ModemLines.
var modemLineNames = [...]string{"DTR", "RTS", "CTS", "DSR", "DCD", "RI"}

func (l ModemLines) values() [6]bool { return [6]bool{l.DTR, l.RTS, l.CTS, l.DSR, l.DCD, l.RI} }

// Changes are the names of the lines that are not as they were before.
func (l ModemLines) Changes(before ModemLines) (names []string) {
	now, then := l.values(), before.values()
	for i, name := range modemLineNames {
		if now[i] != then[i] {
			names = append(names, name)
		}
	}
	return names
}

// Is reports whether the line with a name is on.
func (l ModemLines) Is(name string) bool {
	now := l.values()
	for i, n := range modemLineNames {
		if n == name {
			return now[i]
		}
	}
	return false
}

// String names the lines that are on: "DTR RTS CTS"; "-" is none.
func (l ModemLines) String() string {
	var on []string
	for i, is := range l.values() {
		if is {
			on = append(on, modemLineNames[i])
		}
	}
	if len(on) == 0 {
		return "-"
	}
	return strings.Join(on, " ")
}

// Text says what happened: "CTS on, DSR off", "break".
func (e *LineEvent) Text() Text {
	var en, zh []string
	for _, name := range e.Changed {
		if e.Is(name) {
			en, zh = append(en, name+" on"), append(zh, name+" 有效")
		} else {
			en, zh = append(en, name+" off"), append(zh, name+" 无效")
		}
	}
	switch e.Break {
	case BreakSent:
		en, zh = append(en, "break sent"), append(zh, "已发送 break")
	case BreakReceived:
		en, zh = append(en, "break received"), append(zh, "收到 break")
	}
	return Text{strings.Join(en, ", "), strings.Join(zh, "，")}
}
