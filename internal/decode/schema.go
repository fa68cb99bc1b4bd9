package decode

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"sockeye"
	"sockeye/internal/payload"
)

// Schema is the type of a message of Protocol Buffers. It does not change; any goroutine
// may read it.
type Schema struct {
	message protoreflect.MessageDescriptor
}

// ParseSchema reads a descriptor file, as protoc --include_imports --descriptor_set_out
// writes it, and finds a message in it by its full name; "" is the first message of the
// last file, which is the one that protoc was asked for. The error is an *sockeye.Error
// of kind Invalid.
func ParseSchema(descriptors []byte, message string) (*Schema, error) {
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(descriptors, &set); err != nil || len(set.File) == 0 {
		return nil, schemaError(message, both("the file is no set of descriptors", "该文件不是描述符集合"))
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, schemaError(message, both("the descriptors do not fit together: %s", "描述符不完整：%s", payload.SafeString(err.Error())))
	}
	if message == "" {
		last, err := files.FindFileByPath(set.File[len(set.File)-1].GetName())
		if err != nil || last.Messages().Len() == 0 {
			return nil, schemaError(message, both("the last file has no message", "最后一个文件没有消息类型"))
		}
		return &Schema{last.Messages().Get(0)}, nil
	}
	found, err := files.FindDescriptorByName(protoreflect.FullName(message))
	if m, is := found.(protoreflect.MessageDescriptor); err == nil && is {
		return &Schema{m}, nil
	}
	return nil, schemaError(message, both("the file has no message of this name", "文件中没有该名称的消息类型"))
}

func schemaError(message string, text sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: payload.Quote("schema "+message, 80), Message: text,
		Hint: both("write it with protoc --include_imports --descriptor_set_out=FILE, and name the message with its package: weather.Report", "请用 protoc --include_imports --descriptor_set_out=FILE 生成，消息名须带包名，例如 weather.Report")}
}

// root is the type of the message; nil without a schema.
func (s *Schema) root() protoreflect.MessageDescriptor {
	if s == nil {
		return nil
	}
	return s.message
}
