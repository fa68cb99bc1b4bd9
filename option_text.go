package sockeye

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time as people type it: "500ms", "2s", "1m30s"; a bare number is
// seconds. The error is an *Error of kind Invalid.
func ParseTime(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if n, numErr := strconv.ParseFloat(s, 64); err != nil && numErr == nil && strings.Trim(s, "0123456789.") == "" {
		d, err = time.Duration(n*float64(time.Second)), nil
		if n*float64(time.Second) > float64(1<<62) {
			err = strconv.ErrRange
		}
	}
	if err != nil {
		s = clip(s)
		return 0, &Error{Kind: Invalid, Message: Text{fmt.Sprintf("%q is not a time", s), fmt.Sprintf("%q 不是时间", s)}, Hint: timeHint}
	}
	return d, nil
}

var timeHint = Text{"write 500ms, 2s, 1m30s or 1h; a bare number is seconds", "写成 500ms、2s、1m30s 或 1h；纯数字表示秒"}

// sizeUnits are the suffixes of sizes; a letter alone is the binary unit, as with split(1)
// and most recorders.
var sizeUnits = map[string]float64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// ParseSize reads a number of bytes as people type it: "65536", "64KiB", "1.5g", "10GB".
// The error is an *Error of kind Invalid.
func ParseSize(s string) (int64, error) {
	s = strings.TrimSpace(s)
	at := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if at < 0 {
		at = len(s)
	}
	n, err := strconv.ParseFloat(s[:at], 64)
	unit, known := sizeUnits[strings.ToLower(strings.TrimSpace(s[at:]))]
	if err != nil || !known || n*unit >= 1<<62 {
		s = clip(s)
		return 0, &Error{Kind: Invalid, Message: Text{fmt.Sprintf("%q is not a size", s), fmt.Sprintf("%q 不是大小", s)},
			Hint: Text{"write 64MiB, 10GB or a number of bytes", "写成 64MiB、10GB 或字节数"}}
	}
	return int64(n * unit), nil
}

// sizeText is a number of bytes as ParseSize reads it.
func sizeText(n int) string {
	switch {
	case n > 0 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + "MiB"
	case n > 0 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + "KiB"
	}
	return strconv.Itoa(n)
}

// shortTime is a time without its zeroes: "1m" for 1m0s.
func shortTime(t time.Duration) string {
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
