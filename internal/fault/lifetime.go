package fault

import (
	"time"

	"sockeye"
)

// DefaultLifetime is how long faults that are set while a relay runs last if no lifetime is given,
// so that forgotten faults end by themselves.
const DefaultLifetime = 15 * time.Minute

// Forever is the word for faults that last until they are taken away.
const Forever = "ever"

// ParseLifetime reads how long faults last: a time such as 1h, or ever, which is 0. The error
// is an *sockeye.Error of kind Invalid whose target is for.
func ParseLifetime(text string) (time.Duration, error) {
	if text == Forever {
		return 0, nil
	}
	d, err := sockeye.ParseTime(text)
	if err == nil && d > 0 && d <= MaxTime {
		return d, nil
	}
	return 0, &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: "for",
		Message: both("neither ever nor a time between 0 and 24h", "既不是 ever，也不是 0 与 24h 之间的时间"),
		Hint:    both("write 15m, 1h or ever", "请写 15m、1h 或 ever")}
}

// Until is when the faults end by themselves; zero: they do not.
func (s *RelayFaults) Until() time.Time {
	if s == nil || s.Lifetime == 0 {
		return time.Time{}
	}
	return s.Since.Add(s.Lifetime)
}
