package encode

import (
	"strings"

	"sockeye/internal/payload"
)

// lineEnds are the ends of lines that instruments and modems wait for.
func lineEnds(first, other EncoderChoice) []EncoderChoice {
	return []EncoderChoice{first, other, {"none", both("none", "无")}}
}

var lineEndOf = map[string]string{"lf": "\n", "crlf": "\r\n", "cr": "\r", "none": ""}

var (
	lf   = EncoderChoice{"lf", both(`LF (\n)`, `LF（\n）`)}
	cr   = EncoderChoice{"cr", both(`CR (\r)`, `CR（\r）`)}
	crlf = EncoderChoice{"crlf", both(`CR LF (\r\n)`, `CR LF（\r\n）`)}
)

// What SCPI is asked for: commands that each instrument has, or a header of its own.
const (
	scpiQuery   = "query"
	scpiCommand = "command"
)

var scpi = Encoder{Name: "scpi", write: scpiLine, Fields: []EncoderField{
	{Name: "message", Title: both("Command", "命令"), Kind: Choice, Default: "*IDN?", Choices: []EncoderChoice{
		{"*IDN?", both("*IDN? who are you", "*IDN? 查询标识")}, {scpiQuery, both("a query", "查询")}, {scpiCommand, both("a command", "设置命令")}, {"SYST:ERR?", both("SYST:ERR? the next error", "SYST:ERR? 下一条错误")},
		{"*OPC?", both("*OPC? when all is done", "*OPC? 等待完成")}, {"*CLS", both("*CLS clear status", "*CLS 清除状态")}, {"*RST", both("*RST reset", "*RST 复位")}}},
	{Name: "header", Title: both("Header", "命令头"), Hint: both("without the question mark, as in MEAS:VOLT:DC", "不含问号，例如 MEAS:VOLT:DC"), Kind: Text, Length: 128, Default: "MEAS:VOLT:DC", For: []string{scpiQuery, scpiCommand}},
	{Name: "parameters", Title: both("Parameters", "参数"), Hint: both("with commas between", "用逗号分隔"), Kind: Text, Length: 512, Optional: true, For: []string{scpiQuery, scpiCommand}},
	{Name: "end", Title: both("Line end", "行尾"), Kind: Choice, Default: "lf", Choices: lineEnds(lf, crlf)},
}}

// scpiLine is a program message of one command (SCPI 1999 section 6).
func scpiLine(f *form) EncodedRequest {
	text, mark := f.text("message"), ""
	if text == scpiQuery || text == scpiCommand {
		if text == scpiQuery {
			mark = "?"
		}
		text = strings.TrimSpace(f.text("header"))
		if !scpiHeader(text, mark) {
			f.fault("header", both("%s is no header", "%s 不是命令头", payload.Quote(text, 40)), both("write mnemonics of up to 16 letters and digits with colons between: SOUR:VOLT", "由冒号分隔的助记符组成，每个不超过 16 个字母或数字：SOUR:VOLT"))
		}
		if text += mark; f.text("parameters") != "" {
			text += " " + f.text("parameters")
		}
		f.oneLine("parameters", ";")
	}
	return EncodedRequest{Text: typed(text + lineEndOf[f.text("end")])}
}

// scpiHeader is true for a header: mnemonics, of which a command without a question mark
// has two, or a common one after an asterisk.
func scpiHeader(text, mark string) bool {
	name, common := strings.CutPrefix(text, "*")
	words := strings.Split(strings.TrimPrefix(name, ":"), ":")
	for _, word := range words {
		odd := strings.ContainsFunc(word, func(r rune) bool { return !letter(r) && (r < '0' || r > '9') && r != '_' })
		if word == "" || len(word) > 16 || odd || !letter(rune(word[0])) {
			return false
		}
	}
	if common {
		return len(words) == 1 && len(name) >= 2 && len(name) <= 12 && name[0] != ':'
	}
	return len(words) > 1 || mark != "" || text[0] == ':'
}

func letter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }

// oneLine judges a text that is a part of a line, in which some characters may not be.
func (f *form) oneLine(name, odd string) {
	if at := strings.IndexFunc(f.text(name), func(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(odd, r) }); at >= 0 {
		f.fault(name, both("%s may not be in it", "不能包含 %s", payload.Quote(f.text(name)[at:at+1], 10)), both("it is a part of one line", "它是一行的一部分"))
	}
}

// The kinds of a command line of V.250 (section 5.4).
const (
	atRun  = "run"
	atRead = "read"
	atTest = "test"
	atSet  = "set"
)

// longestBasic is how long a line with a basic command is at most, such as ATS3=13.
const longestBasic = 12

var at = Encoder{Name: "at", write: atLine, Fields: []EncoderField{
	{Name: "kind", Title: both("Kind", "形式"), Kind: Choice, Default: "alive", Choices: []EncoderChoice{
		{"alive", both("AT are you there", "AT 测试连接")}, {atRun, both("AT… run", "AT… 执行")}, {atRead, both("AT…? read", "AT…? 查询")}, {atTest, both("AT…=? what there is", "AT…=? 查询取值范围")}, {atSet, both("AT…= set", "AT…= 设置")}}},
	{Name: "name", Title: both("Command", "命令"), Hint: both("without AT, as in +CSQ or E0", "不含 AT，例如 +CSQ、E0"), Kind: Text, Length: 32, Default: "+CSQ", For: []string{atRun, atRead, atTest, atSet}},
	{Name: "parameters", Title: both("Parameters", "参数"), Hint: both(`with commas between, texts in quotes: 1,"home"`, `用逗号分隔，文本加引号：1,"home"`), Kind: Text, Length: 512, Optional: true, For: []string{atSet}},
	{Name: "end", Title: both("Line end", "行尾"), Kind: Choice, Default: "crlf", Choices: lineEnds(crlf, cr)},
}}

// atLine is a command line of one command.
func atLine(f *form) EncodedRequest {
	text := "AT"
	if kind := f.text("kind"); kind != "alive" {
		name := strings.TrimSpace(f.text("name"))
		body := strings.TrimLeft(name, `+&%\$*^#`)
		odd := strings.ContainsFunc(body, func(r rune) bool { return !letter(r) && (r < '0' || r > '9') && !strings.ContainsRune("!%-./:_", r) })
		if body == "" || odd || len(name)-len(body) > 1 || !letter(rune(body[0])) {
			f.fault("name", both("%s is no command", "%s 不是命令", payload.Quote(name, 40)), both("write +CSQ, &F or E0, without AT", "写成 +CSQ、&F 或 E0，不含 AT"))
		}
		text += name + map[string]string{atRead: "?", atTest: "=?", atSet: "=" + f.text("parameters")}[kind]
		if body == name && len(text) > longestBasic {
			f.fault("name", both("a command without a sign is longer than %d characters", "不带符号的命令超过 %d 个字符", longestBasic), both("write + before it: +CSQ", "前面加 +：+CSQ"))
		}
		f.oneLine("parameters", "")
	}
	return EncodedRequest{Text: typed(text + lineEndOf[f.text("end")])}
}
