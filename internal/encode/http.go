package encode

import (
	"strconv"
	"strings"

	"sockeye/internal/payload"
)

var httpWithBody = []string{"POST", "PUT", "PATCH"}

var http = Encoder{Name: "http", write: httpRequest, Fields: []EncoderField{
	{Name: "method", Title: both("Method", "方法"), Kind: Choice, Default: "GET", Choices: []EncoderChoice{
		{"GET", both("GET", "GET")}, {"POST", both("POST", "POST")}, {"PUT", both("PUT", "PUT")}, {"PATCH", both("PATCH", "PATCH")},
		{"DELETE", both("DELETE", "DELETE")}, {"HEAD", both("HEAD", "HEAD")}, {"OPTIONS", both("OPTIONS", "OPTIONS")}}},
	{Name: "target", Title: both("Path", "路径"), Hint: both("as in /led?on=1", "例如 /led?on=1"), Kind: Text, Length: 2048, Default: "/"},
	{Name: "host", Title: both("Host", "主机"), Hint: both("as in board.example:8080", "例如 board.example:8080"), Kind: Text, Length: 256, Default: "localhost"},
	{Name: "header", Title: both("One more field", "其他字段"), Hint: both("as in Accept: application/json", "例如 Accept: application/json"), Kind: Text, Length: 1024, Optional: true},
	{Name: "connection", Title: both("Connection", "连接"), Kind: Choice, Optional: true, Choices: []EncoderChoice{{"close", both("close after the answer", "应答后关闭")}, {"keep-alive", both("keep-alive", "保持")}}},
	{Name: "type", Title: both("Content type", "内容类型"), Kind: Text, Length: 256, Default: "application/json", Optional: true, For: httpWithBody},
	{Name: "body", Title: both("Body", "正文"), Kind: Text, Length: 4096, Optional: true, For: httpWithBody},
}}

// httpRequest is a request of HTTP/1.1 (RFC 9112 section 3), with the length of its body.
func httpRequest(f *form) EncodedRequest {
	method, target := f.text("method"), f.text("target")
	outside := func(r rune) bool { return r <= ' ' || r > '~' }
	if strings.ContainsFunc(target, outside) || target[0] != '/' && target != "*" && !strings.Contains(target, "://") {
		f.fault("target", both("%s is no path", "%s 不是路径", payload.Quote(target, 40)), both("write /path?query; blanks and other scripts as %%20", "写成 /path?query；空格和其他文字写成 %%20 形式"))
	}
	if strings.ContainsFunc(f.text("host"), outside) {
		f.fault("host", both("%s is no host", "%s 不是主机", payload.Quote(f.text("host"), 40)), both("write a name or address, with :port if it is not 80", "写名称或地址；端口不是 80 时加 :端口"))
	}
	lines := []string{method + " " + target + " HTTP/1.1", "Host: " + f.text("host")}
	if header := f.text("header"); header != "" {
		if name, _, ok := strings.Cut(header, ":"); !ok || name == "" || strings.ContainsFunc(name, outside) {
			f.fault("header", both("%s is no field", "%s 不是字段", payload.Quote(header, 40)), both("write NAME: VALUE", "写成 名称: 值"))
		}
		lines = append(lines, header)
	}
	if connection := f.text("connection"); connection != "" {
		lines = append(lines, "Connection: "+connection)
	}
	for _, name := range []string{"header", "type"} {
		if strings.ContainsFunc(f.text(name), func(r rune) bool { return r < ' ' && r != '\t' }) {
			f.fault(name, both("it has a control character", "含有控制字符"), both("a field is one line", "一个字段占一行"))
		}
	}
	body := f.text("body")
	if body != "" && f.text("type") != "" {
		lines = append(lines, "Content-Type: "+f.text("type"))
	}
	if strings.Contains(strings.Join(httpWithBody, " "), method) {
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)))
	}
	return EncodedRequest{Text: typed(strings.Join(lines, "\r\n") + "\r\n\r\n" + body)}
}

// typed is a text as it is typed where messages are sent: with escapes, and without fields.
func typed(text string) string {
	return strings.ReplaceAll(payload.FormatText([]byte(text)), "{", `\{`)
}
