package encode

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
)

// The numbers of options (RFC 7252 section 5.10).
const (
	coapPath   = 11
	coapFormat = 12
	coapQuery  = 15
	coapAccept = 17
)

var coapFormats = []EncoderChoice{
	{"0", sockeye.Text{En: "text/plain", Zh: "text/plain"}}, {"40", sockeye.Text{En: "application/link-format", Zh: "application/link-format"}},
	{"50", sockeye.Text{En: "application/json", Zh: "application/json"}}, {"60", sockeye.Text{En: "application/cbor", Zh: "application/cbor"}},
}

var coap = Encoder{Name: "coap", write: coapRequest, Fields: []EncoderField{
	{Name: "method", Title: both("Method", "方法"), Kind: Choice, Default: "1", Choices: []EncoderChoice{
		{"1", both("GET", "GET")}, {"2", both("POST", "POST")}, {"3", both("PUT", "PUT")}, {"4", both("DELETE", "DELETE")}}},
	{Name: "type", Title: both("Type", "类型"), Kind: Choice, Default: "0", Choices: []EncoderChoice{
		{"0", both("confirmable (CON)", "需确认（CON）")}, {"1", both("non-confirmable (NON)", "不需确认（NON）")}}},
	{Name: "path", Title: both("Path", "路径"), Hint: both("as in sensors/temp?unit=c; .well-known/core lists what there is", "例如 sensors/temp?unit=c；.well-known/core 列出全部资源"), Kind: Text, Length: 1024, Optional: true},
	{Name: "accept", Title: both("Accept", "期望格式"), Kind: Choice, Choices: coapFormats, Optional: true, For: []string{"1"}},
	{Name: "format", Title: both("Content format", "内容格式"), Kind: Choice, Choices: coapFormats[:3], Optional: true, For: []string{"2", "3"}},
	{Name: "payload", Title: both("Payload", "载荷"), Kind: Text, Length: 1024, Optional: true, For: []string{"2", "3"}},
}}

// coapRequest is a datagram (RFC 7252 section 3). Message ID and token are random, so that
// a server does not take one request for a repetition of another.
func coapRequest(f *form) EncodedRequest {
	method, _ := strconv.Atoi(f.text("method"))
	kind, _ := strconv.Atoi(f.text("type"))
	const tokenSize = 2
	o := coapOptions{form: f}
	path, query, _ := strings.Cut(strings.TrimPrefix(f.text("path"), "/"), "?")
	o.all(coapPath, path, "/")
	o.number(coapFormat, f.text("format"))
	o.all(coapQuery, query, "&")
	o.number(coapAccept, f.text("accept"))
	if body := f.text("payload"); body != "" {
		o.b = append(append(o.b, 0xff), body...)
	}
	text := fmt.Sprintf("%02x %02x {{rand:2}} {{rand:%d}} %s", 1<<6|kind<<4|tokenSize, method, tokenSize, payload.FormatHex(o.b))
	return EncodedRequest{Text: strings.TrimSpace(text), Hex: true}
}

// coapOptions are options in the order of their numbers, each written as what its number
// has more than the one before.
type coapOptions struct {
	form *form
	last int
	b    []byte
}

// all writes an option for each part of a text; none for an empty one.
func (o *coapOptions) all(number int, text, separator string) {
	for part := range strings.SplitSeq(text, separator) {
		if len(part) > 255 {
			o.form.fault("path", both("a part of it is longer than 255 bytes", "其中一段超过 255 字节"), sockeye.Text{})
		}
		if text != "" {
			o.add(number, []byte(part))
		}
	}
}

// number writes an option that is a number, in as few bytes as it takes (section 3.2).
func (o *coapOptions) number(number int, text string) {
	switch n, _ := strconv.Atoi(text); {
	case text == "":
	case n == 0:
		o.add(number, nil)
	default:
		o.add(number, []byte{byte(n)}) // formats here are below 256
	}
}

func (o *coapOptions) add(number int, value []byte) {
	delta, moreDelta := coapNibble(number - o.last)
	size, moreSize := coapNibble(len(value))
	o.b = slices.Concat(o.b, []byte{delta<<4 | size}, moreDelta, moreSize, value)
	o.last = number
}

// coapNibble is a number of up to 268 as a delta or a length, with the byte that continues it.
func coapNibble(n int) (byte, []byte) {
	if n < 13 {
		return byte(n), nil
	}
	return 13, []byte{byte(n - 13)}
}
