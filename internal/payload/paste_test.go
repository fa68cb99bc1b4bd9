package payload

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Bytes as they are copied from programs and tools.
func TestParseHexPasted(t *testing.T) {
	hello := "48 65 6c 6c 6f 20 30 31 53 74 75 64 69 6f 21 0a"
	zeros := strings.TrimSuffix(strings.Repeat("00 ", 48), " ")
	for _, c := range []struct{ name, typed, want string }{
		{"C array", "{0x01, 0x03}", "01 03"},
		{"C declaration", "const uint8_t frame[8] = {\n  0x01, 0x03, /* read */\n  0x00U, // 02\n};", "01 03 00"},
		{"C string", `char s[] = "\x01\x03";`, "01 03"},
		{"C++", "std::array<uint8_t, 2> a = {0x01, 0x03};", "01 03"},
		{"Go", "[]byte{0x01, 0x03}", "01 03"},
		{"Go declaration", "frame := []byte{0x01, 0x03}", "01 03"},
		{"Python bytes", `b'\x01\x03'`, "01 03"},
		{"Python declaration", `frame = b"\x01\x03"`, "01 03"},
		{"Python fromhex", `bytes.fromhex("01 03 00")`, "01 03 00"},
		{"Python list", "bytes([0x01, 0x03])", "01 03"},
		{"Java", "new byte[] {(byte) 0x81, 0x03}", "81 03"},
		{"JSON", `["01", "03"]`, "01 03"},
		{"C array with bare zeros", "{0x01, 0x03,0,0,0,0x0a,0xc5,0xcd}", "01 03 00 00 00 0a c5 cd"},
		{"decimal numbers among hex", "{0x01, 10, 255, 9, 08,}", "01 0a ff 09 08"},
		{"inside of an array", "0x01, 10, 0,", "01 0a 00"},
		{"inside of an array of several lines", "\t0x01, 0, /* 3, */ 2,\n\t10, 0x0a, // 0x05, 4", "01 00 02 0a 0a"},
		{"decimal numbers of a declaration", "u8 x[] = {1, 3, 10};", "01 03 0a"},
		{"declaration in lines", "static const uint8_t x[3] =\n{\n\t1,\n\t0x10,\n\t10, // ten\n};", "01 10 0a"},
		{"casts", "{(uint8_t)0x81, (char)3, (byte) -1}", "81 03 ff"},
		{"characters", `{0x02, 'A', '\n', '\0', '\x7f', '\'', '3', ','}`, "02 41 0a 00 7f 27 33 2c"},
		{"characters of a declaration", `char s[] = {'A','T',13};`, "41 54 0d"},
		{"suffixes", "{0x01u, 0x02UL, 3U, 4u8, 0x05u8, 6L}", "01 02 03 04 05 06"},
		{"binary numbers", "{0x01, 0b00000011, 0b1}", "01 03 01"},
		{"binary numbers beside 0x", "0b00000001 0x03 0B11", "01 03 03"},
		{"binary numbers with commas", "0b00000001, 0x03, 0x00", "01 03 00"},
		{"binary numbers alone", "0b00000001,0b00000010", "01 02"},
		{"binary numbers in lines", "0b00000001\n0b11", "01 03"},
		{"binary numbers in braces", "{0b00000001, 0b11}", "01 03"},
		{"binary number in braces", "{0B10000001}", "81"},
		{"a group of a dump that begins with 0b", "0b00000001", "0b 00 00 00 01"},
		{"Python repr", `b'\x01\x03\x00\n\xc5AB\'"\\'`, "01 03 00 0a c5 41 42 27 22 5c"},
		{"Python repr with digits", `b"\x01AB"`, "01 41 42"},
		{"Python repr in a list", `[b'\x01A', b'\r\n']`, "01 41 0d 0a"},
		{"a string with characters", `char s[] = "AB\x01";`, "41 42 01"},
		{"a string with a call in it", `s = "abs(x)\n"`, "61 62 73 28 78 29 0a"},
		{"a string of escapes", `Serial.print("AT\r\n");`, "41 54 0d 0a"},
		{"strings in lines", "\"\\x01Z\"\n\"\\x02\"", "01 5a 02"},
		{"a string in a comment", `01 /* "a\n" */ 03 // 'b\n'`, "01 03"},
		{"Chinese in a string", `"温\n"`, "e6 b8 a9 0a"},
		{"0b of a dump", "0b 00000001 0b01", "0b 00 00 00 01 0b 01"},
		{"hex numbers of several bytes", "{0x0103, 3}", "01 03 03"},
		{"Python bytes of numbers", "bytes([1, 3, 0, 10])", "01 03 00 0a"},
		{"Python bytes of one number", "bytes([16])", "10"},
		{"Python array", "array('B', [1, 3, 16])", "01 03 10"},
		{"Go of one number", "[]byte{16}", "10"},
		{"C of one number", "uint8_t f[] = {100};", "64"},
		{"Rust suffixes", "[0x20_u8, 3_u8]", "20 03"},
		{"gdb", "0x20000100:\t0x01\t0x03\n0x20000108 <rx+8>:\t0x0a", "01 03 0a"},
		{"strings joined by a backslash", "\"\\x01\\x03\" \\\n\"\\x0a\"", "01 03 0a"},
		{"od with text", "0000000 48 65 6c 6c 6f 20 30 31 53 74 75 64 69 6f 21 0a  >Hello 01Studio!.<\n0000020 3e 3c                                            >><<\n0000022\n", hello + " 3e 3c"},
		{"Python bytearray", "frame = bytearray([0x01, 3, 0])", "01 03 00"},
		{"Python list in lines", "frame = [\n    0x01,  # 9, 9\n    3,\n]", "01 03"},
		{"Go of numbers", "[]byte{1, 0x03, 10}", "01 03 0a"},
		{"Go array", "x := [3]byte{1, 3, 10}", "01 03 0a"},
		{"Go array that counts itself", "[...]byte{1, 'A'}", "01 41"},
		{"Rust", "let x: [u8; 3] = [1, 0x03, 10];", "01 03 0a"},
		{"Rust slice", "&[0x01, 3, 10u8]", "01 03 0a"},
		{"Rust vec", "let v = vec![1, 3, 10];", "01 03 0a"},
		{"JavaScript", "new Uint8Array([1, 3, 10])", "01 03 0a"},
		{"JavaScript Buffer", "Buffer.from([0x01, 3, 10])", "01 03 0a"},
		{"Java of numbers", "new byte[] {1, -128, 10}", "01 80 0a"},
		{"two arrays", "a[] = {0x01, 3};\nb[] = {0x02, 10};", "01 03 02 0a"},
		{"array of arrays", "f[][2] = { {0x01, 3}, {0x02, 10} };", "01 03 02 0a"},
		{"xxd -i", "unsigned char b_bin[] = {\n  0x61, 0x62, 0x63\n};\nunsigned int b_bin_len = 26;\n", "61 62 63"},
		{"an array and its length in a line", "const uint8_t f[2] = {0x01, 0x02}; const size_t n = 10;", "01 02"},
		{"an array and its length by sizeof", "uint8_t f[] = {1, 2};\nsize_t n = sizeof(f) / sizeof(f[0]);", "01 02"},
		{"a length before an array", "int n = 16;\nuint8_t f[] = {1, 2};", "01 02"},
		{"Arduino", "const uint8_t PROGMEM f[] PROGMEM = {0x01, 10};", "01 0a"},
		{"pairs without brackets are hex", "0x01, 10, 0x03", "01 10 03"},
		{"hex without 0x in braces", "{01, 10}", "01 10"},
		{"hex letters are hex", "{0x01, 10, 0a}", "01 10 0a"},
		{"pairs of quotes are hex", "x = ['10', '0a']", "10 0a"},
		{"a list of strings is hex", `x = ["10", "20"]`, "10 20"},
		{"a frame with commas is hex", "01,10,20", "01 10 20"},
		{"label", "request: = 01 03", "01 03"},
		{"block comment", "01 /* 02 */ 03 /**/ 04 /*/ 05 */", "01 03 04"},
		{"words of one byte", "0x01,0x03 01:03", "01 03 01 03"},

		{"xxd", "00000000: 4865 6c6c 6f20 3031 5374 7564 696f 210a  Hello 01Studio!.\n00000010: abcd                                     ..\n", hello + " ab cd"},
		{"xxd -e", "00000000: 44434241 48474645 4c4b4a49 504f4e4d  ABCDEFGHIJKLMNOP\n00000010: 54535251 58575655     5a59           QRSTUVWXYZ\n", "41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 51 52 53 54 55 56 57 58 59 5a"},
		{"xxd -e -g 2", "00000000: 4241 4443 4645 4847 4a49 4c4b 4e4d 504f  ABCDEFGHIJKLMNOP\n", "41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50"},
		{"xxd -e -g 8", "00000000: 4847464544434241 504f4e4d4c4b4a49  ABCDEFGHIJKLMNOP\n00000010:             5453                   ST\n", "41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 53 54"},
		{"xxd -e of one short group", "00000000:     0241                            A.\n", "41 02"},
		{"xxd -g 4", "00000000: 41424344 00000000 ffffffff 0a0a0a0a  ABCD............\n", "41 42 43 44 00 00 00 00 ff ff ff ff 0a 0a 0a 0a"},
		{"xxd -g 4 of equal bytes", "00000000: 00000000 ffffffff                    ........\n", "00 00 00 00 ff ff ff ff"},
		{"one line of xxd", "00000000: 0103 abcd  ab cd", "01 03 ab cd"},
		{"xxd -g1 from the middle", "00000010: 01 03 00  ...", "01 03 00"},
		{"hexdump -C", "00000000  48 65 6c 6c 6f 20 30 31  53 74 75 64 69 6f 21 0a  |Hello 01Studio!.|\n00000010\n", hello},
		{"hexdump -C leaves lines out", "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n00000030\n", zeros},
		{"hexdump -C leaves lines out before others", "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n00000030  01                                                |.|\n00000031\n", zeros + " 01"},
		{"od -A x -t x1z", "000000 48 65 6c 6c 6f 20 30 31 53 74 75 64 69 6f 21 0a  >Hello 01Studio!.<\n000010 ab cd                                            >..<\n000012\n", hello + " ab cd"},
		{"od -t x1", "0000000 48 65 6c 6c 6f 20 30 31 53 74 75 64 69 6f 21 0a\n0000020 ab cd\n0000022\n", hello + " ab cd"},
		{"od -t x1 of eight bytes", "0000000 01 02 03 04 05 06 07 08\n0000010\n", "01 02 03 04 05 06 07 08"},
		{"od -t x1 leaves lines out", "0000000 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n*\n0000060\n", zeros},
		{"od -A d -t x1", "0000000 48 65 6c 6c 6f 20 30 31 53 74 75 64 69 6f 21 0a\n0000016 ab cd\n0000018\n", hello + " ab cd"},
		{"tcpdump -X", "\t0x0000:  4865 6c6c 6f20 3031 5374 7564 696f 210a  Hello.01Studio!.\n\t0x0010:  abcd                                     ..", hello + " ab cd"},
		{"Wireshark", "0000   48 65 6c 6c 6f 20 30 31 53 74 75 64 69 6f 21 0a   Hello 01Studio!.\n0010   ab cd                                             ..\n", hello + " ab cd"},
		{"Wireshark follows a stream", "00000000  48 65 6c 6c 6f 20 30 31  53 74 75 64 69 6f 21 0a   Hello 01 Studio!.\n00000010  ab cd                                              ..\n", hello + " ab cd"},
		{"one line of eight and text", "00000000  01 02 03 04 05 06 07 08   ab cd ef", "01 02 03 04 05 06 07 08"},
		{"two messages", "    00000000  01 03                                             |..|\n    00000000  04                                                |.|\n", "01 03 04"},
		{"line ends of Windows", "0000   01 03   ..\r\n0002   04   .\r\n", "01 03 04"},
		{"comments among lines", "# asked\n00000000: 0103  ..\n\n// more\n00000002: 04    .\n", "01 03 04"},

		{"four digits are no offset", "0000 0001\n0002 0003", "00 00 00 01 00 02 00 03"},
		{"offsets that do not count", "0000  01 02\n0007  03", "00 00 01 02 00 07 03"},
		{"columns of words", "0001  0002\n0003  0004", "00 01 00 02 00 03 00 04"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, typed := range []string{c.typed, fullWidth(c.typed)} {
				got, err := ParseHex(typed)
				if err != nil {
					t.Fatalf("%q: %v", typed, err)
				}
				if diff := cmp.Diff(c.want, FormatHex(got)); diff != "" {
					t.Errorf("ParseHex(%q) (-want +got):\n%s", typed, diff)
				}
				tm, err := Parse(typed, ParseOptions{Hex: true})
				if err != nil {
					t.Fatalf("template %q: %v", typed, err)
				}
				if again, _ := tm.Append(nil, &Vars{}); !bytes.Equal(got, again) {
					t.Errorf("as a template % x", again)
				}
			}
		})
	}
}

// What is wrong in pasted code has its place in what was pasted.
func TestParseHexPastedFaults(t *testing.T) {
	for typed, want := range map[string]string{
		"00000000: 00010203 04050607                    ........\n":                                                                       "column 11: these groups may have their bytes in order (xxd -g4) or reversed (xxd -e)",
		"00000000: 44434241 48474645 4c4b4a49 504f4e4d  ABCDEFGHIJKLMNOP\n00000010: 54535251 58575655 54535251 20575655  QRSTUVWXQRSTUVW": "line 1, column 11: these groups may have",
		"uint8_t x[] = {0x01, 0xzz};": `column 24: "z" is not a hex digit`,
		"{0x01, 300}":                 `column 8: "300" is no byte`,
		"{0x01, 010}":                 `column 8: "010" is no byte`,
		"{0x01, -129}":                `column 8: "-129" is no byte`,
		`"\x01A"`:                     `column 2: "\\x01": \x takes exactly two digits`,
		`"AT\q"`:                      `column 4: a backslash before "q" is no escape`,
		"01, 3":                       `column 5: single digit "3": a byte is two hex digits`,
		"{01, 3}":                     `column 6: single digit "3": a byte is two hex digits`,
		"0x01 3":                      `column 6: single digit "3": a byte is two hex digits`,
		"{0x01, 3, 0a 5}":             `column 8: single digit "3": a byte is two hex digits`,
		"01 /* 02":                    `column 4: "/" is not a hex digit`,
		"01 *":                        `column 4: "*" is not a hex digit`,
		"aa_{{seq}}":                  `column 3: "_" is not a hex digit`,
	} {
		_, err := Parse(typed, ParseOptions{Hex: true})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", typed, err, want)
		}
	}
	if got, err := ParseHex("00000000: 0103 0405  ab\n00000003: 06  cd\n"); err == nil && len(got) == 5 {
		t.Errorf("offsets do not count the bytes: % x", got)
	}
	bomb := "00000000  00 |.|\n"
	for n := 1; n <= 40; n++ {
		bomb += fmt.Sprintf("*\n%08x  00 |.|\n", n*(15<<20))
	}
	var err error
	if built := allocated(func() { _, err = ParseHex(bomb) }); err == nil || built > 128<<20 {
		t.Errorf("a dump that leaves lines out: %v after %d bytes", err, built)
	}
}

// Fields keep their brackets among code.
func TestParseHexPastedFields(t *testing.T) {
	tm, err := Parse("uint8_t f[] = {0x01, {{#b}}0x03{{/b}}, {{len(b):u8}}};", ParseOptions{Hex: true})
	if err != nil {
		t.Fatal(err)
	}
	got, err := tm.Append(nil, &Vars{})
	if diff := cmp.Diff("01 03 01", FormatHex(got)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Random bytes come back from a dump of every style.
func TestParseHexDumps(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		data := make([]byte, 1+random.IntN(70))
		for i := range data {
			data[i] = "\x00 09afAF|.:\xff"[random.IntN(12)]
		}
		for name, dump := range map[string]string{
			"ours":      string(AppendHexdump(nil, data, 0, "    ")),
			"xxd":       printedDump(data, "%08x: ", 2, 0, "  "),
			"tcpdump":   printedDump(data, "\t0x%04x:  ", 2, 0, "  "),
			"xxd -g4":   printedDump(data, "%08x: ", 4, 0, "  "),
			"xxd -e":    littleEndianDump(data),
			"Wireshark": printedDump(data, "%04x   ", 1, 0, "   "),
			"stream":    printedDump(data, "%08x  ", 1, 8, "   "),
		} {
			got, err := ParseHex(dump)
			if err != nil && (name == "xxd -g4" || name == "xxd -e") && strings.Contains(err.Error(), "these groups may have") {
				continue // as text, both orders look the same
			}
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("%s:\n%s% x, %v; want % x", name, dump, got, err, data)
			}
		}
	}
}

// littleEndianDump prints a dump as xxd -e does: groups of four bytes as numbers, the last
// one at the right of its place.
func littleEndianDump(data []byte) string {
	var out strings.Builder
	for at := 0; at < len(data); at += bytesPerLine {
		line := data[at:min(len(data), at+bytesPerLine)]
		fmt.Fprintf(&out, "%08x: ", at)
		for group := 0; group < bytesPerLine; group += 4 {
			word := bytes.Clone(line[min(group, len(line)):min(group+4, len(line))])
			slices.Reverse(word)
			fmt.Fprintf(&out, "%8x ", word)
		}
		fmt.Fprintf(&out, " %s\n", asText(bytes.Clone(line)))
	}
	return out.String()
}

// printedDump prints a dump: groups of some bytes, a wider gap after so many, and
// the text.
func printedDump(data []byte, offset string, group, wider int, gap string) string {
	var out strings.Builder
	for at := 0; at < len(data); at += bytesPerLine {
		line := data[at:min(len(data), at+bytesPerLine)]
		fmt.Fprintf(&out, offset, at)
		area := ""
		for i := range bytesPerLine {
			switch {
			case i > 0 && i == wider:
				area += "  "
			case i > 0 && i%group == 0:
				area += " "
			}
			if i < len(line) {
				area += fmt.Sprintf("%02x", line[i])
			} else {
				area += "  "
			}
		}
		out.WriteString(area + gap)
		for _, b := range line {
			if b < ' ' || b > '~' {
				b = '.'
			}
			out.WriteByte(b)
		}
		out.WriteByte('\n')
	}
	return out.String()
}
