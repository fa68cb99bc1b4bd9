package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"time"

	"sockeye"
)

// pcapFile reads the older format (draft-ietf-opsawg-pcap).
type pcapFile struct {
	r       *bufio.Reader
	order   binary.ByteOrder
	tick    time.Duration // of the fraction of a second
	swapped bool          // versions before 2.4 had the two lengths the other way round, some of the time
	link    uint16
}

// pcapOrder is the byte order of a file by its magic number, and whether its
// times are in nanoseconds.
func pcapOrder(head []byte) (order binary.ByteOrder, nano, ok bool) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(head) {
		case 0xA1B2C3D4:
			return order, false, true
		case 0xA1B23C4D:
			return order, true, true
		}
	}
	return nil, false, false
}

func newPcap(r *bufio.Reader, order binary.ByteOrder, nano bool) (packets, error) {
	var head [24]byte
	if err := fill(r, head[:]); err != nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Err: err, Message: sockeye.Text{En: "too short for a capture", Zh: "太短，不是抓包文件"}}
	}
	major, minor := order.Uint16(head[4:]), order.Uint16(head[6:])
	if major != 2 {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Message: sockeye.Text{
			En: fmt.Sprintf("a pcap file of version %d.%d, which is not known here", major, minor), Zh: fmt.Sprintf("pcap 文件版本 %d.%d 尚不支持", major, minor)}}
	}
	// The upper half of the link type says whether frames have a checksum.
	p := &pcapFile{r: r, order: order, tick: time.Microsecond, swapped: minor < 4, link: uint16(order.Uint32(head[20:]))}
	if nano {
		p.tick = time.Nanosecond
	}
	return p, nil
}

func (p *pcapFile) next() (capturedPacket, error) {
	var head [16]byte
	if err := fill(p.r, head[:]); err != nil {
		return capturedPacket{}, err
	}
	captured, length := p.order.Uint32(head[8:]), p.order.Uint32(head[12:])
	if captured > length && p.swapped {
		captured, length = length, captured
	}
	if captured > maxPacket {
		return capturedPacket{}, tooLarge(int64(captured))
	}
	out := capturedPacket{link: p.link, at: time.Unix(int64(p.order.Uint32(head[0:])), int64(p.order.Uint32(head[4:]))*int64(p.tick)).UTC()}
	out.data = make([]byte, captured)
	out.length = int(max(captured, min(length, maxPacket)))
	if err := fill(p.r, out.data); err != nil {
		return capturedPacket{}, cutOff(err)
	}
	return out, nil
}
