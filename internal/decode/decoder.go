package decode

import (
	"slices"
	"strings"

	"sockeye"
)

// Decoder decodes the messages of one protocol. It has no state: any goroutine may use it.
type Decoder struct {
	// Name is a stable word, such as modbus-tcp.
	Name string
	// Title is what the protocol is called.
	Title sockeye.Text
	// Source is the document that defines it.
	Source string
	// Ports are those that are registered for it.
	Ports []uint16
	// strict says how sure it is that bytes which it accepts are of this protocol: 0 is
	// not at all, 100 is beyond doubt. Below sureEnough, auto does not choose it by
	// itself.
	strict int
	// hasty says that what begins like a message proves nothing.
	hasty bool
	// read reads one message.
	read func(c *cursor)
}

// Role is what a message is in a conversation.
type Role string

// The roles; "" is unknown.
const (
	Request  Role = "request"
	Response Role = "response"
	OneWay   Role = "one-way" // nothing answers it, and it answers nothing
)

// Message is what a decoder made of the beginning of some bytes.
type Message struct {
	// Protocol is the name of the decoder.
	Protocol string
	// Node is the root of the tree. Its name is the protocol's, its value a summary.
	Node
	// Bytes is how many bytes the message is long; with Short, as far as it has come.
	Bytes int
	// Short says that the message goes on after the last byte. Need is how long it is at
	// least.
	Short bool
	Need  int
	// Role is what the message is, and Key what it has in common with its answer: a
	// transaction number, or "" where answers come in the order of the requests.
	Role Role
	Key  string
	// Part says that another message with the same key follows that ends the answer.
	Part bool
	// State is what later messages of the same connection need to know.
	State State
	// weak says that many other bytes are read without a fault, too: auto does not choose
	// it.
	weak bool
}

// Node is one field of a message. The bytes that it was read from are those from From up
// to To. Those of nodes in content that was encoded (compressed, escaped) are the bytes of
// the whole content.
type Node struct {
	Name  string
	Value string // as people read it; safe to show only after it was escaped
	Unit  string
	// Note is what the value means, in the words of the protocol.
	Note string
	// Fault is what is wrong with it; the zero Text is nothing.
	Fault    sockeye.Text
	From, To int
	Children []Node
}

// Count is how many nodes the tree has.
func (n *Node) Count() int {
	count := 1
	for i := range n.Children {
		count += n.Children[i].Count()
	}
	return count
}

// State is what one message says about those that follow it.
type State struct {
	Version int // of the protocol, where messages do not say it themselves; 0 is unknown
}

// Hints is what is known of a message besides its bytes. The zero Hints is nothing.
type Hints struct {
	// Role is what the message must be, if it is known.
	Role Role
	// Request is what the message answers; nil if that is unknown.
	Request *Message
	State   State
	// Registers name what Modbus devices keep; nil is without names.
	Registers *Registers
	// Schema describes Protocol Buffers; nil is without names.
	Schema *Schema
}

// The bounds of a tree.
const (
	MaxNodes = 5000
	MaxDepth = 64
	maxValue = 512 // characters of a value
)

// sureEnough is how strict a decoder has to be for auto to choose it.
const sureEnough = 40

// decoders is every decoder, the strictest first: auto tries them in this order. It is
// filled by init, since some of them look into content that may be of any protocol.
var decoders []*Decoder

func init() {
	decoders = []*Decoder{
		&http, &tls, &nmea, &modbusRTU, &modbusTCP, &dns, &mqtt, &json, &at, &coap, &scpi, &websocket, &cbor, &msgpack, &slip, &cobs, &protobuf,
	}
	auto.read = readAuto
}

// All lists every decoder by name, auto first.
func All() []*Decoder {
	list := slices.Clone(decoders)
	slices.SortFunc(list, func(a, b *Decoder) int { return strings.Compare(a.Name, b.Name) })
	return append([]*Decoder{&auto}, list...)
}

// Named is the decoder with a name; false if there is none.
func Named(name string) (*Decoder, bool) {
	for _, d := range All() {
		if d.Name == name {
			return d, true
		}
	}
	return nil, false
}

// Names are the names of All, for help texts.
func Names() (names []string) {
	for _, d := range All() {
		names = append(names, d.Name)
	}
	return names
}

// Decode reads the message that b begins with. It is false if b does not begin with a
// message of the protocol. The tree does not refer to b.
func (d *Decoder) Decode(b []byte, h Hints) (m *Message, ok bool) {
	defer func() {
		if recover() != nil { // a decoder's own fault must not take the view with it
			m = &Message{Protocol: d.Name, Bytes: len(b), Node: Node{Name: d.Title.En, To: len(b), Fault: both("the decoder failed", "解码器出错")}}
			ok = true
		}
	}()
	return d.decode(b, h, false)
}

// Measure is how many bytes of b the message has that it begins with: 0 and how many
// are needed at least if it goes on after them, and -1 if there is none.
func (d *Decoder) Measure(b []byte) (n, need int) {
	m, ok := d.measured(b)
	switch {
	case !ok:
		return -1, 0
	case m.Short:
		return 0, m.Need
	}
	return m.Bytes, 0
}

func (d *Decoder) measured(b []byte) (m *Message, ok bool) {
	defer func() {
		if recover() != nil {
			m, ok = nil, false
		}
	}()
	return d.decode(b, Hints{}, true)
}

// decode is Decode, without a net.
func (d *Decoder) decode(b []byte, h Hints, measure bool) (*Message, bool) {
	c := newCursor(b, &h)
	c.measuring = measure
	c.stack[0].Name = d.Title.En
	d.read(c)
	if len(b) == 0 || c.none || c.at == 0 && !c.short {
		return nil, false
	}
	m := c.message()
	if m.Protocol == "" {
		m.Protocol = d.Name
	}
	return m, true
}
