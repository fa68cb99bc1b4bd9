package pcapng

import (
	"fmt"
	"io"

	"sockeye"
)

// DamageKind is the class of a damage: a stable word.
type DamageKind string

// The kinds of damage.
const (
	// Torn is the end of a file whose writing was cut off: part of a block, part
	// of an event, or zeros. Nothing that was promised to be on disk is lost.
	Torn DamageKind = "torn"
	// Broken is a stretch of the file that can no longer be read.
	Broken DamageKind = "broken"
	// Mended is a block of which one bit had changed, and was put right while
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

var (
	repeatedText = sockeye.Text{En: "the event was there before: the block is repeated", Zh: "该事件前面已出现过：数据块重复"}
	noteText     = sockeye.Text{En: "the note of the event is not JSON", Zh: "事件的附注不是 JSON"}
	partText     = sockeye.Text{En: "a part of the event's data is missing", Zh: "事件的数据缺少一部分"}
)

// ErrForeign is what Next gives for a file that Sockeye did not write: a capture
// of another program, which is to be imported, or no capture at all.
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

// begin reads the first block of the file.
func (d *Decoder) begin() error {
	d.begun = true
	if len(d.win.peek(1)) == 0 {
		return d.end()
	}
	if !d.sound() || d.frame.block != blockSection {
		return ErrForeign
	}
	return d.enter()
}

// recover finds the next sound block after one that is not.
func (d *Decoder) recover() error {
	return io.EOF
}
