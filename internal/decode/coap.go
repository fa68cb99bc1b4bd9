package decode

import (
	"fmt"
	"slices"
	"strings"

	"sockeye"
)

var coap = Decoder{
	Name: "coap", Title: sockeye.Text{En: "CoAP", Zh: "CoAP"}, Source: "RFC 7252",
	Ports: []uint16{5683}, strict: 55, read: readCoAP,
}

// coapCodes are the methods and response codes (RFC 7252 section 12.1, RFC 8132).
var coapCodes = map[uint64]string{
	0: "Empty", 1: "GET", 2: "POST", 3: "PUT", 4: "DELETE", 5: "FETCH", 6: "PATCH", 7: "iPATCH",
	65: "Created", 66: "Deleted", 67: "Valid", 68: "Changed", 69: "Content", 95: "Continue",
	128: "Bad Request", 129: "Unauthorized", 130: "Bad Option", 131: "Forbidden", 132: "Not Found", 133: "Method Not Allowed", 134: "Not Acceptable",
	136: "Request Entity Incomplete", 137: "Conflict", 140: "Precondition Failed", 141: "Request Entity Too Large", 143: "Unsupported Content-Format", 150: "Unprocessable Entity", 157: "Too Many Requests",
	160: "Internal Server Error", 161: "Not Implemented", 162: "Bad Gateway", 163: "Service Unavailable", 164: "Gateway Timeout", 165: "Proxying Not Supported",
}

// coapOption is how the value of an option is written (section 5.10; RFC 7641, 7959, 8613,
// 8768, 9175, 9177).
type coapOption struct {
	name   string
	number bool
	opaque bool
}

var coapOptions = map[int]coapOption{
	1: {"If-Match", false, true}, 3: {"Uri-Host", false, false}, 4: {"ETag", false, true}, 5: {"If-None-Match", false, true}, 6: {"Observe", true, false},
	7: {"Uri-Port", true, false}, 8: {"Location-Path", false, false}, 11: {"Uri-Path", false, false}, 12: {"Content-Format", true, false}, 14: {"Max-Age", true, false},
	15: {"Uri-Query", false, false}, 17: {"Accept", true, false}, 20: {"Location-Query", false, false}, 23: {"Block2", true, false}, 27: {"Block1", true, false},
	9: {"OSCORE", false, true}, 16: {"Hop-Limit", true, false}, 19: {"Q-Block1", true, false}, 31: {"Q-Block2", true, false}, 252: {"Echo", false, true}, 292: {"Request-Tag", false, true},
	28: {"Size2", true, false}, 35: {"Proxy-Uri", false, false}, 39: {"Proxy-Scheme", false, false}, 60: {"Size1", true, false}, 258: {"No-Response", true, false},
}

// coapFormats are content formats (section 12.3).
var coapFormats = map[uint64]string{0: "text/plain", 40: "application/link-format", 41: "application/xml", 42: "application/octet-stream", 47: "application/exi", 50: "application/json", 60: "application/cbor", 110: "application/senml+json", 112: "application/senml+cbor"}

// coapBlocks are the options that say which block of a body it is.
var coapBlocks = []int{19, 23, 27, 31}

const (
	coapFormat = 12
	coapPath   = 11
	coapQuery  = 15
)

// coapMessage is what is known of a message while it is read.
type coapMessage struct {
	path, query []string
	format      uint64
}

// readCoAP reads a datagram (section 3).
func readCoAP(c *cursor) {
	if len(c.b) < 4 || c.b[0]>>6 != 1 || c.b[0]&15 > 8 {
		c.reject()
		return
	}
	kind := c.b[0] >> 4 & 3
	c.add("Version", "1", 0, 1)
	c.add("Type", []string{"CON", "NON", "ACK", "RST"}[kind], 0, 1)
	tokenSize := int(c.b[0] & 15)
	c.at = 1
	code, n := c.uint("Code", 1)
	n.Value, n.Note = fmt.Sprintf("%d.%02d", code>>5, code&31), coapCodes[code]
	if coapCodes[code] == "" || code == 0 && (tokenSize > 0 || len(c.b) > 4) {
		c.reject()
		return
	}
	id, _ := c.hex("Message ID", 2)
	token := ""
	if tokenSize > 0 {
		b, _ := c.bytes("Token", tokenSize)
		if b == nil {
			c.reject()
			return
		}
		token = fmt.Sprintf("%x", b)
	}
	m := coapMessage{format: 1 << 16}
	if !c.coapOptionList(&m) || !c.ok() {
		c.reject()
		return
	}
	c.coapPayload(&m)
	c.coapRole(kind, code, id, token)
	target := ""
	if len(m.path) > 0 || code > 0 && code < 32 {
		target = " /" + strings.Join(m.path, "/")
	}
	if len(m.query) > 0 {
		target += "?" + strings.Join(m.query, "&")
	}
	c.summary("%s %d.%02d %s%s", []string{"CON", "NON", "ACK", "RST"}[kind], code>>5, code&31, coapCodes[code], target)
}

func (c *cursor) coapRole(kind byte, code, id uint64, token string) {
	switch {
	case code == 0 && kind >= 2:
		c.out.Role, c.out.Part = Response, true // the response itself comes by itself
		c.out.Key = fmt.Sprintf("id 0x%04x", id)
	case code == 0:
		c.out.Role, c.out.Key = Request, fmt.Sprintf("id 0x%04x", id)
	case code < 32:
		c.out.Role, c.out.Key = Request, "token "+token
	default:
		c.out.Role, c.out.Key = Response, "token "+token
	}
}

// coapOptionList reads the options; false if they are none.
func (c *cursor) coapOptionList(m *coapMessage) bool {
	number := 0
	for c.left() > 0 && c.b[c.at] != 0xff {
		from := c.at
		first := int(c.number(1))
		delta, ok := c.coapNibble(first >> 4)
		size, ok2 := c.coapNibble(first & 15)
		if !ok || !ok2 || !c.ok() || size > c.left() {
			return false
		}
		number += delta
		value := c.skip(size)
		kind, known := coapOptions[number]
		if !known {
			kind = coapOption{name: fmt.Sprintf("Option %d", number), opaque: true}
		}
		if !known && number > 2048 && number < 65000 {
			return false
		}
		c.coapOption(m, number, kind, value, from)
	}
	return true
}

func (c *cursor) coapOption(m *coapMessage, number int, kind coapOption, value []byte, from int) {
	text, note := string(value), ""
	switch {
	case kind.opaque:
		text = fmt.Sprintf("%x", value)
	case kind.number:
		var v uint64
		for _, b := range value {
			v = v<<8 | uint64(b)
		}
		text = fmt.Sprint(v)
		if number == coapFormat || number == 17 {
			note = coapFormats[v]
		}
		if slices.Contains(coapBlocks, number) {
			note = fmt.Sprintf("block %d, %d bytes, more %v", v>>4, 16<<(v&7), v&8 != 0)
		}
		if number == coapFormat {
			m.format = v
		}
	case number == coapPath:
		m.path = append(m.path, text)
	case number == coapQuery:
		m.query = append(m.query, text)
	}
	c.add(kind.name, text, from, c.at).Note = note
}

// coapNibble is a delta or length, with the bytes that continue it (section 3.1).
func (c *cursor) coapNibble(n int) (int, bool) {
	switch n {
	case 13:
		return 13 + int(c.number(1)), true
	case 14:
		return 269 + int(c.number(2)), true
	case 15:
		return 0, false
	}
	return n, true
}

func (c *cursor) coapPayload(m *coapMessage) {
	if c.left() == 0 {
		return
	}
	c.hex("Payload marker", 1)
	from, b := c.at, c.rest()
	if len(b) == 0 {
		c.fault("there is a marker and no payload (section 3)", "有标记但没有载荷")
		return
	}
	decoder := map[uint64]*Decoder{50: &json, 60: &cbor, 110: &json, 112: &cbor}[m.format]
	if decoder == nil || !c.content(decoder, b, from, len(c.b), false) {
		c.data("Payload", len(b))
		return
	}
	c.at = len(c.b)
}
