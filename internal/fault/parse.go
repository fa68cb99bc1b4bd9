package fault

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/rule"
)

// Bounds of what a fault may say.
const (
	MaxTime  = 24 * time.Hour
	maxBits  = 1024
	maxCount = 1000
	MaxText  = 4096 // bytes of a fault's text
)

// The defaults of what a fault does not say.
const (
	defaultRetransmission = 200 * time.Millisecond // the least of Linux: TCP_RTO_MIN
	defaultReorderLimit   = time.Second
)

// Parse reads a fault: its kind, what that knows, and then in any order which direction
// and peer it is for, how probable it is, when it applies, its seed and, at the end, the
// pattern (rule.ParsePattern) that a message has to match:
//
//	latency 100ms jitter 20ms distribution normal correlation 25% to upstream 30%
//	drop 5% from upstream peer 192.168.1.88 from 10s for 2s every 1m seed 7
//	corrupt bits 3 when hex:01 03 *
//
// The error is an *sockeye.Error of kind Invalid that names the column.
func Parse(text string) (Fault, error) {
	if len(text) > MaxText {
		return Fault{}, payload.FaultAt(0, both("a fault is longer than %d bytes", "故障描述超过 %d 字节", MaxText), both("make the pattern shorter", "请缩短匹配方式")).In(text[:40])
	}
	p := parser{text: text, said: map[string]bool{}}
	p.words()
	p.parse()
	if p.fault != nil {
		return Fault{}, p.fault.In(text)
	}
	if p.pattern != nil {
		return Fault{}, p.pattern
	}
	return p.out, nil
}

func both(en, zh string, args ...any) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}

// parser reads one text from left to right.
type parser struct {
	text  string
	split []word
	at    int // the next of split
	out   Fault
	said  map[string]bool
	fault *payload.SyntaxFault

	pattern *sockeye.Error // what is wrong with the pattern, with the column in it
}

// word is one word of a text, and its place in bytes.
type word struct {
	text string
	at   int
}

// words splits the text at spaces, up to "when": what follows is the pattern as it is.
func (p *parser) words() {
	for at := 0; at < len(p.text); {
		if p.text[at] == ' ' || p.text[at] == '\t' {
			at++
			continue
		}
		end := at
		for end < len(p.text) && p.text[end] != ' ' && p.text[end] != '\t' {
			end++
		}
		w := p.text[at:end]
		if w == "when" && len(p.split) > 0 {
			pattern, err := rule.ParsePattern(strings.TrimLeft(p.text[end:], " \t"))
			if err != nil {
				e := *sockeye.ErrorOf(err)
				e.Message = sockeye.Text{En: "when: " + e.Message.En, Zh: "when：" + e.Message.Zh}
				p.pattern = &e
			}
			p.out.When = pattern
			return
		}
		p.split = append(p.split, word{w, at})
		at = end
	}
}

func (p *parser) fail(at int, message, hint sockeye.Text) {
	if p.fault == nil {
		p.fault = payload.FaultAt(at, message, hint)
	}
}

// peek is the next word; its text is "" at the end.
func (p *parser) peek() word {
	if p.at < len(p.split) {
		return p.split[p.at]
	}
	return word{"", len(p.text)}
}

func (p *parser) next() word {
	w := p.peek()
	p.at++
	return w
}

func (p *parser) parse() {
	kind := p.next()
	p.out.Kind = Kind(kind.text)
	if !slices.Contains(Kinds, p.out.Kind) {
		message := both("%s is no fault", "%s 不是故障名称", payload.Quote(kind.text, 20))
		if kind.text == "" {
			message = both("which fault?", "缺少故障名称")
		}
		p.fail(kind.at, message, both("write one of %s", "请写以下之一：%s", kindNames()))
		return
	}
	p.kind()
	for p.fault == nil && p.peek().text != "" {
		w := p.next()
		if !p.own(w) && !p.scope(w) {
			p.fail(w.at, both("%s says nothing about %s", "%s 不能用于 %s", payload.Quote(w.text, 20), p.out.Kind), p.hint())
		}
	}
	if p.fault == nil {
		p.check()
	}
}

func kindNames() string {
	var names []string
	for _, k := range Kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// hint shows how a fault of this kind is written.
func (p *parser) hint() sockeye.Text {
	e := p.out.Kind.Example()
	return both("write it as in %q; then to upstream, peer 3, 30%%, from 5s for 1s every 10s, seed 1, when PATTERN", "写法示例：%q；之后可加 to upstream、peer 3、30%%、from 5s for 1s every 10s、seed 1、when 匹配方式", e)
}

// kind reads what stands right behind the kind, and sets defaults.
func (p *parser) kind() {
	f := &p.out
	switch f.Kind {
	case Latency, Merge:
		f.Time = p.time()
	case Rate:
		f.Rate = p.size(1, math.MaxInt64)
	case Slice:
		f.Size = int(p.size(1, 1<<30))
	case Truncate:
		f.Size = int(p.size(0, 1<<30))
	case Drop:
		f.Time = defaultRetransmission
	case Reorder:
		f.Time, f.Count = defaultReorderLimit, 1
	case Duplicate, Corrupt:
		f.Count = 1
	}
}

// own reads a word that only some kinds know.
func (p *parser) own(w word) bool {
	f := &p.out
	switch is := func(kinds ...Kind) bool { return slices.Contains(kinds, f.Kind) && p.once(w) }; {
	case w.text == "jitter" && is(Latency):
		f.Jitter = p.time()
	case w.text == "distribution" && is(Latency):
		p.distribution()
	case w.text == "correlation" && is(Latency):
		f.Correlation = p.percent(p.next())
	case w.text == "delay" && is(Slice):
		f.Delay = p.time()
	case w.text == "retransmission" && is(Drop), w.text == "within" && is(Reorder), w.text == "timeout" && is(Hold):
		f.Time = p.time()
	case w.text == "copies" && is(Duplicate), w.text == "gap" && is(Reorder):
		f.Count = p.count(maxCount)
	case w.text == "bits" && is(Corrupt):
		f.Count = p.count(maxBits)
	case w.text == "after" && is(Reset, HalfClose):
		p.after()
	default:
		return false
	}
	return true
}

// scope reads a word that every kind knows.
func (p *parser) scope(w word) bool {
	f := &p.out
	switch after := p.peek().text; {
	case (w.text == "to" || w.text == "from") && after == "upstream":
		way := Way(w.text + " upstream")
		p.next()
		if w.text = "direction"; p.once(w) {
			f.Way = way
		}
	case w.text == "from":
		if w.text = "from TIME"; p.once(w) {
			f.From = p.time()
		}
	case w.text == "for" && p.once(w):
		f.For = p.time()
	case w.text == "every" && p.once(w):
		f.Every = p.time()
	case w.text == "seed" && p.once(w):
		p.seed()
	case w.text == "peer" && p.once(w):
		p.peer()
	case strings.HasSuffix(w.text, "%"):
		text := w
		if w.text = "%"; p.once(w) {
			f.Percent = p.percent(text)
		}
	default:
		return false
	}
	return true
}

// once reports whether a word is said for the first time.
func (p *parser) once(w word) bool {
	if p.said[w.text] {
		p.fail(w.at, both("%s is said twice", "%s 出现了两次", w.text), both("leave one out", "请去掉一个"))
	}
	p.said[w.text] = true
	return p.fault == nil
}

// time reads a time with its unit: toxiproxy's numbers are milliseconds, and netem's microseconds.
func (p *parser) time() time.Duration {
	w := p.next()
	d, err := time.ParseDuration(w.text)
	_, noNumber := strconv.ParseFloat(w.text, 64)
	switch {
	case w.text == "":
		p.fail(w.at, both("a time is missing", "缺少时间"), p.hint())
	case err != nil && noNumber == nil:
		p.fail(w.at, both("%s has no unit", "%s 没有单位", payload.Quote(w.text, 20)), both("write a time with its unit: %[1]sms, %[1]ss", "时间须带单位：%[1]sms、%[1]ss", w.text[:min(len(w.text), 20)]))
	case err != nil:
		p.fail(w.at, both("%s is not a time", "%s 不是时间", payload.Quote(w.text, 20)), both("write 500ms, 2s, 1m30s or 1h", "写成 500ms、2s、1m30s 或 1h"))
	case d <= 0 || d > MaxTime:
		p.fail(w.at, both("the time is not between 0 and 24h", "时间不在 0 与 24h 之间"), p.hint())
	}
	return d
}

func (p *parser) size(least, most int64) int64 {
	w := p.next()
	n, err := sockeye.ParseSize(w.text)
	switch {
	case w.text == "":
		p.fail(w.at, both("a number of bytes is missing", "缺少字节数"), p.hint())
	case err != nil:
		e := sockeye.ErrorOf(err)
		p.fail(w.at, e.Message, e.Hint)
	case n < least || n > most:
		p.fail(w.at, both("the number of bytes is not between %d and %d", "字节数不在 %d 与 %d 之间", least, most), p.hint())
	}
	return n
}

func (p *parser) count(most int) int {
	w := p.next()
	n, err := strconv.Atoi(w.text)
	if err != nil || n < 1 || n > most {
		p.fail(w.at, both("%s is no number from 1 to %d", "%s 不是 1 到 %d 的数", payload.Quote(w.text, 20), most), p.hint())
	}
	return n
}

func (p *parser) percent(w word) float64 {
	n, err := strconv.ParseFloat(strings.TrimSuffix(w.text, "%"), 64)
	if err != nil || !strings.HasSuffix(w.text, "%") || !(n > 0 && n <= 100) {
		p.fail(w.at, both("%s is no percentage above 0%% and up to 100%%", "%s 不是大于 0%%、不超过 100%% 的百分比", payload.Quote(w.text, 20)), both("write 30%% or 0.5%%", "写成 30%% 或 0.5%%"))
	}
	return n
}

func (p *parser) distribution() {
	w := p.next()
	p.out.Distribution = Distribution(w.text)
	if !slices.Contains(Distributions, p.out.Distribution) {
		p.fail(w.at, both("%s is no distribution", "%s 不是分布", payload.Quote(w.text, 20)), both("write uniform, normal or pareto", "请写 uniform、normal 或 pareto"))
	}
}

// after is a number of bytes or a time.
func (p *parser) after() {
	w := p.peek()
	if d, err := time.ParseDuration(w.text); err == nil && d > 0 && d <= MaxTime {
		p.next()
		p.out.AfterTime = d
		return
	}
	if w.text == "" {
		p.fail(w.at, both("a time or a number of bytes is missing", "缺少时间或字节数"), p.hint())
		return
	}
	if _, err := sockeye.ParseSize(w.text); err != nil {
		p.fail(w.at, both("%s is neither a time nor a number of bytes", "%s 既不是时间，也不是字节数", payload.Quote(w.text, 20)), both("write 5s for a time, 64k for bytes", "时间写成 5s，字节数写成 64k"))
		return
	}
	p.out.AfterBytes = p.size(1, math.MaxInt64)
}

func (p *parser) seed() {
	w := p.next()
	n, err := strconv.ParseUint(w.text, 10, 64)
	if err != nil || n == 0 {
		p.fail(w.at, both("%s is no seed", "%s 不是随机种子", payload.Quote(w.text, 20)), both("write a whole number from 1 on", "请写 1 以上的整数"))
	}
	p.out.Seed = n
}

func (p *parser) peer() {
	w := p.next()
	id, err := strconv.ParseUint(strings.TrimPrefix(w.text, "#"), 10, 64)
	if err == nil && id > 0 {
		p.out.Peer.ID = id
		return
	}
	a, err := netip.ParseAddr(w.text)
	if err != nil {
		p.fail(w.at, both("%s is no peer", "%s 不是连接对象", payload.Quote(w.text, 20)), both("write its number or its IP address: peer 3, peer 192.168.1.88", "请写编号或 IP 地址：peer 3、peer 192.168.1.88"))
	}
	p.out.Peer.Address = a.Unmap()
}

// check returns which parts of a fault cannot be combined.
func (p *parser) check() {
	f := &p.out
	end := len(p.text)
	switch {
	case f.Jitter == 0 && (f.Distribution != "" || f.Correlation > 0):
		p.fail(end, both("there is no jitter to be distributed", "没有可分布的抖动"), both("add jitter 20ms", "请加上 jitter 20ms"))
	case f.Every > 0 && (f.For == 0 || f.For >= f.Every):
		p.fail(end, both("every needs how long, for less than every", "every 需要更短的 for 时长"), both("write for 1s every 10s", "写成 for 1s every 10s"))
	case f.Kind == Refuse && (f.Way != "" || f.When != nil):
		p.fail(end, both("a peer is refused before it sent anything", "拒绝发生在数据传输之前"), both("leave direction and pattern out", "请去掉方向和匹配方式"))
	case f.AfterTime > 0 && (f.When != nil || f.From+f.For > 0):
		p.fail(end, both("after a time it hits the connection, not a message", "after 时间针对连接，而不是数据"), both("leave out when, from and for, or after", "请去掉 when、from、for，或去掉 after"))
	}
}
