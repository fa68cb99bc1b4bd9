package pcapng

import "hash/crc32"

// packetFrame is a block of ours that holds together.
type packetFrame struct {
	block     uint32 // type
	iface     uint32
	at        uint64 // Unix nanoseconds
	packet    []byte
	options   []byte // those between the packet and the integrity option that are not in a fixed place
	ours      bool   // the packet is outbound
	integrity integrity
}

// frameFault says what is wrong with a block.
type frameFault int

const (
	intact      frameFault = iota
	noBlock                // it is no block that we write
	badChecksum            // something in it changed, outside the packet bytes
	badPacket              // the packet bytes changed; the rest is sound
)

// fixed is the size of a block's fixed part; false for a type that we do not write.
func fixed(block uint32) (int, bool) {
	switch block {
	case blockPacket:
		return packetFixed, true
	case blockStatistics:
		return statisticsFixed, true
	case blockInterface:
		return interfaceFixed, true
	case blockSection:
		return sectionFixed, true
	}
	return 0, false
}

// lengthOf is the length that a block's header claims; false if no block of ours
// has such a header. b holds at least its first 8 bytes.
func lengthOf(b []byte) (int, bool) {
	size, ok := fixed(le.Uint32(b))
	n := le.Uint32(b[4:])
	return int(n), ok && n&3 == 0 && n <= maxBlock && int(n) >= size+integrityOption+blockTail
}

// check reads a block, b being all of it, and says whether it is as it was
// written.
func (f *packetFrame) check(b []byte) frameFault {
	f.block = le.Uint32(b)
	size, ok := fixed(f.block)
	tail := len(b) - blockTail
	if !ok || le.Uint32(b[4:]) != uint32(len(b)) || le.Uint32(b[tail+4:]) != uint32(len(b)) || le.Uint32(b[tail:]) != optEnd {
		return noBlock
	}
	if f.block == blockPacket {
		return f.checkPacket(b)
	}
	at := tail - integrityOption - integrityLonger
	if at < size || le.Uint32(b[at:]) != optCustomData|(4+integrityContent+integrityLonger)<<16 || le.Uint32(b[at+4:]) != enterprise {
		return noBlock
	}
	if crc32.Checksum(b[:tail-4], castagnoli) != le.Uint32(b[tail-4:]) {
		return badChecksum
	}
	f.integrity.read(b[at+8:])
	f.integrity.number = le.Uint64(b[at+8+20:])
	f.packet, f.options = nil, b[size:at]
	if f.block == blockStatistics {
		f.iface = le.Uint32(b[8:])
		f.at = uint64(le.Uint32(b[12:]))<<32 | uint64(le.Uint32(b[16:]))
	}
	return intact
}

func (f *packetFrame) checkPacket(b []byte) frameFault {
	captured := le.Uint32(b[20:])
	at := len(b) - blockTail - integrityOption
	if captured > maxPacket || packetFixed+padded(int(captured))+packetOptions > at {
		return noBlock
	}
	end := packetFixed + int(captured)
	o := b[packetFixed+padded(int(captured)):]
	id := b[at-12:]
	if le.Uint32(id[12:]) != optCustomData|(4+integrityContent)<<16 || le.Uint32(id[16:]) != enterprise ||
		le.Uint32(id) != optPacketID|8<<16 || le.Uint32(o) != optFlags|4<<16 || le.Uint32(o[8:]) != optHash|5<<16 {
		return noBlock
	}
	crc := crc32.Update(0, castagnoli, b[:packetFixed])
	if crc32.Update(crc, castagnoli, b[end:len(b)-blockTail-4]) != le.Uint32(b[len(b)-blockTail-4:]) {
		return badChecksum
	}
	f.iface = le.Uint32(b[8:])
	f.at = uint64(le.Uint32(b[12:]))<<32 | uint64(le.Uint32(b[16:]))
	f.packet = b[packetFixed:end]
	f.options = o[20 : len(o)-12-integrityOption-blockTail]
	f.ours = le.Uint32(o[4:])&3 == outbound
	f.integrity.read(id[20:])
	f.integrity.number = le.Uint64(id[4:])
	if crc32.ChecksumIEEE(f.packet) != le.Uint32(o[12:])>>8|uint32(o[16])<<24 {
		return badPacket
	}
	return intact
}

// read takes the integrity option from its content, all but the number.
func (s *integrity) read(b []byte) {
	s.version, s.kind = b[0], b[1]
	s.flags = le.Uint16(b[2:])
	s.part, s.parts = le.Uint16(b[4:]), le.Uint16(b[6:])
	s.segment = le.Uint32(b[8:])
	s.peer = le.Uint64(b[12:])
}

// option walks over options: the first one and the rest, or ok is false.
func option(b []byte) (code uint16, value, rest []byte, ok bool) {
	if len(b) < 4 {
		return 0, nil, nil, false
	}
	n := int(le.Uint16(b[2:]))
	if 4+padded(n) > len(b) {
		return 0, nil, nil, false
	}
	return le.Uint16(b), b[4 : 4+n], b[4+padded(n):], true
}

// customOption is the JSON of a block's note, put together; nil if it has none.
func (f *packetFrame) customOption() []byte {
	var first []byte
	var all []byte
	for code, value, rest, ok := option(f.options); ok; code, value, rest, ok = option(rest) {
		if code != optCustomText || len(value) < 4 || le.Uint32(value) != enterprise {
			continue
		}
		switch value = value[4:]; {
		case first == nil:
			first = value
		case all == nil:
			all = append(append(all, first...), value...)
		default:
			all = append(all, value...)
		}
	}
	if all != nil {
		return all
	}
	return first
}
