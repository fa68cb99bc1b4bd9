package sockeye

import (
	"fmt"
	"math"
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

// ParseSize reads a number of bytes: "65536", "64KiB", "4MiB".
func ParseSize(s string) (int64, error) {
	digits, unit := strings.TrimSpace(s), int64(1)
	for i, suffix := range []string{"KiB", "MiB", "GiB"} {
		if rest, ok := strings.CutSuffix(digits, suffix); ok {
			digits, unit = strings.TrimSpace(rest), 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, strconv.ErrRange
	}
	return n * unit, nil
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
