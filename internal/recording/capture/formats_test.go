package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// A file of another kind is named, with the command that makes a capture of it.
func TestOtherFormats(t *testing.T) {
	datagram := manyDatagrams(t, 1)
	for _, c := range []struct{ name, file, want, hint string }{
		{"snoop", "snoop\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x04", "snoop", "editcap -F pcapng"},
		{"snoop in gzip", string(gzipped(t, []byte("snoop\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x04"))), "snoop", "editcap -F pcapng"},
		{"Network Monitor", "GMBU\x00\x02\x00\x00", "Network Monitor", "editcap"},
		{"a changed libpcap", "\x34\xcd\xb2\xa1\x02\x00\x04\x00", "changed libpcap", "editcap"},
		{"nettl", "TR\x00d\x00\x00\x00\x00", "HP-UX", "editcap"},
		{"Visual Networks", "\x05VNF\x01\x00", "Visual Networks", "editcap"},
		{"LANalyzer", "\x01\x10L\x00\x01\x05Trace Display", "LANalyzer", "editcap"},
		{"K12", "+---------+---------------+----------+\n", "K12", "editcap"},
		{"xz", "\xfd7zXZ\x00\x00\x04", "xz", "xz -dk"},
		{"gzip twice", string(gzipped(t, gzipped(t, datagram))), "more than once", "gzip -dk"},
		{"text", "some text\n", "neither a recording nor a capture", "editcap -F pcapng"},
		{"nothing", "", "neither a recording nor a capture", "tcpdump"},
		{"nothing in gzip", string(gzipped(t, nil)), "neither a recording nor a capture", "tcpdump"},
		{"pcap of another version", "\xd4\xc3\xb2\xa1\x03\x00\x00\x00" + strings.Repeat("\x00", 16), "version 3.0", ""},
		{"half a header", "\xd4\xc3\xb2\xa1\x02\x00", "too short", ""},
	} {
		err := Check(strings.NewReader(c.file))
		e, ok := errors.AsType[*sockeye.Error](err)
		if !ok || !strings.Contains(e.Message.En, c.want) || !strings.Contains(e.Hint.En, c.hint) || e.Message.Zh == "" || c.hint != "" && e.Hint.Zh == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A libpcap that was changed without another magic number is told by where the second
// packet's header stands. A file that is damaged there is still read up to there.
func TestPatchedPcap(t *testing.T) {
	packet := udpPacket(t, client4, server4, "question")
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for extra, want := range map[int]string{0: "", 4: "Nokia", 8: "Red Hat 6.1", 3: ""} {
			file := order.AppendUint32(nil, 0xA1B2C3D4)
			file = order.AppendUint16(file, 2)
			file = order.AppendUint16(file, 4)
			for _, v := range []uint32{0, 0, 65535, 101} {
				file = order.AppendUint32(file, v)
			}
			for n := range uint32(3) {
				for _, v := range []uint32{940_000_000 + n, 5, uint32(len(packet)), uint32(len(packet))} {
					file = order.AppendUint32(file, v)
				}
				file = append(file, make([]byte, extra)...)
				file = append(file, packet...)
			}
			err := Check(bytes.NewReader(file))
			if e := sockeye.ErrorOf(err); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(e.Message.En, want) || !strings.Contains(e.Message.Zh, want) || !strings.Contains(e.Hint.En, "editcap -F pcapng")) {
				t.Errorf("%v, %d bytes more: %v, want %q", order, extra, err, want)
			}
		}
	}
}

// A pcap file is read in both byte orders, with times in micro- and nanoseconds.
func TestPcapVariants(t *testing.T) {
	packet := udpPacket(t, client4, server4, "question")
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for magic, nanos := range map[uint32]int64{0xA1B2C3D4: 5000, 0xA1B23C4D: 5} {
			file := order.AppendUint32(nil, magic)
			file = order.AppendUint16(file, 2)
			file = order.AppendUint16(file, 4)
			for _, v := range []uint32{0, 0, 65535, 101 | 1<<26, 1_700_000_000, 5, uint32(len(packet)), uint32(len(packet))} { // the link type says too that there is no checksum
				file = order.AppendUint32(file, v)
			}
			d, err := NewReader(bytes.NewReader(append(file, packet...)), CaptureOptions{})
			if err != nil {
				t.Fatal(err)
			}
			e, err := d.Next()
			if want := time.Unix(1_700_000_000, nanos); err != nil || !e.Time.Equal(want) {
				t.Errorf("%v %x: at %v, want %v, %v", order, magic, e.Time, want, err)
			}
		}
	}
}

// pcapngBlock is a block of a pcapng file.
func pcapngBlock(order binary.AppendByteOrder, kind uint32, body []byte) []byte {
	body = append(body, make([]byte, -len(body)&3)...)
	n := uint32(len(body) + 12)
	b := order.AppendUint32(nil, kind)
	b = order.AppendUint32(b, n)
	return order.AppendUint32(append(b, body...), n)
}

func words(order binary.AppendByteOrder, values ...uint32) (b []byte) {
	for _, v := range values {
		b = order.AppendUint32(b, v)
	}
	return b
}

// section is a section header and an interface with options.
func section(order binary.AppendByteOrder, version uint16, options ...byte) []byte {
	head := order.AppendUint16(words(order, byteOrderMagic), version)
	head = append(order.AppendUint16(head, 0), bytes.Repeat([]byte{0xFF}, 8)...)
	describe := append(order.AppendUint16(order.AppendUint16(nil, 101), 0), words(order, 0)...)
	return append(pcapngBlock(order, blockSection, head), pcapngBlock(order, blockInterface, append(describe, options...))...)
}

// enhanced is an enhanced packet block.
func enhanced(order binary.AppendByteOrder, iface uint32, ticks uint64, captured, length int, packet []byte) []byte {
	return pcapngBlock(order, blockPacket, append(words(order, iface, uint32(ticks>>32), uint32(ticks), uint32(captured), uint32(length)), packet...))
}

// A pcapng file is read in both byte orders, with every kind of packet block, any
// clock, and sections one after the other; blocks that do not matter are passed.
func TestPcapngVariants(t *testing.T) {
	packet := udpPacket(t, client4, server4, "question")
	n := len(packet)
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		option := func(code uint16, value ...byte) []byte {
			b := order.AppendUint16(order.AppendUint16(nil, code), uint16(len(value)))
			return append(append(b, value...), make([]byte, -len(value)&3)...)
		}
		offset := order.AppendUint64(nil, 1_600_000_000)
		file := bytes.Join([][]byte{
			section(order, 1), enhanced(order, 0, 1_700_000_000_000_001, n, n, packet),
			pcapngBlock(order, 0x0BAD, make([]byte, 100)),
			pcapngBlock(order, blockSimple, append(words(order, uint32(n)), packet...)),
			section(order, 1, option(9, 9)...), enhanced(order, 0, 1_700_000_000_000_000_001, n, n, packet),
			section(order, 1, append(option(9, 0x80|10), option(14, offset...)...)...), enhanced(order, 0, 100_000_000<<10|512, n, n, packet),
			pcapngBlock(order, blockPacketOld, append(words(order, 0, uint32((100_000_000<<10)>>32), uint32((100_000_000<<10)&0xFFFFFFFF), uint32(n), uint32(n)), packet...)),
		}, nil)
		d, err := NewReader(bytes.NewReader(file), CaptureOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var got []time.Time
		for e, err := d.Next(); err == nil; e, err = d.Next() {
			if e.Kind == sockeye.Received && string(e.Data) == "question" {
				got = append(got, e.Time)
			}
		}
		want := []time.Time{time.Unix(1_700_000_000, 1000), time.Unix(1_700_000_000, 1000), time.Unix(1_700_000_000, 1), time.Unix(1_700_000_000, 500_000_000), time.Unix(1_700_000_000, 0)}
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Errorf("%v: got %v, want %v", order, got, want)
		}
	}
}

// What is before the damaged place is read, and the place is named.
func TestDamagedFiles(t *testing.T) {
	order := binary.LittleEndian
	packet := udpPacket(t, client4, server4, "question")
	n := len(packet)
	good := append(section(order, 1), enhanced(order, 0, 1, n, n, packet)...)
	plain := manyDatagrams(t, 1)
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"a packet longer than its block", append(good[:len(good):len(good)], enhanced(order, 0, 1, n+4, n+4, packet)...), "packet 2: the rest cannot be read: a packet is longer than its block"},
		{"an interface that is not described", append(good[:len(good):len(good)], enhanced(order, 7, 1, n, n, packet)...), "packet 2: the rest cannot be read: a packet of interface 7, which is not described"},
		{"a block without length", append(good[:len(good):len(good)], words(order, 6, 0, 0)...), "packet 2: the rest cannot be read: a block of 0 bytes"},
		{"two lengths of a block", append(good[:len(good):len(good)], words(order, 1, 20, 101, 0, 24)...), "packet 2: the rest cannot be read: the two lengths of a block differ"},
		{"another version", append(good[:len(good):len(good)], section(order, 2)...), "packet 2: the rest is in version 2 of pcapng, which is not known here"},
		{"half a block", good[:len(good)-7], "packet 1: the file ends in the middle of a packet"},
		{"a giant packet", append(plain[:len(plain):len(plain)], words(order, 0, 0, 1<<30, 1<<30)...), "packet 2: the rest cannot be read: a packet of 1073741824 bytes"},
		{"half a packet", plain[:len(plain)-7], "packet 1: the file ends in the middle of a packet"},
	} {
		events, lost := read(t, c.file)
		if !slices.Equal(lost, []string{c.want}) {
			t.Errorf("%s: %q, want %q", c.name, lost, c.want)
		}
		if strings.HasPrefix(c.want, "packet 2") && len(events) != 3 {
			t.Errorf("%s: %q", c.name, events)
		}
	}
}
