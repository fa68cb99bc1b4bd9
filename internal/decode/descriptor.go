package decode

import (
	"cmp"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// A descriptor file is itself a message of Protocol Buffers, a FileDescriptorSet. Of it only
// names, numbers and types are read here, with the numbers of descriptor.proto: the library's
// own descriptors would add 1.5 MB to the program.

// What a descriptor file may hold.
const (
	maxDescriptors     = 1 << 17 // messages, fields, enums and their values
	maxDescriptorDepth = 100     // messages within messages
)

// descriptorSet collects the messages and enums of all files by their full names.
type descriptorSet struct {
	messages map[string]*protoMessage
	enums    map[string]protoEnum
	first    *protoMessage // of the last file
	count    int
}

// read reads a FileDescriptorSet; false if it is none, or has too much in it.
func (s *descriptorSet) read(b []byte) bool {
	files := 0
	return eachField(b, func(n protowire.Number, v protoValue) bool {
		if n != 1 {
			return true
		}
		files++
		return v.isBytes && s.file(v.bytes)
	}) && files > 0
}

// file reads a FileDescriptorProto.
func (s *descriptorSet) file(b []byte) bool {
	prefix := ""
	if pkg, ok := stringField(b, 2); !ok || pkg != "" && !isProtoName(pkg) {
		return false
	} else if pkg != "" {
		prefix = pkg + "."
	}
	s.first = nil
	return eachField(b, func(n protowire.Number, v protoValue) bool {
		switch {
		case n == 4:
			m := s.message(v.bytes, prefix, 0)
			if s.first == nil {
				s.first = m
			}
			return m != nil
		case n == 5:
			return s.enum(v.bytes, prefix)
		}
		return true
	})
}

// message reads a DescriptorProto with those within it; nil if it is none.
func (s *descriptorSet) message(b []byte, prefix string, depth int) *protoMessage {
	name, ok := stringField(b, 1)
	if s.count++; !ok || !isProtoName(name) || depth > maxDescriptorDepth || s.count > maxDescriptors || s.messages[prefix+name] != nil {
		return nil
	}
	m := &protoMessage{name: prefix + name, fields: map[protowire.Number]*protoField{}}
	s.messages[m.name] = m
	ok = eachField(b, func(n protowire.Number, v protoValue) bool {
		switch n {
		case 2:
			return s.field(m, v.bytes)
		case 3:
			return s.message(v.bytes, m.name+".", depth+1) != nil
		case 4:
			return s.enum(v.bytes, m.name+".")
		}
		return true
	})
	if !ok {
		return nil
	}
	return m
}

// field reads a FieldDescriptorProto.
func (s *descriptorSet) field(m *protoMessage, b []byte) bool {
	f := &protoField{}
	ok := eachField(b, func(n protowire.Number, v protoValue) bool {
		switch n {
		case 1:
			f.name = string(v.bytes)
		case 3:
			f.number = protowire.Number(v.number)
		case 4:
			f.repeated = v.number == 3
		case 5:
			f.kind = protoKind(v.number)
		case 6:
			f.typeName = strings.TrimPrefix(string(v.bytes), ".")
		}
		return true
	})
	if s.count++; !ok || s.count > maxDescriptors || !isProtoName(f.name) || !f.number.IsValid() || m.fields[f.number] != nil {
		return false
	}
	m.fields[f.number] = f
	return true
}

// enum reads an EnumDescriptorProto.
func (s *descriptorSet) enum(b []byte, prefix string) bool {
	name, ok := stringField(b, 1)
	if s.count++; !ok || !isProtoName(name) || s.count > maxDescriptors {
		return false
	}
	e := protoEnum{}
	s.enums[prefix+name] = e
	return eachField(b, func(n protowire.Number, v protoValue) bool {
		return n != 2 || s.enumValue(e, v.bytes)
	})
}

// enumValue reads an EnumValueDescriptorProto. Of several names of a number the first counts.
func (s *descriptorSet) enumValue(e protoEnum, b []byte) bool {
	name, number := "", int32(0)
	ok := eachField(b, func(n protowire.Number, v protoValue) bool {
		switch n {
		case 1:
			name = string(v.bytes)
		case 2:
			number = int32(v.number)
		}
		return true
	})
	if s.count++; !ok || !isProtoName(name) || s.count > maxDescriptors {
		return false
	}
	if _, known := e[number]; !known {
		e[number] = name
	}
	return true
}

// resolve gives fields the messages and enums that they name, and returns the name of one that
// no file has; "" if all are there.
func (s *descriptorSet) resolve() (missing string) {
	for _, m := range s.messages {
		for _, f := range m.fields {
			switch f.kind {
			case messageKind, groupKind:
				f.message = s.messages[f.typeName]
			case enumKind:
				f.enum = s.enums[f.typeName]
			default:
				continue
			}
			name := cmp.Or(f.typeName, "the type of "+m.name+"."+f.name)
			if f.message == nil && f.enum == nil && (missing == "" || name < missing) {
				missing = name
			}
		}
	}
	return missing
}

// protoValue is the value of a field: bytes, or a number for all other types.
type protoValue struct {
	isBytes bool
	bytes   []byte
	number  uint64
}

// eachField calls do for each field of a message until it returns false; false if it did, or
// if b is no message.
func eachField(b []byte, do func(protowire.Number, protoValue) bool) bool {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, kind, b[n:])
		if size < 0 {
			return false
		}
		var v protoValue
		switch kind {
		case protowire.BytesType:
			v.isBytes = true
			v.bytes, _ = protowire.ConsumeBytes(b[n:])
		case protowire.VarintType:
			v.number, _ = protowire.ConsumeVarint(b[n:])
		}
		if !do(number, v) {
			return false
		}
		b = b[n+size:]
	}
	return true
}

// stringField is the last field of a number as a text; false if b is no message.
func stringField(b []byte, number protowire.Number) (text string, ok bool) {
	ok = eachField(b, func(n protowire.Number, v protoValue) bool {
		if n == number {
			text = string(v.bytes)
		}
		return true
	})
	return text, ok
}

// isProtoName is true for identifiers with points between.
func isProtoName(s string) bool {
	if len(s) == 0 || len(s) > 512 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		for i, c := range []byte(part) {
			letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
		if part == "" {
			return false
		}
	}
	return true
}
