package terminal

import (
	"fmt"
	"time"

	"sockeye"
)

// DurationFlag is a time that is typed: "500ms", "2s", "5m"; a bare number is seconds,
// as with ncat. Files, and --since, want a unit with every number.
type DurationFlag struct{ d *time.Duration }

func (v *DurationFlag) String() string {
	if v.d == nil || *v.d <= 0 {
		return ""
	}
	return v.d.String()
}

func (v *DurationFlag) Type() string { return "duration" }

func (v *DurationFlag) Set(s string) error {
	d, err := sockeye.ParseTime(s)
	if err != nil {
		return err
	}
	if d < 0 {
		return &sockeye.Error{Kind: sockeye.Invalid,
			Message: sockeye.Text{En: fmt.Sprintf("%q is negative", s), Zh: fmt.Sprintf("%q 是负数", s)},
			Hint:    sockeye.Text{En: "write 500ms, 2s, 5m or 1h; a bare number is seconds", Zh: "写成 500ms、2s、5m 或 1h；纯数字表示秒"}}
	}
	*v.d = d
	return nil
}

// DurationOf is a flag that sets d.
func DurationOf(d *time.Duration) *DurationFlag { return &DurationFlag{d} }
