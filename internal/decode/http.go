package decode

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"slices"
	"strconv"
	"strings"

	"sockeye"
)

var http = Decoder{
	Name: "http", Title: sockeye.Text{En: "HTTP/1.1", Zh: "HTTP/1.1"}, Source: "RFC 9112",
	Ports: []uint16{80, 8080, 8000}, strict: 95, read: readHTTP,
}

// The bounds of a message.
const (
	maxHTTPLine  = 16 << 10
	maxHTTPHead  = 64 << 10
	maxInflated  = 1 << 20 // of content that was compressed
	maxHTTPToken = 24      // characters of a method
)

// httpHead is what the fields of a message say about its body.
type httpHead struct {
	response bool
	status   int
	method   string
	length   int // -1: not said
	chunked  bool
	encoding string
	media    string
	upgrade  string
}

// readHTTP reads a request or a response (RFC 9112). Where the body of a response ends
// with the connection, it is all there is.
func readHTTP(c *cursor) {
	if !looksLikeHTTP(c.b) {
		c.reject()
		return
	}
	h := httpHead{length: -1}
	if !c.httpStart(&h) || !c.httpFields(&h) {
		return
	}
	from := c.at
	body, ok := c.httpBody(&h)
	if ok && len(body) > 0 {
		c.httpContent(&h, body, from)
	}
}

// httpMethods are those that a request may begin with before its first line is there (RFC
// 9110 section 9, RFC 5789, RFC 4918, UPnP).
var httpMethods = []string{"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ", "OPTIONS ", "TRACE ", "PATCH ", "PROPFIND ", "MKCOL ", "COPY ", "MOVE ", "LOCK ", "UNLOCK ", "NOTIFY ", "SUBSCRIBE ", "UNSUBSCRIBE "}

// looksLikeHTTP is true for bytes that a message may begin with.
func looksLikeHTTP(b []byte) bool {
	const version = "HTTP/1."
	if n := min(len(b), len(version)); string(b[:n]) == version[:n] {
		return n > 0
	}
	if bytes.IndexByte(b, '\n') < 0 && !slices.ContainsFunc(httpMethods, func(m string) bool { n := min(len(b), len(m)); return string(b[:n]) == m[:n] }) {
		return false
	}
	for n, r := range b[:min(len(b), maxHTTPToken)] {
		switch {
		case r == ' ':
			return n >= 3
		case (r < 'A' || r > 'Z') && r != '-':
			return false
		}
	}
	return len(b) < maxHTTPToken
}

// httpLine is the next line of the head.
func (c *cursor) httpLine() (text string, size int, ok bool) {
	text, size, ended := c.line()
	switch {
	case size > maxHTTPLine || c.at+size > maxHTTPHead:
		c.reject()
	case !ended:
		c.short, c.need = true, len(c.b)+1
	default:
		return text, size, true
	}
	return "", 0, false
}

func (c *cursor) httpStart(h *httpHead) bool {
	text, size, ok := c.httpLine()
	if !ok {
		return false
	}
	words := strings.SplitN(text, " ", 3)
	if len(words) < 2 {
		c.reject()
		return false
	}
	end := c.at + size
	if h.response = strings.HasPrefix(words[0], "HTTP/1."); h.response {
		code, err := strconv.Atoi(words[1])
		if err != nil || len(words[1]) != 3 {
			c.reject()
			return false
		}
		h.status = code
		c.out.Role = Response
		c.part("Version", words[0], 1)
		c.part("Status code", words[1], 1)
		if len(words) == 3 {
			c.part("Reason phrase", words[2], 0)
		}
		c.summary("%s", strings.Join(words[1:], " "))
	} else {
		if len(words) != 3 || !strings.HasPrefix(words[2], "HTTP/1.") {
			c.reject()
			return false
		}
		h.method = words[0]
		c.out.Role = Request
		c.part("Method", words[0], 1)
		c.part("Target", words[1], 1)
		c.part("Version", words[2], 0)
		c.summary("%s %s", words[0], words[1])
	}
	c.at = end
	return true
}

// part reads a text that is known, and some bytes after it.
func (c *cursor) part(name, text string, after int) *Node {
	n := c.add(name, text, c.at, c.at+len(text))
	c.at += len(text) + after
	return n
}

func (c *cursor) httpFields(h *httpHead) bool {
	from := c.at
	for {
		text, size, ok := c.httpLine()
		if !ok {
			return false
		}
		if text == "" {
			c.at += size
			return true
		}
		name, value, colon := strings.Cut(text, ":")
		value = strings.TrimSpace(value)
		if !colon {
			name, value = "Line", text
		}
		n := c.add(name, value, c.at, c.at+len(text))
		c.at += size
		if !colon || strings.ContainsAny(name, " \t") || name == "" {
			n.Fault = both("it is no field: NAME: VALUE", "不是字段行（名称: 值）")
			if c.at-size == from && !h.response && !colon {
				c.reject()
				return false
			}
			continue
		}
		h.field(strings.ToLower(name), value, n)
	}
}

// field takes what a field says about the body.
func (h *httpHead) field(name, value string, n *Node) {
	switch name {
	case "content-length":
		size, err := strconv.ParseUint(value, 10, 40)
		switch {
		case err != nil:
			n.Fault = both("it is not a number of bytes", "不是字节数")
		case h.length >= 0 && h.length != int(size):
			n.Fault = both("it is not the length said before", "与前面给出的长度不一致")
		case h.chunked:
			n.Fault = both("it must not come with Transfer-Encoding (RFC 9112 section 6.3)", "不能与 Transfer-Encoding 同时出现（RFC 9112 第 6.3 节）")
		default:
			h.length = int(size)
		}
	case "transfer-encoding":
		if strings.HasSuffix(strings.ToLower(value), "chunked") {
			h.chunked = true
		}
		if h.length >= 0 {
			n.Fault = both("it must not come with Content-Length (RFC 9112 section 6.3)", "不能与 Content-Length 同时出现（RFC 9112 第 6.3 节）")
		}
	case "content-encoding":
		h.encoding = strings.ToLower(value)
	case "content-type":
		h.media = strings.ToLower(value)
	case "upgrade":
		h.upgrade = strings.ToLower(value)
	}
}

// httpBody reads the body as it was sent, and gives it without chunks.
func (c *cursor) httpBody(h *httpHead) (body []byte, ok bool) {
	switch {
	case h.response && (h.status < 200 || h.status == 204 || h.status == 304):
		return nil, true
	case h.response && (c.headAnswered() || h.length > 0 && bytes.HasPrefix(c.rest(), []byte("HTTP/1."))):
		return nil, true // to a HEAD request: the next response follows at once
	case h.chunked:
		return c.httpChunks()
	case h.length >= 0:
		from := c.at
		b := c.skip(h.length)
		if b != nil && h.length > 0 {
			c.add("Body", strconv.Itoa(len(b)), from, c.at).Unit = "bytes"
		}
		return b, b != nil
	case h.response && h.status == 101:
		return nil, true
	case h.response:
		if c.short = c.measuring; c.short { // it ends with the connection
			c.need = len(c.b) + 1
			return nil, false
		}
		b := c.skip(c.left())
		if len(b) > 0 {
			n := c.add("Body", strconv.Itoa(len(b)), c.at-len(b), c.at)
			n.Unit, n.Note = "bytes", "up to the end of the connection"
		}
		return b, true
	}
	return nil, true
}

func (c *cursor) headAnswered() bool {
	r := c.hints.Request
	return r != nil && r.Protocol == "http" && strings.HasPrefix(r.Value, "HEAD ")
}

// httpChunks reads a body in chunks (RFC 9112 section 7.1).
func (c *cursor) httpChunks() (body []byte, ok bool) {
	c.open("Chunks")
	for {
		c.open("Chunk")
		line, size, ok := c.httpChunkLine()
		if !ok {
			return nil, false
		}
		digits, extension, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 31)
		if err != nil {
			c.fault("its size is not a number in hex", "块大小不是十六进制数")
			c.at = len(c.b)
			return nil, true
		}
		c.add("Size", strconv.FormatUint(n, 10), c.at, c.at+len(digits)).Unit = "bytes"
		if extension != "" {
			c.add("Extension", extension, c.at+len(digits)+1, c.at+len(line))
		}
		c.at += size
		if n == 0 {
			c.close().Name = "Last chunk"
			c.close().Value = strconv.Itoa(len(body)) + " bytes"
			return body, c.httpTrailers()
		}
		data, _ := c.data("Data", int(n))
		end, after, ok := c.httpChunkLine()
		if data == nil || !ok {
			return nil, false
		}
		if c.at += after; end != "" {
			c.fault("it is longer than its size", "块的实际长度超过所声明的大小")
		}
		body = append(body, data...)
		c.close().Value = strconv.FormatUint(n, 10) + " bytes"
	}
}

// httpChunkLine is the next line of a body in chunks.
func (c *cursor) httpChunkLine() (text string, size int, ok bool) {
	if !c.ok() {
		return "", 0, false
	}
	text, size, ok = c.line()
	switch {
	case size > maxHTTPLine:
		c.reject()
		return "", 0, false
	case !ok:
		c.short, c.need = true, len(c.b)+1
	}
	return text, size, ok
}

func (c *cursor) httpTrailers() bool {
	for {
		text, size, ok := c.httpChunkLine()
		if !ok {
			return false
		}
		if text != "" {
			name, value, _ := strings.Cut(text, ":")
			c.add(name, strings.TrimSpace(value), c.at, c.at+len(text)).Note = "trailer"
		}
		c.at += size
		if text == "" {
			return true
		}
	}
}

// httpContent shows what a body is.
func (c *cursor) httpContent(h *httpHead, body []byte, from int) {
	if c.measuring {
		return
	}
	encoded := h.chunked
	end := c.at
	if h.encoding != "" && h.encoding != "identity" {
		plain, err := inflate(h.encoding, body)
		n := c.add("Content", strconv.Itoa(len(plain)), from, end)
		n.Unit, n.Note = "bytes", "was "+h.encoding
		if len(plain) > maxInflated {
			plain = plain[:maxInflated]
			n.Value, n.Note = strconv.Itoa(len(plain)), n.Note+"; the rest is left out"
		}
		if err != nil {
			n.Fault = both("it cannot be decompressed: %v", "无法解压：%v", err)
			return
		}
		body, encoded = plain, true
	}
	if strings.Contains(h.media, "json") && c.content(&json, body, from, end, encoded) {
		return
	}
	if strings.Contains(h.media, "cbor") && c.content(&cbor, body, from, end, encoded) {
		return
	}
	c.add("Content", c.preview(body), from, end)
}

// inflate decompresses content, at most maxInflated bytes of it and one more, which says
// that there are others.
func inflate(encoding string, b []byte) ([]byte, error) {
	var r io.Reader
	var err error
	switch encoding {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(bytes.NewReader(b))
	case "deflate":
		if r, err = zlib.NewReader(bytes.NewReader(b)); err != nil {
			r, err = flate.NewReader(bytes.NewReader(b)), nil
		}
	default:
		return nil, errUnknownEncoding(encoding)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxInflated+1))
}

type errUnknownEncoding string

func (e errUnknownEncoding) Error() string { return "unknown encoding " + strconv.Quote(string(e)) }
