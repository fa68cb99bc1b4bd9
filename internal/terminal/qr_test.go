package terminal

import (
	"strings"
	"testing"

	"rsc.io/qr"
)

// What is drawn has the modules of the code, with a quiet zone of four around them.
func TestQRCode(t *testing.T) {
	const text = "sockeye1.AbCdEf0123456789"
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	var drawn [][]bool // rows of modules
	for line := range strings.Lines(QRCode(text)) {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[30;107m"), "\x1b[0m\n")
		var upper, lower []bool
		for _, c := range line {
			upper, lower = append(upper, c == '█' || c == '▀'), append(lower, c == '█' || c == '▄')
		}
		drawn = append(drawn, upper, lower)
	}
	if want := code.Size + 8; len(drawn) < want || len(drawn[0]) != want {
		t.Fatalf("%d rows of %d, want %d", len(drawn), len(drawn[0]), want)
	}
	for y, row := range drawn {
		for x, black := range row {
			if black != code.Black(x-4, y-4) {
				t.Fatalf("row %d, column %d is wrong", y, x)
			}
		}
	}
	if QRCode(strings.Repeat("x", 10_000)) != "" {
		t.Error("a text that no code holds is drawn")
	}
}
