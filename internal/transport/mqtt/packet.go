package mqtt

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/mochi-mqtt/server/v2/packets"

	"sockeye"
)

// controlPacket is a control packet as it crossed the socket (MQTT 5.0 section 2).
type controlPacket struct {
	header packets.FixedHeader
	raw    []byte // all of it
	body   []byte // behind the fixed header
}

// readPacket reads one packet of at most so many bytes. At the end of the stream between
// two packets the error is io.EOF.
func readPacket(r *bufio.Reader, most int) (controlPacket, error) {
	first, err := r.ReadByte()
	if err != nil {
		return controlPacket{}, err
	}
	raw, length := []byte{first}, 0
	for shift := 0; ; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return controlPacket{}, cutShort(err)
		}
		raw, length = append(raw, b), length|int(b&0x7f)<<shift
		if b&0x80 == 0 {
			break
		}
		if shift == 21 { // section 1.5.5: four bytes at most
			return controlPacket{}, errMalformed
		}
	}
	if length > most {
		return controlPacket{}, tooLarge(length, most)
	}
	head := len(raw)
	if raw, err = readBody(r, raw, length); err != nil {
		return controlPacket{}, cutShort(err)
	}
	p := controlPacket{raw: raw, body: raw[head:]}
	if p.header.Decode(first) != nil {
		return controlPacket{}, errMalformed
	}
	p.header.Remaining = length
	return p, nil
}

// readBody appends so many bytes. It takes memory as they come, not as somebody says that
// they will.
func readBody(r io.Reader, raw []byte, length int) ([]byte, error) {
	const piece = 64 << 10
	for length > 0 {
		n, begin := min(length, piece), len(raw)
		raw = append(raw, make([]byte, n)...)
		if _, err := io.ReadFull(r, raw[begin:]); err != nil {
			return nil, err
		}
		length -= n
	}
	return raw, nil
}

// split takes the first packet from what the broker writes, which is whole packets.
func split(data []byte) (p controlPacket, rest []byte, ok bool) {
	length, at := 0, 1
	for shift := 0; ; shift += 7 {
		if at >= len(data) || shift > 21 {
			return controlPacket{}, nil, false
		}
		b := data[at]
		length, at = length|int(b&0x7f)<<shift, at+1
		if b&0x80 == 0 {
			break
		}
	}
	if len(data) < at+length || p.header.Decode(data[0]) != nil {
		return controlPacket{}, nil, false
	}
	p.header.Remaining, p.raw, p.body = length, data[:at+length], data[at:at+length]
	return p, data[at+length:], true
}

// decoded is a packet taken apart. Its bytes may be those of the packet. The library panics on
// some that are cut short, and the broker takes packets apart in the same way: none that is
// malformed here may reach it.
func (p controlPacket) decoded(version byte) (d packets.Packet, err error) {
	defer func() {
		if recover() != nil {
			err = errMalformed
		}
	}()
	d = packets.Packet{FixedHeader: p.header, ProtocolVersion: version}
	if decode := decoders[p.header.Type]; decode != nil && decode(&d, p.body) != nil {
		return d, errMalformed
	}
	return d, nil
}

// decoders take apart the packets that have more than a fixed header.
var decoders = map[byte]func(d *packets.Packet, body []byte) error{
	packets.Connect: (*packets.Packet).ConnectDecode, packets.Connack: (*packets.Packet).ConnackDecode,
	packets.Publish: (*packets.Packet).PublishDecode,
	packets.Puback:  (*packets.Packet).PubackDecode, packets.Pubrec: (*packets.Packet).PubrecDecode,
	packets.Pubrel: (*packets.Packet).PubrelDecode, packets.Pubcomp: (*packets.Packet).PubcompDecode,
	packets.Subscribe: (*packets.Packet).SubscribeDecode, packets.Suback: (*packets.Packet).SubackDecode,
	packets.Unsubscribe: (*packets.Packet).UnsubscribeDecode, packets.Unsuback: (*packets.Packet).UnsubackDecode,
	packets.Disconnect: (*packets.Packet).DisconnectDecode, packets.Auth: (*packets.Packet).AuthDecode,
}

// topicAliases are the numbers that stand for topics in one direction (MQTT 5.0 section
// 3.3.2.3.4).
type topicAliases map[uint16]string

// topicOf is the topic of a PUBLISH, which may be given as a number.
func (a topicAliases) topicOf(d *packets.Packet) string {
	if n := d.Properties.TopicAlias; d.Properties.TopicAliasFlag && n > 0 {
		if d.TopicName == "" {
			return a[n]
		}
		a[n] = d.TopicName
	}
	return d.TopicName
}

func publicationOf(topic string, d *packets.Packet) *sockeye.Publication {
	return &sockeye.Publication{Topic: topic, QoS: int(d.FixedHeader.Qos), Retain: d.FixedHeader.Retain, Duplicate: d.FixedHeader.Dup,
		ResponseTopic: d.Properties.ResponseTopic, ContentType: d.Properties.ContentType}
}

// errMalformed is the error of bytes that are no packet.
var errMalformed = &sockeye.Error{Kind: sockeye.System, Op: "receive",
	Message: sockeye.Text{En: "what came is not MQTT", Zh: "收到的内容不是 MQTT"},
	Hint:    sockeye.Text{En: "the client must speak MQTT 3.1.1 or 5; a plain TCP client needs a server on tcp://", Zh: "客户端须使用 MQTT 3.1.1 或 5；普通 TCP 客户端请连接 tcp:// 服务"}}

func tooLarge(length, most int) error {
	return &sockeye.Error{Kind: sockeye.TooLarge, Op: "receive",
		Message: sockeye.Text{En: fmt.Sprintf("a packet of %d bytes, and %d are the most", length, most), Zh: fmt.Sprintf("报文为 %d 字节，上限是 %d", length, most)},
		Hint:    sockeye.Text{En: "raise --max-message", Zh: "请增大 --max-message"}}
}

// cutShort is the error of a stream that ends within a packet.
func cutShort(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return &sockeye.Error{Kind: sockeye.Reset, Err: io.ErrUnexpectedEOF,
			Message: sockeye.Text{En: "the connection ended in the middle of a packet: what had come of it is lost", Zh: "连接在报文中途断开，已收到的部分丢失"}}
	}
	return err
}
