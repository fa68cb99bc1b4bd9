package terminal

import (
	"strings"

	"rsc.io/qr"
)

// qrMargin is the quiet zone around a QR code in modules, which readers need (ISO/IEC 18004
// section 9.1).
const qrMargin = 4

// QRCode draws a text as a QR code, two modules to a character, dark on light whatever the
// colours of the terminal are. It is "" if the text is too long for one.
func QRCode(text string) string {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for y := -qrMargin; y < code.Size+qrMargin; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := -qrMargin; x < code.Size+qrMargin; x++ {
			upper, lower := code.Black(x, y), code.Black(x, y+1)
			switch {
			case upper && lower:
				b.WriteString("█")
			case upper:
				b.WriteString("▀")
			case lower:
				b.WriteString("▄")
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}
