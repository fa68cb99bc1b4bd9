package fault

import "sockeye"

// Input is how the value of a field is given.
type Input string

// The inputs.
const (
	TimeInput    Input = "time"    // 100ms
	SizeInput    Input = "size"    // 64k, in bytes
	CountInput   Input = "count"   // a whole number from 1
	PercentInput Input = "percent" // 30%
	ChoiceInput  Input = "choice"  // one of Choices
	AfterInput   Input = "after"   // a time or a size
)

// Parameter is one setting of a kind of fault: in its text, Word and a value behind it.
type Parameter struct {
	Word    string // "" stands right behind the kind, and has to be given
	Input   Input
	Label   sockeye.Text
	Choices []string
	Usual   string // a value that makes sense, for who writes one
	Default string // what holds where it is not given; "" is nothing
}

// Form is what a kind of fault does, and its fields in the order in which Fault.String
// writes them.
type Form struct {
	Kind   Kind
	Label  sockeye.Text
	Does   sockeye.Text
	Fields []Parameter
}

// Forms has one form for each kind, in the order of Kinds. Whoever asks a person for a
// fault asks by it.
var Forms = []Form{
	{Latency, text("Latency", "延迟"), text("It goes on later.", "稍后转发。"), []Parameter{
		{"", TimeInput, text("time", "时长"), nil, "100ms", ""},
		{"jitter", TimeInput, text("varied by", "抖动"), nil, "20ms", ""},
		{"distribution", ChoiceInput, text("spread as", "分布"), []string{string(Uniform), string(Normal), string(Pareto)}, "", string(Uniform)},
		{"correlation", PercentInput, text("following the one before", "与前一个的相关度"), nil, "25%", ""}}},
	{Rate, text("Rate", "限速"), text("So many bytes go on in a second.", "每秒转发这么多字节。"), []Parameter{
		{"", SizeInput, text("bytes a second", "每秒字节数"), nil, "10kb", ""}}},
	{Slice, text("Slice", "分段"), text("It goes on in pieces.", "分段转发。"), []Parameter{
		{"", SizeInput, text("bytes a piece", "每段字节数"), nil, "16", ""},
		{"delay", TimeInput, text("between two", "段间隔"), nil, "5ms", ""}}},
	{Merge, text("Merge", "合并"), text("What comes within the time goes on as one.", "该时间内到达的数据合并转发。"), []Parameter{
		{"", TimeInput, text("time", "时长"), nil, "50ms", ""}}},
	{Drop, text("Drop", "丢弃"), text("It does not go on; bytes of a stream are late, as by a retransmission.", "不转发；字节流则像重传那样迟到。"), []Parameter{
		{"retransmission", TimeInput, text("retransmission after", "重传延迟"), nil, "200ms", "200ms"}}},
	{Duplicate, text("Duplicate", "重复"), text("It goes on more than once. Streams need frames.", "重复转发。字节流需要分帧。"), []Parameter{
		{"copies", CountInput, text("copies", "副本数"), nil, "1", "1"}}},
	{Reorder, text("Reorder", "乱序"), text("It goes on after later messages. Streams need frames.", "在其后的消息之后转发。字节流需要分帧。"), []Parameter{
		{"gap", CountInput, text("messages", "消息数"), nil, "3", "1"},
		{"within", TimeInput, text("at the latest after", "最迟"), nil, "1s", "1s"}}},
	{Corrupt, text("Corrupt", "损坏"), text("Bits are flipped.", "翻转若干位。"), []Parameter{
		{"bits", CountInput, text("bits", "位数"), nil, "2", "1"}}},
	{Truncate, text("Truncate", "截断"), text("Only the first bytes go on. Streams need frames.", "只转发前若干字节。字节流需要分帧。"), []Parameter{
		{"", SizeInput, text("bytes", "字节数"), nil, "8", ""}}},
	{Blackhole, text("Blackhole", "黑洞"), text("It disappears; a stream never goes on.", "数据消失；字节流不再继续。"), nil},
	{Stall, text("Stall", "停顿"), text("It waits until the fault is over.", "等到故障结束再转发。"), nil},
	{Reset, text("Reset", "重置"), text("Both connections are reset (RST).", "两侧连接均被重置（RST）。"), []Parameter{
		{"after", AfterInput, text("after (time or bytes)", "之后（时间或字节数）"), nil, "64k", ""}}},
	{Refuse, text("Refuse", "拒绝"), text("A new peer is reset, and no upstream is dialled for it.", "新连接被重置，且不连接上游。"), nil},
	{HalfClose, text("Half-close", "半关闭"), text("The direction ends; the other one goes on.", "该方向结束，另一方向继续。"), []Parameter{
		{"after", AfterInput, text("after (time or bytes)", "之后（时间或字节数）"), nil, "5s", ""}}},
	{Hold, text("Hold", "扣留"), text("It waits until you let it go.", "等您放行。"), []Parameter{
		{"timeout", TimeInput, text("goes on by itself after", "自动放行"), nil, "30s", ""}}},
}

func text(en, zh string) sockeye.Text { return sockeye.Text{En: en, Zh: zh} }
