package decode

import (
	stdjson "encoding/json"
	"fmt"
	"math"
	"net"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	fxcbor "github.com/fxamacker/cbor/v2"
	wiredns "github.com/miekg/dns"
	vmsgpack "github.com/vmihailenco/msgpack/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"pgregory.net/rapid"
)

// Values that others encode are decoded as what they were.

// anyValue is a value of the data model of JSON and its binary relatives, in depth levels.
func anyValue(depth int) *rapid.Generator[any] {
	scalars := rapid.OneOf(
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Uint64Range(0, math.MaxInt64), func(n uint64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.StringN(0, 20, 100), func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f }),
		rapid.Just[any](nil),
	)
	if depth == 0 {
		return scalars
	}
	inner := anyValue(depth - 1)
	return rapid.OneOf(scalars,
		rapid.Map(rapid.SliceOfN(inner, 0, 5), func(list []any) any { return list }),
		rapid.Map(rapid.MapOfN(rapid.StringN(0, 10, 40), inner, 0, 5), func(m map[string]any) any { return m }))
}

// sameValue says how a tree differs from the value that was encoded; "" if not at all.
func sameValue(n *Node, want any) string {
	switch v := want.(type) {
	case map[string]any:
		if len(n.Children) != len(v) {
			return fmt.Sprintf("%d pairs instead of %d", len(n.Children), len(v))
		}
		for i := range n.Children {
			child := &n.Children[i]
			inner, there := v[child.Name]
			if !there {
				return "no key " + strconv.Quote(child.Name)
			}
			if why := sameValue(child, inner); why != "" {
				return child.Name + ": " + why
			}
		}
		return ""
	case []any:
		if len(n.Children) != len(v) {
			return fmt.Sprintf("%d elements instead of %d", len(n.Children), len(v))
		}
		for i := range v {
			if why := sameValue(&n.Children[i], v[i]); why != "" {
				return strconv.Itoa(i) + ": " + why
			}
		}
		return ""
	case float64:
		if got, err := strconv.ParseFloat(n.Value, 64); err == nil && got == v {
			return ""
		}
	case nil:
		if n.Value == "null" || n.Value == "nil" {
			return ""
		}
	default:
		if n.Value == fmt.Sprint(v) {
			return ""
		}
	}
	return fmt.Sprintf("%q instead of %v", n.Value, want)
}

// Whatever value other libraries encode as CBOR or MessagePack is decoded whole, as that value.
func TestBinaryValuesAsEncoded(t *testing.T) {
	encoders := map[string]func(any) ([]byte, error){"cbor": fxcbor.Marshal, "msgpack": vmsgpack.Marshal}
	for name, encode := range encoders {
		t.Run(name, func(t *testing.T) {
			d, _ := Named(name)
			rapid.Check(t, func(t *rapid.T) {
				value := anyValue(3).Draw(t, "value")
				b, err := encode(value)
				if err != nil {
					t.Skip(err)
				}
				m, ok := d.Decode(b, Hints{})
				if !ok || m.Short || m.Bytes != len(b) || m.Faulty() {
					t.Fatalf("%x of %#v: %+v", b, value, m)
				}
				if why := sameValue(&m.Node, value); why != "" {
					t.Fatalf("%x of %#v: %s\n%s", b, value, why, tree(m))
				}
			})
		})
	}
}

// CBOR of any bytes is well-formed for us where it is for the library.
func FuzzCBORWellFormed(f *testing.F) {
	for _, c := range samples {
		if c.protocol == "cbor" {
			f.Add([]byte(c.bytes))
		}
	}
	mode, err := fxcbor.DecOptions{MaxNestedLevels: 32, TagsMd: fxcbor.TagsAllowed}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if mode.Wellformed(b) != nil || len(b) == 0 {
			return
		}
		d, _ := Named("cbor")
		if m, ok := d.decode(b, Hints{}, false); !ok || m.Short || m.Bytes != len(b) {
			t.Errorf("%x is one item: %+v", b, m)
		}
	})
}

// Whatever value encoding/json writes is decoded as that value, and the bytes of each field are
// JSON of it.
func TestJSONAsEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := map[string]any{"a": anyValue(3).Draw(t, "value")}
		b, err := stdjson.Marshal(value)
		if err != nil {
			t.Skip(err)
		}
		var back map[string]any
		if err := stdjson.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(fmt.Sprint(back), fmt.Sprint(value)) {
			t.Skip("not a value of JSON")
		}
		m, ok := json.Decode(b, Hints{})
		if !ok || m.Bytes != len(b) {
			t.Fatalf("%s: %+v", b, m)
		}
		if why := sameValue(&m.Node, value); why != "" {
			t.Fatalf("%s: %s\n%s", b, why, tree(m))
		}
		var check func(n *Node)
		check = func(n *Node) {
			for i := range n.Children {
				check(&n.Children[i])
			}
			var v any
			if err := stdjson.Unmarshal(b[n.From:n.To], &v); err != nil {
				t.Fatalf("%s: the bytes of %s are %q: %v", b, n.Name, b[n.From:n.To], err)
			}
		}
		check(&m.Node)
	})
}

// schemaOf is a descriptor set with one message, as protoc writes it.
func schemaOf(t testing.TB) []byte {
	field := func(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type, label descriptorpb.FieldDescriptorProto_Label, of string) *descriptorpb.FieldDescriptorProto {
		f := &descriptorpb.FieldDescriptorProto{Name: &name, Number: &number, Type: &kind, Label: &label}
		if of != "" {
			f.TypeName = &of
		}
		return f
	}
	const one, many = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL, descriptorpb.FieldDescriptorProto_LABEL_REPEATED
	file := &descriptorpb.FileDescriptorProto{
		Name: proto.String("weather.proto"), Package: proto.String("weather"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("Report"), Field: []*descriptorpb.FieldDescriptorProto{
			field("place", 1, descriptorpb.FieldDescriptorProto_TYPE_STRING, one, ""),
			field("temp", 2, descriptorpb.FieldDescriptorProto_TYPE_SINT32, one, ""),
			field("hum", 3, descriptorpb.FieldDescriptorProto_TYPE_FLOAT, one, ""),
			field("sky", 4, descriptorpb.FieldDescriptorProto_TYPE_ENUM, one, ".weather.Sky"),
			field("wind", 5, descriptorpb.FieldDescriptorProto_TYPE_INT32, many, ""),
			field("before", 6, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, one, ".weather.Report"),
			field("raining", 7, descriptorpb.FieldDescriptorProto_TYPE_BOOL, one, ""),
		}}},
		EnumType: []*descriptorpb.EnumDescriptorProto{{Name: proto.String("Sky"), Value: []*descriptorpb.EnumValueDescriptorProto{
			{Name: proto.String("CLEAR"), Number: proto.Int32(0)}, {Name: proto.String("CLOUDY"), Number: proto.Int32(1)}}}},
	}
	b, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{file}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := protodesc.NewFile(file, nil); err != nil {
		t.Fatal(err)
	}
	return b
}

// With a schema the fields of protobuf have their names, types and enumerated values; what is no
// schema, or has no such message, is refused.
func TestProtobufWithSchema(t *testing.T) {
	schema, err := ParseSchema(schemaOf(t), "")
	if err != nil {
		t.Fatal(err)
	}
	b := []byte(unhex("0a 03 4f756c 10 2b 1d 0000 2042 20 01 2a 03 01 9601 32 04 0a 02 6869 38 01 48 07"))
	m, ok := protobuf.Decode(b, Hints{Schema: schema})
	if !ok {
		t.Fatal("no message")
	}
	want := strings.TrimPrefix(`
weather.Report: 8 fields [0:28]
  place: Oul (string) [0:5]
  temp: -22 [5:7]
  hum: 40 [7:12]
  sky: CLOUDY (1) [12:14]
  wind: 2 values [14:19]
    wind: 1 [16:17]
    wind: 150 [17:19]
  before: 1 field [19:25]
    place: hi (string) [21:25]
  raining: true [25:27]
  Field 9: 7 [27:29]
`, "\n")
	want = strings.Replace(want, "[0:28]", fmt.Sprintf("[0:%d]", len(b)), 1)
	if got := tree(m); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if _, err := ParseSchema(schemaOf(t), "weather.Nothing"); err == nil || !strings.Contains(err.Error(), "no message of this name") {
		t.Error(err)
	}
	if _, err := ParseSchema([]byte("x"), ""); err == nil {
		t.Error("x is taken for descriptors")
	}
}

// Records that the library packs are shown as it writes them, and their bytes are those of
// the message.
func TestDNSAsPacked(t *testing.T) {
	message := new(wiredns.Msg)
	message.SetQuestion("board.example.org.", wiredns.TypeA)
	message.Response, message.Compress = true, true
	message.Answer = []wiredns.RR{
		&wiredns.CNAME{Hdr: wiredns.RR_Header{Name: "board.example.org.", Rrtype: wiredns.TypeCNAME, Class: wiredns.ClassINET, Ttl: 60}, Target: "b.example.org."},
		&wiredns.A{Hdr: wiredns.RR_Header{Name: "b.example.org.", Rrtype: wiredns.TypeA, Class: wiredns.ClassINET, Ttl: 300}, A: net.IPv4(192, 0, 2, 7)},
	}
	message.Extra = []wiredns.RR{&wiredns.TXT{Hdr: wiredns.RR_Header{Name: "b.example.org.", Rrtype: wiredns.TypeTXT, Class: wiredns.ClassINET, Ttl: 1}, Txt: []string{"a b", "c"}}}
	b, err := message.Pack()
	if err != nil {
		t.Fatal(err)
	}
	m, ok := dns.Decode(b, Hints{})
	if !ok || m.Bytes != len(b) || m.Faulty() || m.Role != Response {
		t.Fatalf("%+v", m)
	}
	var got []string
	for i := range m.Children {
		if n := &m.Children[i]; len(n.Children) > 0 {
			got = append(got, n.Name+" "+n.Value)
			if last := n.Children[len(n.Children)-1]; n.Children[0].From != n.From || last.To != n.To {
				t.Errorf("%s has the bytes %d to %d, its fields %d to %d", n.Name, n.From, n.To, n.Children[0].From, last.To)
			}
		}
	}
	want := []string{"Question board.example.org. IN A", "Answer board.example.org. CNAME b.example.org.", "Answer b.example.org. A 192.0.2.7", `Additional b.example.org. TXT "a b" "c"`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The timestamp of MessagePack is shown as the time that another library encoded.
func TestMsgpackTimestamp(t *testing.T) {
	at := time.Date(2026, 1, 31, 15, 4, 5, 500, time.UTC)
	b, err := vmsgpack.Marshal(at)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := msgpack.Decode(b, Hints{}); !ok || m.Value != at.Format(time.RFC3339Nano) {
		t.Errorf("%x: %+v", b, m)
	}
}
