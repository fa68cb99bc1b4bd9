package capture

import "encoding/binary"

// wireless takes in a frame of IEEE 802.11, alone or behind what the radio said of
// it.
func (d *Reader) wireless(link uint16, f captured) {
	head := 0
	padded := false // the header is filled up to four bytes
	switch {
	case link == link80211:
	case len(f.data) < 8:
		d.skip(malformed)
		return
	case link == linkRadiotap:
		head = int(binary.LittleEndian.Uint16(f.data[2:]))
		padded = radiotapFlags(f.data[:min(head, len(f.data))])&0x20 != 0
	case link == linkPrism && be.Uint32(f.data)&0xFFFFF000 != 0x80211000:
		head = 144
	default: // AVS, which also comes as Prism
		head = int(min(be.Uint32(f.data[4:]), maxPacket))
	}
	d.behind(f, head, func(f captured, _ []byte) { d.dot11(f, padded) })
}

// radiotapFlags is the field of that name, or 0 (https://www.radiotap.org).
func radiotapFlags(b []byte) byte {
	if len(b) < 8 {
		return 0
	}
	present, at := binary.LittleEndian.Uint32(b[4:]), 8
	for more := present; more&(1<<31) != 0; at += 4 {
		if at+4 > len(b) {
			return 0
		}
		more = binary.LittleEndian.Uint32(b[at:])
	}
	if present&1 != 0 { // the clock comes first
		at = (at+7)&^7 + 8
	}
	if present&2 == 0 || at >= len(b) {
		return 0
	}
	return b[at]
}

// dot11 takes in a frame that carries data for somebody.
func (d *Reader) dot11(f captured, padded bool) {
	if len(f.data) < 2 {
		d.skip(malformed)
		return
	}
	kind, flags := f.data[0], f.data[1]
	quality := kind&0x80 != 0
	switch {
	case kind&0x0C == 0:
		d.skip(skipReason{"802.11 management frames", "802.11 管理帧"})
		return
	case kind&0x0C != 8:
		d.skip(skipReason{"802.11 control frames", "802.11 控制帧"})
		return
	case kind&0x40 != 0:
		d.skip(skipReason{"802.11 data frames without data", "802.11 空数据帧"})
		return
	case flags&0x40 != 0:
		d.skip(skipReason{"802.11 frames that are encrypted: Wireshark can decrypt them with the network's key", "加密的 802.11 帧（Wireshark 可用该网络的密钥解密）"})
		return
	}
	n, control := 24, 0
	if flags&3 == 3 { // between access points: a fourth address
		n = 30
	}
	if quality {
		control = n
		n += 2
		if flags&0x80 != 0 {
			n += 4
		}
	}
	if padded {
		n = (n + 3) &^ 3
	}
	d.behind(f, n, func(rest captured, head []byte) {
		switch {
		case flags&4 != 0 || head[22]&0x0F != 0:
			d.skip(skipReason{"802.11 frames in fragments", "802.11 分片帧"})
		case quality && head[control]&0x80 != 0:
			d.aggregated(rest)
		default:
			d.llc(rest)
		}
	})
}

// aggregated takes in a frame that holds several (A-MSDU).
func (d *Reader) aggregated(f captured) {
	for f.length >= 14 {
		rest, ok := f.after(14)
		if !ok {
			d.skip(malformed)
			return
		}
		n := int(be.Uint16(f.data[12:]))
		if n > rest.length {
			return // the checksum of the frame
		}
		nested := d.nested
		d.llc(rest.first(n))
		d.nested = nested
		if f, ok = rest.after((14+n+3)&^3 - 14); !ok {
			return
		}
	}
}
