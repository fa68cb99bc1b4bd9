package offline

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/pairs"
	"sockeye/internal/terminal"
)

// PairsFlags say how requests are paired with answers.
type PairsFlags struct {
	Frames          terminal.FrameFlags
	Field, Sequence string
	Bits            int
	Timeout         time.Duration
	Requests        string // "" where there is no such flag
}

// Register adds the flags to a command.
func (f *PairsFlags) Register(t *terminal.Terminal, fs *pflag.FlagSet) {
	f.Frames.Register(t, fs)
	f.Frames.Decode.Register(t, fs)
	fs.StringVar(&f.Field, "id-field", "", t.T("with --fields: the value that a request and its answer have in common", "配合 --fields：请求与应答相同的字段"))
	fs.StringVar(&f.Sequence, "sequence", "", t.T("with --fields: the value that counts the messages", "配合 --fields：为消息编号的字段"))
	fs.IntVar(&f.Bits, "sequence-bits", 64, t.T("bits of that value, after which it begins with 0 again", "该字段的位数，到顶后从 0 重新开始"))
}

// RegisterTraffic adds those for traffic that others make.
func (f *PairsFlags) RegisterTraffic(t *terminal.Terminal, fs *pflag.FlagSet) {
	fs.StringVar(&f.Requests, "requests", "", t.T("requests are what was received, or sent (default: what clients send)", "请求的方向：received 或 sent（默认：客户端发送的是请求）"))
	fs.Var(terminal.DurationOf(&f.Timeout), "timeout", t.T("an answer is late after this time (default: never)", "超过此时间算应答超时（默认不限）"))
}

// Spec is what the flags mean, with everything that is wrong with them.
func (f *PairsFlags) Spec() (s pairs.PairSpec, err error) {
	var wrong []error
	say := func(flag, en, zh, hintEn, hintZh string) {
		wrong = append(wrong, terminal.Usage(flag, sockeye.Text{En: en, Zh: zh}, sockeye.Text{En: hintEn, Zh: hintZh}))
	}
	var known bool
	if s.Requests, known = sockeye.ParseDirection(f.Requests); !known {
		say("--requests", fmt.Sprintf("%q is neither received nor sent", f.Requests), fmt.Sprintf("%q 不是 received 或 sent", f.Requests), "", "")
	}
	if len(f.Frames.Fields) == 0 && (f.Field != "" || f.Sequence != "") {
		say("--fields", "which values messages have is missing", "缺少字段格式", "write --fields keys, or 'u16be n, u8 kind'", "写 --fields keys，或 'u16be n, u8 kind'")
	}
	if f.Bits < 8 || f.Bits > 64 {
		say("--sequence-bits", fmt.Sprintf("%d is not from 8 to 64", f.Bits), fmt.Sprintf("%d 不在 8 到 64 之间", f.Bits), "", "")
	}
	if f.Timeout < 0 {
		say("--timeout", "it is negative", "不能为负数", "", "")
	}
	if len(wrong) > 0 {
		return s, terminal.Together(wrong...)
	}
	choice, err := f.Frames.Choice()
	if err != nil {
		return s, err
	}
	if choice != nil {
		s.Frame, s.Check, s.Fields = choice.Found()
	}
	if f.Frames.Decode.Protocol != "" {
		s.Decode = f.Frames.Decode.Protocol
		if s.Known, err = f.Frames.Decode.Knowledge(); err != nil {
			return s, err
		}
	}
	s.Timeout, s.Field, s.Sequence, s.Bits = f.Timeout, f.Field, f.Sequence, f.Bits
	return s, nil
}
