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

// skipReason is why packets were left out.
type skipReason struct{ en, zh string }

// same is a name that both languages have.
func same(name string) skipReason { return skipReason{name, name} }

var (
	malformed = skipReason{"with headers that are cut off or wrong", "包头不完整或有误"}
	otherKind = skipReason{"of other kinds", "其他类型"}

	sentAgain   = skipReason{"TCP data that is there already (sent again, or captured twice)", "已有的 TCP 数据（重传或重复抓取）"}
	afterFIN    = skipReason{"TCP data after the end of its direction (FIN)", "位于该方向结束（FIN）之后的 TCP 数据"}
	dataOfAbort = skipReason{"TCP data in a reset (RST)", "复位（RST）中的 TCP 数据"}
)

// maxReasons bounds how many reasons are told one by one.
const maxReasons = 64

// leftOut counts packets that were left out for a reason.
type leftOut struct {
	skipReason
	packets, bytes int64
}

// skip counts a packet that is no data of TCP or UDP.
func (d *Reader) skip(r skipReason) { d.leaveOut(r, int64(d.packetLength)) }

// leaveOut counts bytes of a packet that become no event.
func (d *Reader) leaveOut(r skipReason, n int64) {
	s := d.skipped[r]
	if s == nil {
		if len(d.skipped) >= maxReasons && r != malformed {
			r = otherKind
		}
		if s = d.skipped[r]; s == nil {
			s = &leftOut{skipReason: r}
			d.skipped[r] = s
			d.reasons = append(d.reasons, s)
		}
	}
	s.packets++
	s.bytes += n
}

// leftOut counts payload of a segment that becomes no event.
func (c *tcpConnection) leftOut(r skipReason, n int) {
	if n > 0 {
		c.assembly.reader.leaveOut(r, int64(n))
	}
}

// reportSkipped says at the end what was left out, and how much.
func (d *Reader) reportSkipped() {
	for _, s := range d.reasons {
		kind := Skipped
		if s.skipReason == malformed {
			kind = damaged
		}
		d.lost(kind, sockeye.Text{
			En: fmt.Sprintf("left out: %d packet%s (%d byte%s): %s", s.packets, plural(s.packets), s.bytes, plural(s.bytes), s.en),
			Zh: fmt.Sprintf("未导入 %d 个数据包（%d 字节）：%s", s.packets, s.bytes, s.zh)})
	}
}

func plural(n int64) string {
	if n == 1 {
		return ""
	}
	return "s"
}
