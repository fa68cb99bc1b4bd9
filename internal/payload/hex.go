package payload

import (
	"sockeye"
)

// ParseHex reads bytes as people type them in hex:
//
//	01 03 00 0A        0103000a          01:03-00,0a;       0x01, 0x3, 0x0103
//	\x01\x03           01h 3h 0FFh       01 03 // read      01 03 # read
//
// So are arrays and strings of programs, and the lines of a hex dump, as xxd,
// hexdump -C, od, tcpdump, Wireshark and AppendHexdump print them:
//
//	uint8_t frame[] = {0x01, 0x03};    b'\x01\x03'    01 /* read */ 03
//	00000000: 0103 000a                                ....
//
// In the brackets of a program bare numbers are decimal, and characters stand for their
// bytes: {0x01, 10, 0, 'A'} is 01 0a 00 41. They are a program's if an element begins with
// 0x or a type, a function or a declaration stands before them, and if all elements are
// numbers or characters. The inside alone, 0x01, 10, 0, is that too as soon as a number has
// not two digits; elsewhere 10 is one byte of two hex digits. A string of a program that has
// other escapes or characters beside \x01 stands for its characters: b'\x01A\n' is 01 41 0a.
//
// Two digits are a byte, and digits that stand together are bytes in the order
// written: 0x0103 is 01 03. Between bytes may stand any number of spaces, line
// ends, commas, colons, semicolons, dashes, brackets and quotes, or nothing. // and #
// begin a comment that ends with its line. The full-width digits, letters and signs of a
// Chinese input method are taken for the plain ones.
//
// A single digit is a byte only where 0x or h says that it is a number; "1 2 3"
// and "123" could each mean several things and are errors. The error is a
// *sockeye.Error of kind Invalid that names the column. Nothing, or nothing but
// comments, is no bytes.
func ParseHex(s string) ([]byte, error) {
	p := pasted(s)
	if p.fault != nil {
		return nil, p.fault.In(s)
	}
	p.out = make([]byte, 0, (len(s)+1)/2)
	for p.at < len(s) {
		if p.skip() {
			continue
		}
		if f := p.word(); f != nil {
			return nil, f.In(s)
		}
	}
	if len(p.out) > MaxSize {
		return nil, tooLong(0).In("")
	}
	return p.out, nil
}

// ParseHexBytes is ParseHex where no bytes would mean something else, such as all that there
// is: then they are an error, too.
func ParseHexBytes(s string) ([]byte, error) {
	b, err := ParseHex(s)
	if err == nil && len(b) == 0 {
		return nil, noBytes(s)
	}
	return b, err
}

func noBytes(typed string) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: Quote(typed, shownTarget),
		Message: sockeye.Text{En: "there is no byte in it", Zh: "其中没有任何字节"},
		Hint:    sockeye.Text{En: "write two hex digits for each byte: 01 03", Zh: "每个字节写两位十六进制数字：01 03"}}
}

// AppendHex appends b as two lower-case digits a byte, with a space between:
// "01 03 0a".
func AppendHex(dst, b []byte) []byte {
	for i, c := range b {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

// FormatHex is AppendHex as a string. ParseHex reads it back.
func FormatHex(b []byte) string {
	return string(AppendHex(make([]byte, 0, 3*len(b)), b))
}

const hexDigits = "0123456789abcdef"
