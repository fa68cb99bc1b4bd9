package payload

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"sockeye"
)

// T40: what an expression may cost is bounded before it is compiled, wherever it comes from: by its
// length, by the steps for each byte, and by its classes, which are what takes memory.
func TestCompileRegexp(t *testing.T) {
	for expression, want := range map[string]string{
		`temp=([0-9.]+)`:                         "",
		`[\pL\pN]+ (?P<n>\d+)`:                   "",
		`(`:                                      "missing closing )",
		"\x1b(":                                  `missing closing ): `,
		strings.Repeat("x", MaxSteps+1):          "longer than 2000 bytes",
		strings.Repeat("x", 64<<20):              "longer than 2000 bytes",
		strings.Repeat(`\pL`, MaxSteps/3):        "takes 21312 steps",
		`(?:[\pL\pN]{100}){10}`:                  "",
		`(?:.a.){500}(?:b|cd){300}`:              "steps for each byte, more than 2000",
		`((((x{30}){30})` + `{30}){30})`:         "invalid repeat count",
		`(?:` + strings.Repeat("(", 1500) + "x)": "missing closing )",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		re, steps, err := CompileRegexp(expression)
		took := time.Since(begun)
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 16<<20 || took > 10*time.Second {
			t.Errorf("%.40q takes %d MiB and %v", expression, taken>>20, took)
		}
		if want == "" {
			if err != nil || re == nil || steps < 2 || steps > MaxSteps {
				t.Errorf("%.40q: %d steps, %v", expression, steps, err)
			}
			continue
		}
		if e := sockeye.ErrorOf(err); e == nil || !strings.Contains(e.Message.En, want) || strings.Contains(e.Message.En+e.Message.Zh, "\x1b") || e.Message.Zh == "" || e.Hint.IsZero() {
			t.Errorf("%.40q: %v, want %q", expression, err, want)
		}
	}
}
