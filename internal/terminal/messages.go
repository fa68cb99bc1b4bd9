package terminal

import (
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/framing"
)

// DecodeFlags says which protocol the messages are of, and which files describe them.
type DecodeFlags struct {
	Protocol string
	// Registers is a workspace whose registers have names, Schema a descriptor file of
	// Protocol Buffers, perhaps with a colon and the name of a message.
	Registers, Schema string
	terminal          *Terminal
}

// Register adds the flags. Each is judged when it is read.
func (f *DecodeFlags) Register(a *Terminal, fs *pflag.FlagSet) {
	f.terminal = a
	fs.Var(CheckedText(&f.Protocol, isDecoder), "decode", a.T("show frames as messages of a protocol: auto, http, modbus-tcp, mqtt, dns and more; see sockeye decode --list", "按协议解码显示：auto、http、modbus-tcp、mqtt、dns 等，见 sockeye decode --list"))
	f.RegisterKnowledge(a, fs)
}

// RegisterKnowledge adds the flags for the files that describe the messages of a protocol.
func (f *DecodeFlags) RegisterKnowledge(a *Terminal, fs *pflag.FlagSet) {
	f.terminal = a
	fs.StringVar(&f.Registers, "registers", "", a.T("with --decode: the workspace file that names Modbus registers", "配合 --decode：为 Modbus 寄存器命名的工作区文件"))
	fs.StringVar(&f.Schema, "schema", "", a.T("with --decode: FILE or FILE:MESSAGE, what protoc --descriptor_set_out wrote", "配合 --decode：FILE 或 FILE:MESSAGE，由 protoc --descriptor_set_out 生成的描述文件"))
}

func isDecoder(name string) error { return framing.KnownDecoder(name) }

// Decoding is what the flags mean; nil is nothing.
func (f *DecodeFlags) Decoding() (*framing.Decoding, error) {
	if f.Protocol == "" {
		if f.Registers != "" || f.Schema != "" {
			flag := "--registers"
			if f.Registers == "" {
				flag = "--schema"
			}
			return nil, Usage(flag, sockeye.Text{En: "it says what messages mean, and none are decoded", Zh: "它说明消息的含义，但没有要求解码"},
				sockeye.Text{En: "add --decode modbus-tcp, --decode protobuf or another protocol", Zh: "请加上 --decode modbus-tcp、--decode protobuf 等"})
		}
		return nil, nil
	}
	k, err := f.Knowledge()
	if err != nil {
		return nil, err
	}
	return framing.NewDecoding(f.Protocol, k), nil
}

// Knowledge reads the files that describe the messages of a protocol.
func (f *DecodeFlags) Knowledge() (k framing.Knowledge, err error) {
	if f.Registers != "" {
		path, err := f.terminal.File("--registers", f.Registers)
		if err != nil {
			return k, err
		}
		registers, err := f.terminal.ReadRegisters(path)
		if err != nil {
			return k, err
		}
		if err := k.SetRegisters(registers); err != nil {
			return k, OfFlag(err, "--registers")
		}
	}
	if f.Schema != "" {
		path, message := framing.CutSchema(f.Schema)
		if path, err = f.terminal.File("--schema", path); err != nil {
			return k, err
		}
		b, err := f.terminal.ReadSchema(path)
		if err != nil {
			return k, FileError("read", path, err)
		}
		if err := k.SetSchema(b, message); err != nil {
			return k, OfFlag(err, "--schema")
		}
	}
	return k, nil
}

// appendMessage appends the summary of the message in a frame, and returns the lines of its fields;
// tree is nil if the frame is no message.
func (v *View) appendMessage(dst []byte, f *framing.PeerFrame) (out, tree []byte) {
	if v.decoding == nil {
		return dst, nil
	}
	m, _, _, ok := v.decoding.Message(f)
	if !ok {
		return dst, nil
	}
	return m.AppendSummary(dst, v.term.Lang), m.AppendTree([]byte{}, "  ", v.term.Lang)
}

// appendMessageJSON adds the message in a frame to a line of JSON as one more member.
func (v *View) appendMessageJSON(line []byte, f *framing.PeerFrame) []byte {
	if v.decoding == nil {
		return line
	}
	m, from, _, ok := v.decoding.Message(f)
	if !ok {
		return line
	}
	text, err := sockeye.MarshalJSON(m.Line(v.term.Lang, from))
	if err != nil {
		return line
	}
	line = append(line[:len(line)-1], `,"message":`...)
	return append(append(line, text...), '}')
}
