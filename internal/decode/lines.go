package decode

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockeye"
)

// maxLine is the longest line that is a message.
const maxLine = 4 << 10

// messageLine takes the line that the message is: its text, without its end. False if there
// is none yet, or it is not valid; open is one that goes on.
func (c *cursor) messageLine(valid func(text string, open bool) bool) (string, bool) {
	text, size, ended := c.line()
	switch {
	case size > maxLine || !isText([]byte(text)) || !valid(strings.TrimSuffix(text, "\r"), !ended && c.measuring):
		c.reject()
		return "", false
	case !ended && c.measuring:
		c.short, c.need = true, len(c.b)+1
		return "", false
	case size == 0:
		c.reject()
		return "", false
	}
	return text, true
}

// endLine ends a message that is a line.
func (c *cursor) endLine() {
	_, size, _ := c.line()
	c.at += size
}

var nmea = Decoder{
	Name: "nmea", Title: sockeye.Text{En: "NMEA 0183", Zh: "NMEA 0183"}, Source: "NMEA 0183 4.11",
	Ports: []uint16{10110}, strict: 82, read: readNMEA,
}

// nmeaFields are what the fields of common sentences are called.
var nmeaFields = map[string][]string{
	"GGA": {"UTC time", "Latitude", "N/S", "Longitude", "E/W", "Fix quality", "Satellites in use", "HDOP", "Altitude", "Altitude unit", "Geoid separation", "Separation unit", "Age of differential data", "Reference station"},
	"RMC": {"UTC time", "Status", "Latitude", "N/S", "Longitude", "E/W", "Speed over ground", "Course over ground", "Date", "Magnetic variation", "E/W of variation", "Mode", "Navigational status"},
	"GLL": {"Latitude", "N/S", "Longitude", "E/W", "UTC time", "Status", "Mode"},
	"VTG": {"Course, true", "T", "Course, magnetic", "M", "Speed in knots", "N", "Speed in km/h", "K", "Mode"},
	"GSA": {"Selection", "Fix", "Satellite", "Satellite", "Satellite", "Satellite", "Satellite", "Satellite", "Satellite", "Satellite", "Satellite", "Satellite", "Satellite", "Satellite", "PDOP", "HDOP", "VDOP", "System"},
	"GSV": {"Messages", "Message number", "Satellites in view"},
	"ZDA": {"UTC time", "Day", "Month", "Year", "Zone hours", "Zone minutes"},
	"HDT": {"Heading, true", "T"},
	"DBT": {"Depth in feet", "f", "Depth in metres", "M", "Depth in fathoms", "F"},
	"MWV": {"Wind angle", "Reference", "Wind speed", "Unit", "Status"},
	"TXT": {"Messages", "Message number", "Identifier", "Text"},
}

// nmeaTalkers are the talkers that are met most.
var nmeaTalkers = map[string]string{"GP": "GPS", "GL": "GLONASS", "GA": "Galileo", "GB": "BeiDou", "BD": "BeiDou", "GN": "several systems", "GQ": "QZSS", "AI": "AIS", "II": "integrated instruments", "HE": "gyro", "SD": "sounder", "WI": "weather instruments"}

// readNMEA reads a sentence with its checksum, the exclusive or of all characters between
// $ or ! and *.
func readNMEA(c *cursor) {
	text, ok := c.messageLine(func(s string, open bool) bool {
		return s != "" && (s[0] == '$' || s[0] == '!') && (len(s) > 1 && isUpper(s[1]) && len(s) <= 1024 || len(s) == 1 && open)
	})
	if !ok {
		return
	}
	body, sum, summed := strings.Cut(text[1:], "*")
	words := strings.Split(body, ",")
	if len(words) < 2 && !summed || len(words[0]) < 3 || len(words[0]) > 8 {
		c.reject()
		return
	}
	c.at = 1
	formatter := words[0]
	address := c.part("Address", words[0], 1)
	if words[0][0] != 'P' && len(words[0]) == 5 {
		formatter = words[0][2:]
		address.Note = nmeaTalkers[words[0][:2]]
	}
	names := nmeaFields[formatter]
	for n, word := range words[1:] {
		name := fmt.Sprintf("Field %d", n+1)
		switch {
		case n < len(names):
			name = names[n]
		case formatter == "GSV" && n >= 3:
			name = []string{"Satellite", "Elevation", "Azimuth", "SNR"}[(n-3)%4]
		}
		c.part(name, word, 1)
	}
	if summed {
		c.nmeaChecksum(body, sum)
	}
	c.at = 0
	c.endLine()
	c.summary("%s", text)
	c.out.Role = OneWay
}

func (c *cursor) nmeaChecksum(body, sum string) {
	var want byte
	for n := range len(body) {
		want ^= body[n]
	}
	node := c.part("Checksum", sum, 0)
	if got, err := hex.DecodeString(sum); err != nil || len(got) != 1 || got[0] != want {
		node.Fault = both("the checksum is wrong: %02X would be right", "校验错误：应为 %02X", want)
		return
	}
	node.Note = "right"
}

func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

var at = Decoder{
	Name: "at", Title: sockeye.Text{En: "AT commands", Zh: "AT 命令"}, Source: "ITU-T V.250",
	strict: 58, read: readAT,
}

// atFinal are the final result codes (V.250 section 5.7.1, 3GPP TS 27.007).
var atFinal = []string{"OK", "ERROR", "CONNECT", "NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "+CME ERROR:", "+CMS ERROR:", "SEND OK", "SEND FAIL", "FAIL", "ALREADY CONNECTED"}

// readAT reads a command line, or a line that a modem answers. Lines end with CR, LF or
// both, and may begin with them.
func readAT(c *cursor) {
	lead := 0
	for lead < len(c.b) && (c.b[lead] == '\r' || c.b[lead] == '\n') {
		lead++
	}
	end := lead
	for end < len(c.b) && c.b[end] != '\r' && c.b[end] != '\n' && end-lead <= maxLine {
		end++
	}
	text := string(c.b[lead:end])
	if text == ">" || text == "> " { // the prompt has no end
		c.add("Prompt", ">", lead, end)
		c.at = end
		c.out.Role, c.out.Part = OneWay, true
		return
	}
	if !isText([]byte(text)) || len(text) > maxLine || !atLine(text, end == len(c.b)) {
		c.reject()
		return
	}
	if end == len(c.b) && c.measuring {
		c.short, c.need = true, len(c.b)+1
		return
	}
	c.at = lead
	c.atText(text)
	for c.at = end; c.at < len(c.b) && (c.b[c.at] == '\r' || c.b[c.at] == '\n'); {
		c.at++
	}
	c.summary("%s", text)
}

// atLine is true for a line that may be one of the protocol; open is one that goes on.
func atLine(text string, open bool) bool {
	upper := strings.ToUpper(text)
	if strings.HasPrefix(upper, "AT") && (len(upper) == 2 || strings.ContainsRune("+&%\\$*^#", rune(upper[2])) || isUpper(upper[2]) && len(upper) <= 12 || upper[2] >= '0' && upper[2] <= '9') {
		return true
	}
	if open && (text == "" || upper == "A" || text[0] == '+' || slices.ContainsFunc(atFinal, func(code string) bool { return strings.HasPrefix(code, text) })) {
		return true
	}
	if atFinalOf(text) != "" || len(text) > 2 && (text[0] == '+' || text[0] == '^') && isUpper(text[1]) && strings.Contains(text, ":") {
		return true
	}
	return false
}

// atFinalOf is the final result code that a line begins with.
func atFinalOf(text string) string {
	for _, code := range atFinal {
		if text == code || strings.HasSuffix(code, ":") && strings.HasPrefix(text, code) || code == "CONNECT" && strings.HasPrefix(text, "CONNECT ") {
			return code
		}
	}
	return ""
}

func (c *cursor) atText(text string) {
	switch final := atFinalOf(text); {
	case len(text) >= 2 && strings.EqualFold(text[:2], "AT"):
		c.out.Role = Request
		c.part("Prefix", text[:2], 0)
		c.atCommand(text[2:])
	case final != "":
		c.out.Role = Response
		n := c.part("Result code", final, 0)
		if strings.Contains(final, "ERROR") || strings.HasPrefix(final, "NO ") || final == "BUSY" || strings.Contains(final, "FAIL") {
			n.Note = "failure"
		}
		if rest := strings.TrimLeft(text[len(final):], " "); rest != "" {
			c.at += len(text) - len(final) - len(rest)
			c.part("Detail", rest, 0)
		}
	default:
		name, values, _ := strings.Cut(text, ":")
		c.out.Role, c.out.Part = Response, true
		c.part("Information", name, 1)
		c.atValues(values)
	}
}

// atCommand reads what follows AT: NAME, NAME?, NAME=? or NAME=VALUES.
func (c *cursor) atCommand(text string) {
	if text == "" {
		return
	}
	end := strings.IndexAny(text, "=?")
	if end < 0 {
		c.part("Command", text, 0).Note = "execute"
		return
	}
	name := c.part("Command", text[:end], 0)
	switch rest := text[end:]; {
	case rest == "?":
		name.Note = "read"
	case rest == "=?":
		name.Note = "test"
	default:
		name.Note = "set"
		c.at++
		c.atValues(rest[1:])
	}
}

// atValues reads values with commas between, which quotes protect.
func (c *cursor) atValues(text string) {
	quoted, from := false, 0
	add := func(end int) {
		word := text[from:end]
		trimmed := strings.TrimLeft(word, " ")
		at := c.at + from + len(word) - len(trimmed)
		value := trimmed
		if unquoted, err := strconv.Unquote(trimmed); err == nil && strings.HasPrefix(trimmed, `"`) {
			value = unquoted
		}
		c.add("Value", value, at, at+len(trimmed))
	}
	for n := range len(text) {
		switch {
		case text[n] == '"':
			quoted = !quoted
		case text[n] == ',' && !quoted:
			add(n)
			from = n + 1
		}
	}
	if text != "" {
		add(len(text))
	}
	c.at += len(text)
}
