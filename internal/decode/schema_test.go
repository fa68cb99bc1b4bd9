package decode

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/typepb"
)

// descriptorSetOf is what protoc writes for files, those they import included.
func descriptorSetOf(t testing.TB, files ...protoreflect.FileDescriptor) []byte {
	set := &descriptorpb.FileDescriptorSet{}
	known := map[string]bool{}
	var add func(f protoreflect.FileDescriptor)
	add = func(f protoreflect.FileDescriptor) {
		if known[f.Path()] {
			return
		}
		known[f.Path()] = true
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).FileDescriptor)
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
	}
	for _, f := range files {
		add(f)
	}
	b, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sameMessage fails where ours differs from the library's.
func sameMessage(t *testing.T, ours *protoMessage, theirs protoreflect.MessageDescriptor) {
	t.Helper()
	if ours == nil || ours.name != string(theirs.FullName()) || len(ours.fields) != theirs.Fields().Len() {
		t.Fatalf("%s with %d fields is %+v", theirs.FullName(), theirs.Fields().Len(), ours)
	}
	for i := range theirs.Fields().Len() {
		want := theirs.Fields().Get(i)
		got := ours.field(want.Number())
		if got == nil || got.name != string(want.Name()) || got.kind != protoKind(want.Kind()) || got.repeated != (want.Cardinality() == protoreflect.Repeated) {
			t.Errorf("%s is %+v", want.FullName(), got)
			continue
		}
		if (got.message != nil) != (want.Message() != nil) || got.message != nil && got.message.name != string(want.Message().FullName()) {
			t.Errorf("%s is of type %+v", want.FullName(), got.message)
		}
		for n := 0; want.Enum() != nil && n < want.Enum().Values().Len(); n++ {
			if v := want.Enum().Values().Get(n); got.enum[int32(v.Number())] != string(want.Enum().Values().ByNumber(v.Number()).Name()) {
				t.Errorf("%s names %d %q", want.FullName(), v.Number(), got.enum[int32(v.Number())])
			}
		}
	}
}

// TestSchemaAsLibrary reads descriptors of real files, with imports, messages within messages,
// maps, groups of enums and both syntaxes, and compares every field with the library's.
func TestSchemaAsLibrary(t *testing.T) {
	for _, file := range []protoreflect.FileDescriptor{descriptorpb.File_google_protobuf_descriptor_proto, structpb.File_google_protobuf_struct_proto, typepb.File_google_protobuf_type_proto} {
		b := descriptorSetOf(t, file)
		first, err := ParseSchema(b, "")
		if err != nil {
			t.Fatal(err)
		}
		sameMessage(t, first.message, file.Messages().Get(0))
		var all func(list protoreflect.MessageDescriptors)
		all = func(list protoreflect.MessageDescriptors) {
			for i := range list.Len() {
				s, err := ParseSchema(b, string(list.Get(i).FullName()))
				if err != nil {
					t.Fatal(err)
				}
				sameMessage(t, s.message, list.Get(i))
				all(list.Get(i).Messages())
			}
		}
		all(file.Messages())
	}
}

// TestSchemaRefuses: what is no descriptor file, or not a whole one, is said.
func TestSchemaRefuses(t *testing.T) {
	entry := func(number protowire.Number, b string) []byte {
		return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), b)
	}
	join := func(parts ...[]byte) string { return string(bytes.Join(parts, nil)) }
	file := func(parts ...[]byte) []byte { return entry(1, join(parts...)) }
	message := func(name string, parts ...[]byte) []byte { return entry(4, string(entry(1, name))+join(parts...)) }
	field := func(more ...[]byte) []byte {
		return entry(2, string(entry(1, "a"))+string([]byte{0x18, 1, 0x28, byte(messageKind)})+join(more...))
	}
	deep := entry(1, "M")
	for range maxDescriptorDepth + 1 {
		deep = append(entry(1, "M"), entry(3, string(deep))...)
	}
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "no set of descriptors"},
		{"a torn file", descriptorSetOf(t, descriptorpb.File_google_protobuf_descriptor_proto)[:1000], "no set of descriptors"},
		{"no message", file(entry(2, "weather")), "the last file has no message"},
		{"a message without a name", file(entry(4, "")), "no set of descriptors"},
		{"a name with an escape", file(message("M\x1b[31m")), "no set of descriptors"},
		{"two of one name", file(message("M"), message("M")), "no set of descriptors"},
		{"two fields of one number", file(message("M", field(entry(6, ".M")), field(entry(6, ".M")))), "no set of descriptors"},
		{"a type of no file", file(message("M", field(entry(6, ".other.N")))), "other.N is missing"},
		{"a field that names no type", file(message("M", field())), "the type of M.a is missing"},
		{"too deep", file(entry(4, string(deep))), "no set of descriptors"},
		{"too many", file(message("M", bytes.Repeat(entry(4, string(entry(1, "E"))), maxDescriptors))), "no set of descriptors"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if s, err := ParseSchema(c.b, ""); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

// FuzzSchema: no file makes it fail, and where the library takes one as well, the fields are
// the same.
func FuzzSchema(f *testing.F) {
	f.Add(descriptorSetOf(f, structpb.File_google_protobuf_struct_proto))
	f.Add(descriptorSetOf(f, typepb.File_google_protobuf_type_proto))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSchema(b, "")
		if err != nil {
			return
		}
		var set descriptorpb.FileDescriptorSet
		if proto.Unmarshal(b, &set) != nil {
			return
		}
		files, err := protodesc.NewFiles(&set)
		if err != nil {
			return
		}
		theirs, err := files.FindDescriptorByName(protoreflect.FullName(s.message.name))
		if m, is := theirs.(protoreflect.MessageDescriptor); err == nil && is {
			for number, field := range s.message.fields {
				if want := m.Fields().ByNumber(number); want == nil || string(want.Name()) != field.name {
					t.Errorf("field %d is %+v, the library has %v", number, field, want)
				}
			}
		}
		protobuf.Decode([]byte{0x0a, 2, 8, 1, 0x10, 1}, Hints{Schema: s})
	})
}
