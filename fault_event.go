package sockeye

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// FaultEvent is what a fault of a relay did to a message or a connection, or what a person
// did to a message that was held. The message is in a received event of the same peer.
type FaultEvent struct {
	// Kind is what was done, a stable word: that of the fault; "set" for one that begins,
	// "clear" for one that somebody takes away, "expire" for one that ends by itself; "release", "edit", "discard" and "timeout" for a message that was
	// held; "overflow" for one that found no
	// room, "lost" for what still waited at the end; "read-only" and "may-write" where one
	// peer of several may write.
	Kind string `json:"kind"`
	// Fault is the fault as it was set; empty for what is none.
	Fault string `json:"fault,omitempty"`
	// Offset is where the message begins in all that the peer sent, in bytes, and Bytes how
	// long it is.
	Offset uint64 `json:"offset"`
	Bytes  int    `json:"bytes"`
	// DelayMS is how much later it goes on, in milliseconds; with Piece the time between two
	// pieces.
	DelayMS float64 `json:"delay_ms,omitempty"`
	// LastsMS is how long a fault that begins lasts, or one that ended did, in milliseconds;
	// 0: until somebody takes it away.
	LastsMS float64 `json:"lasts_ms,omitempty"`
	// Piece is how long the pieces are in which it goes on, and Kept how much of it does.
	Piece int `json:"piece,omitempty"`
	Kept  int `json:"kept,omitempty"`
	// Count is how often it goes on, or how many messages before it.
	Count int `json:"count,omitempty"`
	// Bits are those that were flipped, counted from the highest of the first byte; of more
	// than 16 only the first ones.
	Bits []int `json:"bits,omitempty"`
	// Held names the message that is held, for as long as it is.
	Held uint64 `json:"held,omitempty"`
}

// ActiveFaults are the faults of one session that were set and are still, as people write
// them, in the order in which they were set.
type ActiveFaults []string

// After is what is set after an event: one more fault, one less, or the same as before. It
// may change a in place.
func (a ActiveFaults) After(f *FaultEvent) ActiveFaults {
	switch n := slices.Index(a, f.Fault); {
	case f.Kind == "set" && n < 0:
		return append(a, f.Fault)
	case (f.Kind == "clear" || f.Kind == "expire") && n >= 0:
		return slices.Delete(a, n, n+1)
	}
	return a
}

// faultSentences say what was done. What is in braces is filled in.
var faultSentences = map[string]Text{
	"latency":    {"{bytes} go on {time} later", "{bytes}延迟 {time} 转发"},
	"rate":       {"{bytes} take {time}", "{bytes}用时 {time} 转发"},
	"slice":      {"{bytes} go on in pieces of {piece}, {time} apart", "{bytes}按每段 {piece} 字节转发，间隔 {time}"},
	"merge":      {"{bytes} go on with what comes within {time}", "{bytes}与 {time} 内到达的数据合并转发"},
	"drop":       {"{bytes} are not passed on", "{bytes}被丢弃"},
	"loss":       {"{bytes} are lost and sent again {time} later, as TCP does", "{bytes}丢失，{time} 后重传（与 TCP 相同）"},
	"duplicate":  {"{bytes} go on {count} times", "{bytes}转发 {count} 次"},
	"reorder":    {"{bytes} go on after the next {count}, or {time} later", "{bytes}在其后 {count} 条之后转发，最迟 {time} 后"},
	"corrupt":    {"{bytes}: flipped {bits}", "{bytes}：翻转了{bits}"},
	"truncate":   {"{bytes}: only the first {kept} go on", "{bytes}：只转发前 {kept} 字节"},
	"blackhole":  {"{bytes} disappear", "{bytes}消失"},
	"stall":      {"{bytes} wait until the fault is over", "{bytes}等待故障结束"},
	"reset":      {"both connections are reset (RST); {kept} of {bytes} went on before", "两侧连接均被重置（RST）；{bytes}中已转发 {kept} 字节"},
	"refuse":     {"the peer is refused (RST)", "连接被拒绝（RST）"},
	"half-close": {"the direction is ended (FIN); {kept} of {bytes} went on before", "该方向被结束（FIN）；{bytes}中已转发 {kept} 字节"},
	"hold":       {"{bytes} wait as held {held}", "{bytes}等待处理，编号 {held}"},
	"release":    {"held {held}: {bytes} go on", "编号 {held}：{bytes}放行"},
	"edit":       {"held {held}: {bytes} become {kept} bytes, and go on", "编号 {held}：{bytes}改为 {kept} 字节后放行"},
	"discard":    {"held {held}: {bytes} are not passed on", "编号 {held}：{bytes}被丢弃"},
	"timeout":    {"held {held}: {bytes} go on, nobody did anything with it", "编号 {held}：{bytes}无人处理，超时放行"},
	"overflow":   {"{bytes} find no room in the queue, and are not passed on", "队列已满，{bytes}被丢弃"},
	"lost":       {"{bytes} were still waiting when the connection ended", "连接结束时仍有{bytes}等待转发"},
	"read-only":  {"{bytes} are not passed on: another peer has the upstream to write to", "{bytes}未转发：写入权属于另一个连接对象"},
	"may-write":  {"may write to the upstream now", "现在可以向上游写入"},
	"set":        {"fault set{lasts}", "设置故障{lasts}"},
	"clear":      {"fault cleared", "清除故障"},
	"expire":     {"fault ended by itself{lasts}", "故障自动结束{lasts}"},
}

// Text says what was done, with the fault that did it.
func (f *FaultEvent) Text() Text {
	say := func(l Lang) string {
		delay := time.Duration(f.DelayMS * float64(time.Millisecond)).Round(10 * time.Microsecond)
		said := strings.NewReplacer(
			"{bytes}", bytesText(f.Bytes).In(l), "{time}", delay.String(), "{piece}", fmt.Sprint(f.Piece), "{kept}", fmt.Sprint(f.Kept),
			"{count}", fmt.Sprint(f.Count), "{bits}", f.bitsText().In(l), "{held}", fmt.Sprint(f.Held), "{lasts}", f.lastsText().In(l)).Replace(faultSentences[f.Kind].In(l))
		if f.Fault == "" {
			return said
		}
		return said + Text{": ", "："}.In(l) + f.Fault
	}
	return Text{En: say(English), Zh: say(Chinese)}
}

// lastsText says for how long a fault is set, or was; nothing if it has no end.
func (f *FaultEvent) lastsText() Text {
	if f.LastsMS == 0 {
		return Text{}
	}
	d := time.Duration(f.LastsMS * float64(time.Millisecond))
	if f.Kind == "expire" {
		return Text{" after " + shortTime(d), "，持续了 " + shortTime(d)}
	}
	return Text{" for " + shortTime(d), "，持续 " + shortTime(d)}
}

func bytesText(n int) Text {
	if n == 1 {
		return Text{"1 byte", "1 字节"}
	}
	return Text{fmt.Sprintf("%d bytes", n), fmt.Sprintf("%d 字节", n)}
}

// bitsText names bits by byte and bit, the lowest bit being 0.
func (f *FaultEvent) bitsText() Text {
	var en, zh []string
	for _, b := range f.Bits {
		en = append(en, fmt.Sprintf("bit %d of byte %d", 7-b%8, b/8))
		zh = append(zh, fmt.Sprintf("第 %d 字节的第 %d 位", b/8, 7-b%8))
	}
	if more := f.Count - len(f.Bits); more > 0 {
		en = append(en, fmt.Sprintf("%d more", more))
		zh = append(zh, fmt.Sprintf("另外 %d 位", more))
	}
	return Text{strings.Join(en, ", "), strings.Join(zh, "、")}
}
