package decode

import (
	"fmt"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
)

// AppendSummary appends a message in one line, escaped: what it is, and the first thing
// that is wrong with it.
func (m *Message) AppendSummary(dst []byte, l sockeye.Lang) []byte {
	dst = append(dst, payload.SafeString(m.Name)...)
	if m.Value != "" {
		dst = append(append(dst, ": "...), payload.SafeString(m.Value)...)
	}
	if m.Short {
		dst = append(append(dst, ' '), sockeye.Text{En: "[more follows]", Zh: "[未完]"}.In(l)...)
	}
	if fault := m.fault(); !fault.IsZero() {
		dst = append(dst, " ["+payload.SafeString(fault.In(l))+"]"...)
	}
	return dst
}

// fault is the first thing that is wrong in a tree.
func (n *Node) fault() sockeye.Text {
	if !n.Fault.IsZero() {
		return n.Fault
	}
	for i := range n.Children {
		if f := n.Children[i].fault(); !f.IsZero() {
			return f
		}
	}
	return sockeye.Text{}
}

// Faulty says that something is wrong in the message.
func (m *Message) Faulty() bool { return !m.fault().IsZero() }

// AppendTree appends the fields of a message, a line each, escaped: the bytes that it was
// read from, its name and its value. Every line begins with indent.
func (m *Message) AppendTree(dst []byte, indent string, l sockeye.Lang) []byte {
	for i := range m.Children {
		dst = m.Children[i].appendTree(dst, indent, 0, l)
	}
	return dst
}

func (n *Node) appendTree(dst []byte, indent string, depth int, l sockeye.Lang) []byte {
	at := fmt.Sprintf("%d", n.From)
	if n.To > n.From+1 {
		at = fmt.Sprintf("%d-%d", n.From, n.To-1)
	}
	dst = fmt.Appendf(dst, "%s%9s  %s%s", indent, at, strings.Repeat("  ", depth), payload.SafeString(n.Name))
	if n.Value != "" {
		dst = append(dst, ": "+payload.SafeString(n.Value)...)
	}
	if n.Unit != "" {
		dst = append(dst, " "+payload.SafeString(n.Unit)...)
	}
	if n.Note != "" {
		dst = append(dst, " ("+payload.SafeString(n.Note)+")"...)
	}
	if !n.Fault.IsZero() {
		dst = append(dst, " ["+payload.SafeString(n.Fault.In(l))+"]"...)
	}
	dst = append(dst, '\n')
	for i := range n.Children {
		dst = n.Children[i].appendTree(dst, indent, depth+1, l)
	}
	return dst
}

// Shift makes all bytes of the tree count from n further before.
func (m *Message) Shift(n int) { m.move(n, 0, false) }

// NodeLine is a node as it is shown outside, in JSON.
type NodeLine struct {
	Name     string     `json:"name"`
	Value    string     `json:"value,omitempty"`
	Unit     string     `json:"unit,omitempty"`
	Note     string     `json:"note,omitempty"`  // what the value means, in the words of the protocol
	Fault    string     `json:"fault,omitempty"` // what is wrong with it
	From     int        `json:"from"`            // it was read from these bytes, up to without to
	To       int        `json:"to"`
	Children []NodeLine `json:"children,omitempty"`
}

// MessageLine is a message as it is shown outside, in JSON.
type MessageLine struct {
	Protocol string   `json:"protocol"` // the name of the decoder
	Role     Role     `json:"role,omitempty" enum:"request,response,one-way"`
	Key      string   `json:"key,omitempty"`   // what it has in common with its answer
	Bytes    int      `json:"bytes"`           // that the message is long
	Short    bool     `json:"short,omitempty"` // it goes on after the last byte
	Tree     NodeLine `json:"tree"`
}

// Line is the message in JSON; its faults are in a language. By shift all bytes are
// further on in what the reader sees.
func (m *Message) Line(l sockeye.Lang, shift int) MessageLine {
	return MessageLine{m.Protocol, m.Role, m.Key, m.Bytes, m.Short, m.Node.line(l, shift)}
}

func (n *Node) line(l sockeye.Lang, shift int) NodeLine {
	out := NodeLine{Name: n.Name, Value: n.Value, Unit: n.Unit, Note: n.Note, Fault: n.Fault.In(l), From: n.From + shift, To: n.To + shift}
	for i := range n.Children {
		out.Children = append(out.Children, n.Children[i].line(l, shift))
	}
	return out
}
