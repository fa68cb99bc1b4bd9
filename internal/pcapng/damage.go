package pcapng

import (
	"fmt"

	"sockeye"
)

// DamageKind is the class of a damage: a stable word.
type DamageKind string

// The kinds of damage.
const (
	// Torn is the end of a file whose writing was cut off: part of a block, part
	// of an event, or zeros. Nothing that was promised to be on disk is lost.
	Torn DamageKind = "torn"
	// Broken is a stretch of the file that cannot be read any more.
	Broken DamageKind = "broken"
	// Mended is a block of which one bit had changed and was put right while
	// reading; nothing is lost.
	Mended DamageKind = "mended"
	// Repeated is a block that was there before; it is skipped.
	Repeated DamageKind = "repeated"
)

// Damage is a stretch of a file that is not as it was written.
type Damage struct {
	Offset, Length int64 // bytes, in the file
	Kind           DamageKind
	// Seq is the number of the event there, 0 if that is not known.
	Seq  uint64
	What sockeye.Text
}

// String is the damage on one line, in English.
func (d Damage) String() string {
	return fmt.Sprintf("%s at %d (%d bytes): %s", d.Kind, d.Offset, d.Length, d.What.En)
}

// What damage is said to be.
var (
	zerosText    = sockeye.Text{En: "the file ends in zeros: writing was cut off", Zh: "文件末尾全是零：写入被中断"}
	cutText      = sockeye.Text{En: "the last block is not all there: writing was cut off", Zh: "最后一个数据块不完整：写入被中断"}
	halfText     = sockeye.Text{En: "the last event is not all there: writing was cut off", Zh: "最后一个事件不完整：写入被中断"}
	blockText    = sockeye.Text{En: "a block is damaged", Zh: "数据块已损坏"}
	gapText      = sockeye.Text{En: "there are no readable blocks here", Zh: "此处没有可读取的数据块"}
	headerText   = sockeye.Text{En: "the section header is lost", Zh: "段头已丢失"}
	strangeText  = sockeye.Text{En: "the block belongs to another segment", Zh: "数据块属于另一个记录段"}
	packetText   = sockeye.Text{En: "the bytes of the packet have changed", Zh: "数据包的内容已改变"}
	repeatedText = sockeye.Text{En: "the event was there before: the block is repeated", Zh: "该事件前面已出现过：数据块重复"}
	noteText     = sockeye.Text{En: "the note of the event cannot be read", Zh: "事件的附注无法读取"}
	partText     = sockeye.Text{En: "a part of the event's data is missing", Zh: "事件的数据缺少一部分"}
	mendedText   = sockeye.Text{En: "one bit had changed; nothing is lost", Zh: "有一位发生了改变；内容没有丢失"}
	framingText  = sockeye.Text{En: "the headers of the packet have changed; nothing of the event is lost", Zh: "数据包头已改变；事件内容没有丢失"}
)

// ErrForeign is what Next gives for a file that Sockeye did not write, or that
// another program has written anew: a capture that is to be imported, or no
// capture at all.
var ErrForeign error = &sockeye.Error{
	Kind: sockeye.Unsupported, Op: "read",
	Message: sockeye.Text{En: "this file is not a recording by Sockeye", Zh: "这个文件不是 Sockeye 的记录"},
}

// newer refuses a segment of a version after ours.
func newer(version byte) error {
	return &sockeye.Error{
		Kind: sockeye.Unsupported, Op: "read",
		Message: sockeye.Text{
			En: fmt.Sprintf("recorded by a newer Sockeye, in format version %d; this one reads up to version %d", version, Version),
			Zh: fmt.Sprintf("由更新版本的 Sockeye 记录，格式版本为 %d；本程序最高支持版本 %d", version, Version)},
		Hint: sockeye.Text{En: "update Sockeye, or open the file with Wireshark", Zh: "请升级 Sockeye，或用 Wireshark 打开该文件"},
	}
}
