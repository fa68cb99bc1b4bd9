package device

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sockeye/internal/payload"
	"sockeye/internal/sensor"
)

// command carries out a line that a target sent, as far as the file allows it, and has say
// give the answer, "ok …" or "error …". A reboot begins after it, because it takes away
// the connection.
//
//	rate SENSOR TIME      set gpio/gpiochip0/17 1      reboot
func (b *runningBoard) command(line string, say func(answer string)) {
	answer, reboot := b.carryOut(line)
	say(answer)
	if reboot {
		b.restart()
	}
}

func (b *runningBoard) carryOut(line string) (answer string, reboot bool) {
	words := strings.Fields(line)
	allowed := &b.file.Commands
	switch {
	case b.file.safeMode:
		return "error " + safeModeError("", "").Message.En, false
	case len(words) == 3 && words[0] == "rate" && allowed.Rates:
		return b.setRate(words[1], words[2]), false
	case len(words) == 3 && words[0] == "set" && slices.Contains(allowed.Lines, words[1]):
		return b.setLine(words[1], words[2]), false
	case len(words) == 1 && words[0] == "reboot" && allowed.Reboot:
		return "ok reboot", true
	}
	return "error not allowed or unknown: " + payload.Quote(line, 80), false
}

func (b *runningBoard) setRate(name, every string) string {
	d, err := time.ParseDuration(every)
	if err != nil || d < leastEvery {
		return "error " + payload.Quote(every, 20) + " is no time of at least " + leastEvery.String()
	}
	for _, c := range b.channels {
		if c.Name == name {
			c.every.Store(int64(d))
			c.wake()
			return fmt.Sprintf("ok rate %s %v", name, d)
		}
	}
	return "error there is no sensor " + payload.Quote(name, 20)
}

func (b *runningBoard) setLine(path, value string) string {
	if value != "0" && value != "1" {
		return "error " + payload.Quote(value, 20) + " is neither 0 nor 1"
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[path]
	var err error
	if l == nil {
		if l, err = b.machine.OpenLine(path, sensor.LineOptions{Output: true, Value: value == "1"}); err == nil {
			b.lines[path] = l // held: an output that is given back may change
		}
	} else {
		err = l.Set(value == "1")
	}
	if err != nil {
		return "error " + payload.SafeString(err.Error())
	}
	return "ok set " + path + " " + value
}
