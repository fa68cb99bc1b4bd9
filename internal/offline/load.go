package offline

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/framing"
	"sockeye/internal/load"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

// LoadFlags say what load sends, how fast, over how many connections, and for how long.
type LoadFlags struct {
	PairsFlags
	terminal.PayloadFlags
	send, sendHex, list string
	connections         int
	rate                rateFlag
	ramp, time          time.Duration
	count               uint64
	inFlight            int
	sendOnly, json      bool
	guard               loadGuard
}

// Register adds the flags to the command.
func (f *LoadFlags) Register(t *terminal.Terminal, fs *pflag.FlagSet) {
	fs.Var(terminal.PayloadText(&f.send), "send", t.T(`send TEXT again and again (with escapes such as \r\n and fields such as {{seq}})`, `反复发送的文本（支持 \r\n 等转义和 {{seq}} 等字段）`))
	fs.Var(terminal.PayloadHex(&f.sendHex), "send-hex", t.T("send these bytes, written in hex", "发送十六进制数据"))
	fs.StringVar(&f.list, "send-list", "", t.T("send the messages of a list in turn, without its delays: a workspace FILE, FILE#NAME or a .csv table", "依次发送列表中的各条消息（不用其延时）：工作区文件 FILE、FILE#NAME 或 .csv 表格"))
	fs.IntVar(&f.connections, "connections", 1, t.T("how many connections", "连接数"))
	f.rate = rateFlag{100, 100}
	fs.Var(&f.rate, "rate", t.T("messages a second of all connections together; 100..5000 rises", "所有连接合计每秒发送的消息数；100..5000 表示逐渐上升"))
	fs.Var(terminal.DurationOf(&f.ramp), "ramp", t.T("let the rate rise, and open the connections, over this time (default with a rising rate: --time)", "在这段时间内逐渐提高速率并建立连接（速率上升时默认等于 --time）"))
	f.time = 10 * time.Second
	fs.Var(terminal.DurationOf(&f.time), "time", t.T("how long to send", "发送多久"))
	fs.Uint64Var(&f.count, "count", 0, t.T("send at most so many messages", "最多发送多少条消息"))
	fs.IntVar(&f.inFlight, "in-flight", 1, t.T("how many requests of a connection may wait for answers", "每个连接可以有多少个请求同时等待应答"))
	fs.BoolVar(&f.sendOnly, "send-only", false, t.T("nothing is answered: only send", "没有应答，只发送"))
	f.Timeout = time.Second
	fs.Var(terminal.DurationOf(&f.Timeout), "timeout", t.T("an answer is late after this time", "超过此时间算应答超时"))
	f.PairsFlags.Register(t, fs)
	f.PayloadFlags.Register(t, fs)
	fs.Var(terminal.WordsOf(&f.guard.lifted), "lift-guard", t.T("load without a guard: private (other machines of this network), public (all addresses)", "不启用的防护：private（允许本网络内的其他机器）、public（允许所有地址）"))
	fs.BoolVar(&f.json, "json", false, t.T("print one JSON object", "输出一个 JSON 对象"))
}

// rateFlag is a rate that is typed: 100, or 100..5000.
type rateFlag struct{ from, to float64 }

func (r *rateFlag) String() string {
	text := strconv.FormatFloat(r.to, 'f', -1, 64)
	if r.from != r.to {
		text = strconv.FormatFloat(r.from, 'f', -1, 64) + ".." + text
	}
	return text
}

func (r *rateFlag) Type() string { return "rate" }

func (r *rateFlag) Set(s string) error {
	from, to, rising := strings.Cut(s, "..")
	if !rising {
		to = from
	}
	a, errA := strconv.ParseFloat(from, 64)
	b, errB := strconv.ParseFloat(to, 64)
	if errA != nil || errB != nil || !(a >= 0 && b > 0 && a <= load.MaxRate && b <= load.MaxRate) {
		return &sockeye.Error{Kind: sockeye.Invalid,
			Message: sockeye.Text{En: fmt.Sprintf("%q is no rate", s), Zh: fmt.Sprintf("%q 不是速率", s)},
			Hint:    sockeye.Text{En: fmt.Sprintf("write messages a second, up to %d: 1000, or 100..5000 for a rate that rises", load.MaxRate), Zh: fmt.Sprintf("请写每秒消息数，最多 %d：1000，或 100..5000 表示逐渐上升", load.MaxRate)}}
	}
	*r = rateFlag{a, b}
	return nil
}

// Spec is what the flags mean for an endpoint, with everything that is wrong with them.
func (f *LoadFlags) Spec(t *terminal.Terminal, ep sockeye.Endpoint) (s load.RunSpec, err error) {
	s = load.RunSpec{Endpoint: ep, Connections: f.connections, Time: f.time, Count: f.count, InFlight: f.inFlight, OneWay: f.sendOnly, CADir: t.CADir(), RefuseDial: api.RefuseControl(t.StateDir()), Lookup: t.Lookup(&f.PayloadFlags)}
	s.Rate = load.Rate{From: f.rate.from, To: f.rate.to, Ramp: f.ramp}
	if rising := f.rate.from != f.rate.to; rising && f.ramp == 0 {
		s.Rate.Ramp = f.time
	} else if !rising && f.ramp > 0 {
		s.Rate.From = 0
	}
	var badMessages, badPairs, badGuards error
	s.Messages, badMessages = f.messages(t)
	s.Pairs, badPairs = f.PairsFlags.Spec()
	s.Pairs.Requests = sockeye.Sent
	s.Allow, badGuards = f.guard.allow()
	if err = terminal.Together(f.bounds(), badMessages, badPairs, badGuards); err != nil {
		return s, err
	}
	if s.Pairs.Frame == (framing.Spec{}) && !f.sendOnly {
		s.Pairs.Frame, err = f.answers(s, ep.Address.Network.Traits())
	}
	return s, err
}

// bounds says which numbers are out of bounds.
func (f *LoadFlags) bounds() error {
	var wrong []error
	within := func(flag string, ok bool, en, zh string) {
		if !ok {
			wrong = append(wrong, terminal.Usage(flag, sockeye.Text{En: en, Zh: zh}, sockeye.Text{}))
		}
	}
	within("--connections", f.connections >= 1 && f.connections <= load.MaxConnections, fmt.Sprintf("%d is not from 1 to %d", f.connections, load.MaxConnections), fmt.Sprintf("%d 不在 1 到 %d 之间", f.connections, load.MaxConnections))
	within("--in-flight", f.inFlight >= 1 && f.inFlight <= 1000, fmt.Sprintf("%d is not from 1 to 1000", f.inFlight), fmt.Sprintf("%d 不在 1 到 1000 之间", f.inFlight))
	within("--time", f.time > 0 && f.time <= load.MaxTime, fmt.Sprintf("%v is not above 0 and at most %v", f.time, load.MaxTime), fmt.Sprintf("%v 应大于 0 且不超过 %v", f.time, load.MaxTime))
	within("--timeout", f.Timeout > 0, "it has to be above 0", "必须大于 0")
	within("--ramp", f.ramp <= f.time, "it is longer than --time", "比 --time 还长")
	return terminal.Together(wrong...)
}

// messages are the payloads that the flags mean.
func (f *LoadFlags) messages(t *terminal.Terminal) ([]*payload.Template, error) {
	o, err := f.PayloadOptions()
	if err != nil {
		return nil, err
	}
	one, err := terminal.ParseEither(o, "--send", f.send, "--send-hex", f.sendHex)
	switch {
	case err != nil:
		return nil, err
	case one != nil && f.list != "":
		return nil, terminal.Usage("--send-list", sockeye.Text{En: "only one thing can be sent", Zh: "只能发送一种内容"}, sockeye.Text{En: "leave out --send and --send-hex", Zh: "请去掉 --send 与 --send-hex"})
	case one != nil:
		return []*payload.Template{one}, nil
	case f.list == "":
		return nil, terminal.Usage("--send", sockeye.Text{En: "there is nothing to send", Zh: "没有要发送的内容"}, sockeye.Text{En: `add --send 'ping {{seq}}\n', --send-hex or --send-list`, Zh: `请加上 --send 'ping {{seq}}\n'、--send-hex 或 --send-list`})
	}
	l, err := t.ReadList("--send-list", f.list)
	if err != nil {
		return nil, err
	}
	return l.Templates()
}

// answers is how answers are found where no flag says it: a datagram is one, else a line if
// the requests are lines, else as many bytes as every request has, as an echo sends.
func (f *LoadFlags) answers(s load.RunSpec, traits sockeye.Traits) (framing.Spec, error) {
	if traits.Bounded() {
		return framing.Spec{}, nil
	}
	size, lines := -1, true
	for _, t := range s.Messages {
		for _, seq := range []uint64{1, 9_999, 1 << 40} {
			v := payload.Vars{Seq: seq, Time: time.Now(), Peer: &sockeye.Peer{}, Lookup: s.Lookup}
			b, err := t.Append(nil, &v)
			if err != nil {
				return framing.Spec{}, terminal.OfFlag(err, "--send")
			}
			lines = lines && bytes.HasSuffix(b, []byte("\n"))
			if size >= 0 && size != len(b) {
				size = 0
			} else {
				size = len(b)
			}
		}
	}
	switch {
	case lines:
		return framing.Spec{Method: framing.Line}, nil
	case size > 0:
		return framing.Spec{Method: framing.Fixed, Size: size}, nil
	}
	return framing.Spec{}, terminal.Usage("--frame", sockeye.Text{En: "requests are not lines and have different lengths, so where an answer ends is unknown", Zh: "请求不是文本行且长度不一，无法判断应答在哪里结束"},
		sockeye.Text{En: "say it: --frame delim:0d0a, --decode modbus-tcp; or --send-only", Zh: "请指定：--frame delim:0d0a、--decode modbus-tcp；或用 --send-only"})
}
