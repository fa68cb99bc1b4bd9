package encode

import (
	"strings"

	"sockeye/internal/payload"
)

var nmea = Encoder{Name: "nmea", write: nmeaSentence, Fields: []EncoderField{
	{Name: "start", Title: both("Start", "起始符"), Kind: Choice, Default: "$", Choices: []EncoderChoice{{"$", both("$ sentence", "$ 普通语句")}, {"!", both("! encapsulated (AIS)", "! 封装语句（AIS）")}}},
	{Name: "address", Title: both("Address", "标识"), Hint: both("talker and sentence, as in GPGLL, or PMTK220", "发话器与语句名，例如 GPGLL、PMTK220"), Kind: Text, Length: 8, Default: "GPGLL"},
	{Name: "data", Title: both("Fields", "字段"), Hint: both("with commas between", "用逗号分隔"), Kind: Text, Length: 160, Optional: true},
}}

// nmeaSentence is a sentence (NMEA 0183 section 5.3) whose checksum is that of what stands
// between its start and the *.
func nmeaSentence(f *form) EncodedRequest {
	address, data := strings.TrimSpace(f.text("address")), f.text("data")
	odd := func(r rune) bool { return !('A' <= r && r <= 'Z' || '0' <= r && r <= '9') }
	if len(address) < 3 || address[0] <= '9' || strings.ContainsFunc(address, odd) {
		f.fault("address", both("%s is not 3 to 8 of A–Z and 0–9, a letter first", "%s 不是 3 到 8 个 A–Z 或 0–9（首个为字母）", payload.Quote(address, 40)), both("write GPGLL or PMTK220, without $", "写成 GPGLL 或 PMTK220，不含 $"))
	}
	if at := strings.IndexFunc(data, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune("$*!\\", r) }); at >= 0 {
		f.fault("data", both("%s is reserved in a sentence", "%s 是语句中的保留字符", payload.Quote(data[at:at+1], 10)), both("the checksum is added: leave out *hh", "校验和会自动添加：不要写 *hh"))
	}
	if data != "" {
		data = "," + strings.ReplaceAll(data, "{", `\{`) // it begins no field
	}
	return EncodedRequest{Text: f.text("start") + "{{#body}}" + address + data + `{{/body}}*{{xor8(body):HEX}}\r\n`}
}
