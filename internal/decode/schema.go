package decode

import (
	"google.golang.org/protobuf/encoding/protowire"

	"sockeye"
	"sockeye/internal/payload"
)

// Schema is the type of a message of Protocol Buffers. It does not change; any goroutine
// may read it.
type Schema struct {
	message *protoMessage
}

// ParseSchema reads a descriptor file, as protoc --include_imports --descriptor_set_out
// writes it, and finds a message in it by its full name; "" is the first message of the
// last file, which is the one that protoc was asked for. The error is an *sockeye.Error
// of kind Invalid.
func ParseSchema(descriptors []byte, message string) (*Schema, error) {
	set := &descriptorSet{messages: map[string]*protoMessage{}, enums: map[string]protoEnum{}}
	if !set.read(descriptors) {
		return nil, schemaError(message, both("the file is no set of descriptors", "该文件不是描述符集合"))
	}
	if missing := set.resolve(); missing != "" {
		return nil, schemaError(message, both("the descriptors do not fit together: %s is missing", "描述符不完整：缺少 %s", payload.SafeString(missing)))
	}
	switch m := set.messages[message]; {
	case message == "" && set.first == nil:
		return nil, schemaError(message, both("the last file has no message", "最后一个文件没有消息类型"))
	case message == "":
		return &Schema{set.first}, nil
	case m != nil:
		return &Schema{m}, nil
	}
	return nil, schemaError(message, both("the file has no message of this name", "文件中没有该名称的消息类型"))
}

func schemaError(message string, text sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: payload.Quote("schema "+message, 80), Message: text,
		Hint: both("write it with protoc --include_imports --descriptor_set_out=FILE, and name the message with its package: weather.Report", "请用 protoc --include_imports --descriptor_set_out=FILE 生成，消息名须带包名，例如 weather.Report")}
}

// root is the type of the message; nil without a schema.
func (s *Schema) root() *protoMessage {
	if s == nil {
		return nil
	}
	return s.message
}

// protoMessage is what its descriptor says of a message.
type protoMessage struct {
	name   string // with the package
	fields map[protowire.Number]*protoField
}

// field finds one by its number; nil if it is not known.
func (m *protoMessage) field(n protowire.Number) *protoField {
	if m == nil {
		return nil
	}
	return m.fields[n]
}

// protoField is what its descriptor says of a field.
type protoField struct {
	name     string
	number   protowire.Number
	kind     protoKind
	repeated bool
	typeName string        // of a message or an enum
	message  *protoMessage // nil unless kind says so
	enum     protoEnum
}

// protoEnum are the names of an enum's numbers.
type protoEnum map[int32]string

// protoKind is the type of a field, FieldDescriptorProto.Type of descriptor.proto.
type protoKind uint8

const (
	doubleKind   protoKind = 1
	floatKind    protoKind = 2
	int64Kind    protoKind = 3
	int32Kind    protoKind = 5
	fixed64Kind  protoKind = 6
	fixed32Kind  protoKind = 7
	boolKind     protoKind = 8
	stringKind   protoKind = 9
	groupKind    protoKind = 10
	messageKind  protoKind = 11
	bytesKind    protoKind = 12
	enumKind     protoKind = 14
	sfixed32Kind protoKind = 15
	sfixed64Kind protoKind = 16
	sint32Kind   protoKind = 17
	sint64Kind   protoKind = 18
)
