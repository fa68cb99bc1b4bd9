package sensor

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye"
)

// LineOptions say how a GPIO line is requested.
type LineOptions struct {
	// Output drives the line with Value; else it is read.
	Output bool
	Value  bool
	// Edge is the changes that are reported: "", "rising", "falling" or "both".
	Edge string
	// Bias is the resistor inside the chip: "" leaves it as it is, "pull-up",
	// "pull-down" or "none".
	Bias string
	// ActiveLow exchanges 0 and 1: a button to ground is 1 while it is pressed.
	ActiveLow bool
	// Debounce is how long a line must be still before a change counts.
	Debounce time.Duration
}

// GPIOEvent is a change of a line.
type GPIOEvent struct {
	Rising bool
	// Missed counts the changes between the one before and this one that the kernel's
	// buffer had no room for.
	Missed uint32
}

// Value is 1 after a rising edge, else 0.
func (e GPIOEvent) Value() float64 {
	if e.Rising {
		return 1
	}
	return 0
}

// The choices of LineOptions, as files spell them.
var (
	Edges  = []string{"rising", "falling", "both"}
	Biases = []string{"pull-up", "pull-down", "none"}
)

// listGPIO gives every line that has a name or is used: chips have hundreds that are
// wired to nothing.
func listGPIO(m *Hardware) (all []sensorPath) {
	for _, device := range m.glob("dev/gpiochip*") {
		chip, err := openChip(m.chips, m.place(device))
		if err != nil {
			continue
		}
		for offset := range chip.lines {
			l, err := chip.line(offset)
			if err != nil || l.name == "" && l.consumer == "" {
				continue
			}
			all = append(all, sensorPath{fmt.Sprintf("%s/%d", path.Base(device), offset), l.String()})
		}
		chip.close()
	}
	return all
}

func openGPIO(m *Hardware, where string) (Source, error) {
	l, err := m.OpenLine("gpio/"+where, LineOptions{})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// GPIOLine is a GPIO line that this process holds. Value, Set and Close may be called from
// any goroutine, Events by one at a time.
type GPIOLine struct {
	path string
	held *heldLine
}

// OpenLine requests a line, "gpio/gpiochip0/17". The error is an *sockeye.Error.
func (m *Hardware) OpenLine(where string, o LineOptions) (*GPIOLine, error) {
	words := strings.Split(where, "/")
	if len(words) != 3 || words[0] != "gpio" || !strings.HasPrefix(words[1], "gpiochip") || !isName(words[1]) {
		return nil, missing(where)
	}
	offset, err := strconv.ParseUint(words[2], 10, 16)
	if err != nil {
		return nil, missing(where)
	}
	chip, err := openChip(m.chips, m.place("dev/"+words[1]))
	if err != nil {
		return nil, lineFault("open", where, err)
	}
	defer chip.close()
	if uint32(offset) >= chip.lines {
		return nil, missing(where)
	}
	held, err := chip.request(uint32(offset), o)
	if err != nil {
		return nil, lineFault("open", where, err)
	}
	return &GPIOLine{where, held}, nil
}

// Read is 1 or 0.
func (l *GPIOLine) Read(context.Context) (float64, error) {
	on, err := l.held.value()
	if err != nil {
		return 0, lineFault("read", l.path, err)
	}
	return GPIOEvent{Rising: on}.Value(), nil
}

// Unit is none.
func (l *GPIOLine) Unit() string { return "" }

// Set drives an output.
func (l *GPIOLine) Set(on bool) error {
	if err := l.held.set(on); err != nil {
		return lineFault("set", l.path, err)
	}
	return nil
}

// Events calls changed for each change until ctx ends or changed returns false.
func (l *GPIOLine) Events(ctx context.Context, changed func(GPIOEvent) bool) error {
	if err := l.held.events(ctx, changed); err != nil && ctx.Err() == nil {
		return lineFault("read", l.path, err)
	}
	return nil
}

// Close gives the line back; an output may change then.
func (l *GPIOLine) Close() error { return l.held.close() }

// CheckLine says what is wrong with words in options, each an *sockeye.Error.
func CheckLine(o LineOptions) (wrong []error) {
	for _, c := range []struct {
		target, word string
		choices      []string
	}{{"edge", o.Edge, Edges}, {"bias", o.Bias, Biases}} {
		if c.word != "" && !slices.Contains(c.choices, c.word) {
			wrong = append(wrong, &sockeye.Error{Kind: sockeye.Invalid, Target: c.target,
				Message: sockeye.Text{En: fmt.Sprintf("%q is not one of %s", c.word, strings.Join(c.choices, ", ")), Zh: fmt.Sprintf("%q 不是 %s 之一", c.word, strings.Join(c.choices, "、"))}})
		}
	}
	return wrong
}
