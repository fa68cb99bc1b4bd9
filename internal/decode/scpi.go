package decode

import (
	"strconv"
	"strings"

	"sockeye"
)

var scpi = Decoder{
	Name: "scpi", Title: sockeye.Text{En: "SCPI", Zh: "SCPI"}, Source: "SCPI 1999, IEEE 488.2",
	Ports: []uint16{5025}, strict: 50, read: readSCPI,
}

// scpiCommon are the common commands of IEEE 488.2 (section 10).
var scpiCommon = map[string]string{
	"*IDN": "identification", "*RST": "reset", "*CLS": "clear status", "*ESE": "event status enable", "*ESR": "event status register",
	"*OPC": "operation complete", "*OPT": "options", "*SRE": "service request enable", "*STB": "status byte", "*TST": "self-test", "*WAI": "wait to continue",
	"*TRG": "trigger", "*SAV": "save", "*RCL": "recall",
}

// readSCPI reads a line of commands with semicolons between, or, where it is known to be a
// response, a line of values.
func readSCPI(c *cursor) {
	text, ok := c.messageLine(func(s string, open bool) bool {
		return c.hints.Role == Response || c.hints.Request != nil || scpiCommand(s) || open && scpiBeginning(s)
	})
	if !ok {
		return
	}
	switch {
	case c.hints.Role == Response || c.hints.Request != nil || !scpiHeader(firstOf(text)):
		c.out.Role = Response
		c.atValues(text)
	default:
		c.out.Role = OneWay
		for command := range strings.SplitSeq(text, ";") {
			c.scpiOne(command)
			c.at++
		}
		c.at = len(text)
	}
	c.at = 0
	c.endLine()
	c.summary("%s", text)
}

func firstOf(text string) string {
	first, _, _ := strings.Cut(text, ";")
	return first
}

// scpiCommand is true for a line that begins with a header.
func scpiCommand(text string) bool {
	first := firstOf(text)
	header := strings.TrimLeft(first, " ")
	return header == "*" || header == ":" || scpiHeader(header) && (strings.ContainsAny(header, ":?") || header[0] == '*')
}

// scpiBeginning is true for what a header may begin with.
func scpiBeginning(text string) bool {
	for n, r := range text {
		if !isUpper(byte(r)&^0x20) && (n == 0 && r != '*' && r != ':' || n > 0 && r != ':' && (r < '0' || r > '9')) {
			return false
		}
	}
	return len(text) <= 64
}

// scpiHeader is true for a header: words of letters and digits with colons between, or an
// asterisk and a word, perhaps with a question mark, and values after a space.
func scpiHeader(text string) bool {
	header, _, _ := strings.Cut(strings.TrimLeft(text, " "), " ")
	header = strings.TrimSuffix(header, "?")
	if name, common := strings.CutPrefix(header, "*"); common {
		return len(name) >= 2 && len(name) <= 12 && scpiWord(name)
	}
	words := strings.Split(strings.TrimPrefix(header, ":"), ":")
	for _, word := range words {
		if !scpiWord(word) {
			return false
		}
	}
	return len(words) > 1 || strings.HasSuffix(firstWord(text), "?") || strings.HasPrefix(header, ":")
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return word
}

// scpiWord is true for a mnemonic (IEEE 488.2 section 7.6.1).
func scpiWord(word string) bool {
	if word == "" || len(word) > 16 || !isUpper(word[0]&^0x20) {
		return false
	}
	for _, r := range word {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}

// scpiOne reads one command of a line.
func (c *cursor) scpiOne(text string) {
	lead := len(text) - len(strings.TrimLeft(text, " "))
	end := c.at + len(text)
	c.at += lead
	header, values, _ := strings.Cut(text[lead:], " ")
	if header != "" {
		n := c.part("Header", header, 1)
		n.Note = scpiCommon[strings.ToUpper(strings.TrimSuffix(header, "?"))]
		if strings.HasSuffix(header, "?") {
			c.out.Role = Request
			n.Note = strings.TrimPrefix(n.Note+", query", ", ")
		}
	}
	c.scpiValues(values)
	c.at = end
}

func (c *cursor) scpiValues(text string) {
	if strings.HasPrefix(text, "#") && len(text) > 1 { // a block of definite length (section 7.7.6)
		if digits := int(text[1] - '0'); digits > 0 && digits < 10 && len(text) > 1+digits {
			if size, err := strconv.Atoi(text[2 : 2+digits]); err == nil {
				c.part("Block", strconv.Itoa(size), 0).Unit = "bytes"
				return
			}
		}
	}
	c.atValues(text)
}
