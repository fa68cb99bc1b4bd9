package capture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"sockeye"
)

const (
	// maxPacket bounds one packet: more than any link carries (Linux hands GRO
	// batches to a capture as packets of up to 64 KiB, and jumbo ones of 512 KiB).
	maxPacket  = 1 << 20
	bufferSize = 1 << 18
)

// capturedPacket is one packet as the file has it.
type capturedPacket struct {
	captured
	link uint16
	at   time.Time // zero if the file does not say
	// comment is what somebody wrote on it, as sockeye.CommentOf; "" is nothing.
	comment string
}

// packets is a capture file. The error of next is io.EOF at the end, a *damage for
// what cannot be read any more, or an *sockeye.Error.
type packets interface {
	next() (capturedPacket, error)
}

// damageError ends the reading of a file.
type damageError struct {
	torn bool // the file ends in the middle
	what sockeye.Text
}

func (d *damageError) Error() string { return d.what.En }

func broken(en, zh string) error { return &damageError{what: sockeye.Text{En: en, Zh: zh}} }

var tornText = sockeye.Text{En: "the file ends in the middle of a packet", Zh: "文件在一个数据包中间结束"}

// fill reads all of p. An end of the file in it is damage, before it is io.EOF.
func fill(r io.Reader, p []byte) error {
	n, err := io.ReadFull(r, p)
	if err == nil || errors.Is(err, io.EOF) && n == 0 && !packed(err) {
		return err
	}
	return cutOff(err)
}

// packed reports whether an error is of the compression and not of the file in it.
func packed(err error) bool {
	var e *sockeye.Error
	return errors.As(err, &e)
}

// cutOff is the error of a file that ended where more was due.
func cutOff(err error) error {
	var e *sockeye.Error
	switch {
	case errors.As(err, &e) && errors.Is(e.Err, io.ErrUnexpectedEOF):
		return &damageError{torn: true, what: e.Message}
	case errors.As(err, &e) && e.Hint.IsZero():
		return &damageError{what: e.Message}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &damageError{torn: true, what: tornText}
	}
	return err
}

// open finds out what a file is, and reads it through a buffer of so many bytes. The error is an
// *sockeye.Error without a target.
func open(r io.Reader, buffer int) (packets, error) {
	buffered, _, err := unpacked(bufio.NewReaderSize(r, buffer))
	if err != nil {
		return nil, err
	}
	head, err := buffered.Peek(24)
	if len(head) < 4 {
		if packed(err) {
			return nil, err
		}
		return nil, notACapture
	}
	if bytes.Equal(head[:4], []byte(sectionMagic)) {
		return newPcapng(buffered)
	}
	if order, nano, ok := pcapOrder(head); ok {
		return newPcap(buffered, order, nano)
	}
	return nil, otherFormat(head)
}

var notACapture = &sockeye.Error{
	Kind: sockeye.Invalid, Op: "open",
	Message: sockeye.Text{En: "neither a recording nor a capture (pcap, pcapng)", Zh: "既不是记录，也不是抓包文件（pcap、pcapng）"},
	Hint: sockeye.Text{En: "name a directory or a file that Sockeye, tcpdump or Wireshark wrote; what else Wireshark opens, its editcap converts: editcap -F pcapng FILE NEW.pcapng",
		Zh: "请指定 Sockeye、tcpdump 或 Wireshark 写出的目录或文件；Wireshark 能打开的其他文件可用其 editcap 转换：editcap -F pcapng FILE NEW.pcapng"},
}

// others are files that hold packets but are read by other programs, by their
// first bytes.
var others = []struct {
	magic  string
	what   sockeye.Text
	unpack string // the command that unpacks it; "" is for editcap
}{
	{"snoop\x00", sockeye.Text{En: "a snoop capture, as Solaris writes", Zh: "snoop 抓包文件（Solaris 格式）"}, ""},
	{"iptrace 1.0", sockeye.Text{En: "an iptrace capture, as AIX writes", Zh: "iptrace 抓包文件（AIX 格式）"}, ""},
	{"iptrace 2.0", sockeye.Text{En: "an iptrace capture, as AIX writes", Zh: "iptrace 抓包文件（AIX 格式）"}, ""},
	{"GMBU", sockeye.Text{En: "a capture of Microsoft Network Monitor", Zh: "Microsoft Network Monitor 抓包文件"}, ""},
	{"RTSS", sockeye.Text{En: "a capture of Microsoft Network Monitor", Zh: "Microsoft Network Monitor 抓包文件"}, ""},
	{"TRSNIFF data    \x1a", sockeye.Text{En: "a capture of Sniffer for DOS", Zh: "Sniffer（DOS）抓包文件"}, ""},
	{"XCP\x00", sockeye.Text{En: "a capture of NetXRay or Sniffer for Windows", Zh: "NetXRay 或 Sniffer（Windows）抓包文件"}, ""},
	{"ObserverPktBuffe", sockeye.Text{En: "a capture of Observer", Zh: "Observer 抓包文件"}, ""},
	{"btsnoop\x00", sockeye.Text{En: "a Bluetooth snoop capture", Zh: "蓝牙 btsnoop 抓包文件"}, ""},
	{"\x7fver", sockeye.Text{En: "a capture of Peek", Zh: "Peek 抓包文件"}, ""},
	{"TR\x00d\x00", sockeye.Text{En: "a nettl capture, as HP-UX writes", Zh: "nettl 抓包文件（HP-UX 格式）"}, ""},
	{"\x05VNF", sockeye.Text{En: "a capture of Visual Networks", Zh: "Visual Networks 抓包文件"}, ""},
	{"\x01\x10L\x00\x01\x05", sockeye.Text{En: "a capture of LANalyzer", Zh: "LANalyzer 抓包文件"}, ""},
	{"\xaa\xaa\xaa\xaa", sockeye.Text{En: "a capture of 5View", Zh: "5View 抓包文件"}, ""},
	{"+---------+-----------", sockeye.Text{En: "a capture of K12, as text", Zh: "K12 文本抓包文件"}, ""},
	{"\x34\xcd\xb2\xa1", sockeye.Text{En: "a pcap file of a changed libpcap, with longer packet headers", Zh: "经修改的 libpcap 写出的 pcap 文件（数据包头较长）"}, ""},
	{"\xa1\xb2\xcd\x34", sockeye.Text{En: "a pcap file of a changed libpcap, with longer packet headers", Zh: "经修改的 libpcap 写出的 pcap 文件（数据包头较长）"}, ""},
	{"BZh", sockeye.Text{En: "compressed with bzip2", Zh: "由 bzip2 压缩"}, "bzip2 -dk FILE"},
	{"\xfd7zXZ\x00", sockeye.Text{En: "compressed with xz", Zh: "由 xz 压缩"}, "xz -dk FILE"},
	{"\x04\x22\x4d\x18", sockeye.Text{En: "compressed with lz4", Zh: "由 lz4 压缩"}, "lz4 -d FILE CAPTURE.pcap"},
	{"PK\x03\x04", sockeye.Text{En: "a zip archive", Zh: "是 zip 压缩包"}, "unzip FILE"},
	{"\x1f\x8b", sockeye.Text{En: "compressed more than once", Zh: "被压缩了不止一次"}, "gzip -dk FILE"},
	{"\x28\xb5\x2f\xfd", sockeye.Text{En: "compressed more than once", Zh: "被压缩了不止一次"}, "zstd -dk FILE"},
}

// otherFormat is the error for a file that begins so.
func otherFormat(head []byte) error {
	for _, o := range others {
		if !bytes.HasPrefix(head, []byte(o.magic)) {
			continue
		}
		e := otherCapture(o.what)
		if o.unpack != "" {
			e.Message.Zh = "该文件" + o.what.Zh + "，此处不能读取"
			e.Hint = sockeye.Text{En: "unpack it first: " + o.unpack, Zh: "请先解压：" + o.unpack}
		}
		return e
	}
	return notACapture
}

// otherCapture is the error for a file that Wireshark reads.
func otherCapture(what sockeye.Text) *sockeye.Error {
	e := *notACapture
	e.Message = sockeye.Text{En: "this is " + what.En + ": it is not read here", Zh: "这是 " + what.Zh + "，此处不能读取"}
	e.Hint = sockeye.Text{En: "convert it with Wireshark's editcap: editcap -F pcapng FILE NEW.pcapng", Zh: "用 Wireshark 的 editcap 转换：editcap -F pcapng FILE NEW.pcapng"}
	return &e
}

// tooLarge is the damage of a packet that no link carries: its length is wrong,
// and where the next one begins is not known.
func tooLarge(n int64) error {
	return broken(fmt.Sprintf("the rest cannot be read: a packet of %d bytes", n), fmt.Sprintf("其余部分无法读取：数据包长 %d 字节", n))
}
