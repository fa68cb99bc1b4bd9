package fields

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye"
)

// TriggerKind is what a trigger waits for.
type TriggerKind string

// The kinds of triggers: edges through the level, and values on one side of it.
const (
	Rising  TriggerKind = "rising"
	Falling TriggerKind = "falling"
	Either  TriggerKind = "either"
	Above   TriggerKind = "above"
	Below   TriggerKind = "below"
)

// TriggerKinds are all of them.
var TriggerKinds = []TriggerKind{Rising, Falling, Either, Above, Below}

// Trigger says when a series is worth a look, as that of an oscilloscope. After it fired,
// it does not fire for HoldOff.
type Trigger struct {
	Kind    TriggerKind
	Level   float64
	HoldOff time.Duration
}

// ParseTrigger reads a trigger: its kind and level, and "hold" with a time if need be,
// as in "rising 20.5 hold 500ms". The error is an *sockeye.Error whose target is the text.
func ParseTrigger(text string) (t Trigger, err error) {
	wrong := func(en, zh string) (Trigger, error) {
		return Trigger{}, &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: strings.TrimSpace(text), Message: sockeye.Text{En: en, Zh: zh},
			Hint: sockeye.Text{En: "write rising, falling, either, above or below, a level, and if need be a hold-off: rising 20.5 hold 500ms", Zh: "写 rising、falling、either、above 或 below，再写电平，需要时加释抑时间：rising 20.5 hold 500ms"}}
	}
	words := strings.Fields(text)
	if len(words) != 2 && (len(words) != 4 || words[2] != "hold") {
		return wrong("a trigger is its kind and its level", "触发条件由类型和电平组成")
	}
	var why sockeye.Text
	if t.Kind, why = TriggerKindOf(words[0]); !why.IsZero() {
		return wrong(why.En, why.Zh)
	}
	if t.Level, why = TriggerLevelOf(words[1]); !why.IsZero() {
		return wrong(why.En, why.Zh)
	}
	if len(words) == 4 {
		if t.HoldOff, err = time.ParseDuration(words[3]); err != nil || t.HoldOff < 0 {
			return wrong(fmt.Sprintf("%q is not a time", words[3]), fmt.Sprintf("%q 不是时间", words[3]))
		}
	}
	return t, nil
}

// TriggerKindOf is the kind of a name. What is wrong with the name is said in words; they are
// zero if it is one.
func TriggerKindOf(name string) (kind TriggerKind, wrong sockeye.Text) {
	if kind = TriggerKind(name); slices.Contains(TriggerKinds, kind) {
		return kind, wrong
	}
	return "", sockeye.Text{En: fmt.Sprintf("%q is no kind of trigger", name), Zh: fmt.Sprintf("%q 不是触发类型", name)}
}

// TriggerLevelOf is the finite number that a text is. What is wrong with it is said in words;
// they are zero if it is one.
func TriggerLevelOf(text string) (level float64, wrong sockeye.Text) {
	level, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(level) || math.IsInf(level, 0) {
		return 0, sockeye.Text{En: fmt.Sprintf("%q is not a number", text), Zh: fmt.Sprintf("%q 不是数字", text)}
	}
	return level, wrong
}

// TriggerState is how far a trigger followed one series. The zero state is before its
// first value.
type TriggerState struct {
	last  float64
	any   bool
	fired bool
	at    time.Time
}

// Fires takes the next value and reports whether the trigger fires at it. An edge needs a
// value before it.
func (s *TriggerState) Fires(t Trigger, at time.Time, y float64) bool {
	if math.IsNaN(y) {
		return false
	}
	before, any := s.last, s.any
	s.last, s.any = y, true
	if !t.matches(before, any, y) || s.fired && at.Sub(s.at) < t.HoldOff {
		return false
	}
	s.fired, s.at = true, at
	return true
}

// matches judges a value after the one before.
func (t *Trigger) matches(before float64, any bool, y float64) bool {
	rises, falls := any && before < t.Level && y >= t.Level, any && before > t.Level && y <= t.Level
	switch t.Kind {
	case Rising:
		return rises
	case Falling:
		return falls
	case Either:
		return rises || falls
	case Above:
		return y >= t.Level
	default:
		return y <= t.Level
	}
}
