package terminal

import (
	"fmt"
	"strconv"
	"strings"

	"sockeye"
)

// ByteSize is a flag for an amount of bytes: "64MiB", "10GB", "4096".
type ByteSize struct{ n *int64 }

func (v *ByteSize) String() string {
	if v.n == nil || *v.n == 0 {
		return ""
	}
	return strconv.FormatInt(*v.n, 10)
}

func (v *ByteSize) Type() string { return "size" }

// byteUnits are the suffixes of sizes; a letter alone is the binary unit, as
// with split(1) and most recorders.
var byteUnits = map[string]float64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

func (v *ByteSize) Set(s string) error {
	at := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if at < 0 {
		at = len(s)
	}
	n, err := strconv.ParseFloat(s[:at], 64)
	unit, known := byteUnits[strings.ToLower(strings.TrimSpace(s[at:]))]
	if err != nil || !known || n*unit >= 1<<62 {
		return &sockeye.Error{Kind: sockeye.Invalid,
			Message: sockeye.Text{En: fmt.Sprintf("%q is not a size", s), Zh: fmt.Sprintf("%q 不是大小", s)},
			Hint:    sockeye.Text{En: "write 64MiB, 10GB or a number of bytes", Zh: "写成 64MiB、10GB 或字节数"}}
	}
	*v.n = int64(n * unit)
	return nil
}

// ByteSizeOf is a flag that sets n.
func ByteSizeOf(n *int64) *ByteSize { return &ByteSize{n} }
