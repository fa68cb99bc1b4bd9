package capture

import (
	"encoding/binary"
	"fmt"

	"sockeye"
)

var be = binary.BigEndian

// captured is a stretch of a packet: what the capture holds of it, and how long it
// really was. data is never longer than length.
type captured struct {
	data   []byte
	length int
}

// after is what follows the first n bytes. It is false if the frame is shorter, or
// if the capture does not hold all of those bytes.
func (f captured) after(n int) (captured, bool) {
	if n < 0 || n > len(f.data) {
		return captured{}, false
	}
	return captured{f.data[n:], f.length - n}, true
}

// first is the first n bytes, or all if there are fewer.
func (f captured) first(n int) captured {
	return captured{f.data[:min(n, len(f.data))], min(n, f.length)}
}

// reason is why packets were left out.
type reason struct{ en, zh string }

// same is a name that both languages have.
func same(name string) reason { return reason{name, name} }

var (
	malformed = reason{"with headers that are cut off or wrong", "包头不完整或有误"}
	otherKind = reason{"of other kinds", "其他类型"}
)

// maxReasons bounds how many reasons are told one by one.
const maxReasons = 64

// leftOut counts packets that were left out for a reason.
type leftOut struct {
	reason
	packets, bytes int64
}

// skip counts a packet that is no data of TCP or UDP.
func (d *Reader) skip(r reason) {
	s := d.skipped[r]
	if s == nil {
		if len(d.skipped) >= maxReasons && r != malformed {
			r = otherKind
		}
		if s = d.skipped[r]; s == nil {
			s = &leftOut{reason: r}
			d.skipped[r] = s
			d.reasons = append(d.reasons, s)
		}
	}
	s.packets++
	s.bytes += int64(d.packetLength)
}

// tellSkipped says at the end what was left out, and how much.
func (d *Reader) tellSkipped() {
	for _, s := range d.reasons {
		kind := Skipped
		if s.reason == malformed {
			kind = damaged
		}
		d.lost(kind, sockeye.Text{
			En: fmt.Sprintf("left out: %d packet%s (%d bytes): %s", s.packets, plural(s.packets), s.bytes, s.en),
			Zh: fmt.Sprintf("未导入 %d 个数据包（%d 字节）：%s", s.packets, s.bytes, s.zh)})
	}
}

func plural(n int64) string {
	if n == 1 {
		return ""
	}
	return "s"
}
