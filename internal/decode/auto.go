package decode

import "sockeye"

// auto is whatever decoder fits: the strictest that has nothing to find fault with. What
// none fits is one message, as it is.
var auto = Decoder{Name: "auto", Title: sockeye.Text{En: "Any protocol", Zh: "自动识别"}}

func readAuto(c *cursor) {
	b := c.b
	var faulty *Message
	for _, d := range decoders {
		if d.strict < sureEnough {
			break
		}
		m, ok := d.decode(b, *c.hints, c.measuring)
		switch {
		case !ok:
			continue
		case m.weak, m.Short && (d.hasty || d.strict < sureOfShort || len(b) < leastShort):
			continue
		case m.faults() > 0:
			if faulty == nil && d.strict >= sureOfFaulty {
				faulty = m
			}
			continue
		}
		c.become(m)
		return
	}
	if faulty != nil {
		c.become(faulty)
		return
	}
	c.stack[0].Name = "Data"
	c.stack[0].Value = c.preview(b)
	c.at = len(b)
}

// How strict a decoder must be for auto to wait for the rest of a message, and to show one
// that has a fault.
const (
	sureOfShort  = 70
	sureOfFaulty = 81
)

// leastShort is how many bytes may be the beginning of a message.
const leastShort = 4

// become makes the message of another decoder this one.
func (c *cursor) become(m *Message) {
	c.out = *m
	c.stack[0] = m.Node
	c.at, c.short, c.need = m.Bytes, m.Short, m.Need
}

// faults counts what is wrong in a tree.
func (n *Node) faults() (count int) {
	if !n.Fault.IsZero() {
		count++
	}
	for i := range n.Children {
		count += n.Children[i].faults()
	}
	return count
}
