package terminal

import (
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/core"
)

// usualBreak is the length of a break without a time.
const usualBreak = 250 * time.Millisecond

// lineSetting reads the commands for the lines of a serial port: /dtr on|off, /rts
// on|off, /break [TIME]; false: it is none of them.
func lineSetting(name, rest string) (set sockeye.LineSetting, ok bool, err error) {
	switch name {
	case "/dtr":
		set.DTR, err = onOff(name, rest)
	case "/rts":
		set.RTS, err = onOff(name, rest)
	case "/break":
		set.Break = usualBreak
		if rest != "" {
			if set.Break, err = sockeye.ParseTime(rest); err != nil {
				err = Usage(name, sockeye.Text{En: rest + " is not a time", Zh: rest + " 不是时间"}, sockeye.Text{En: "for example /break 250ms", Zh: "例如 /break 250ms"})
			}
		}
	default:
		return set, false, nil
	}
	return set, true, err
}

func onOff(name, word string) (sockeye.OptionalBool, error) {
	switch strings.ToLower(word) {
	case "on", "1":
		return sockeye.On, nil
	case "off", "0":
		return sockeye.Off, nil
	}
	return sockeye.Default, Usage(name, sockeye.Text{En: "on or off?", Zh: "on 还是 off？"}, sockeye.Text{En: "write " + name + " on", Zh: "请写 " + name + " on"})
}

// setLines returns the console command /dtr, /rts or /break for the port of the session.
func setLines(name string) func(*repl, string) error {
	return func(c *repl, rest string) error {
		set, _, err := lineSetting(name, rest)
		if err == nil {
			err = set.Validate()
		}
		if err != nil {
			return err
		}
		return c.each(core.All, func(p *core.Peer) error { return p.SetLines(set) })
	}
}

// showLines shows the state of the port's modem lines.
func (c *repl) showLines(string) error {
	for _, p := range c.session.Peers() {
		lines := p.Status().Lines
		if lines == nil {
			return noLines(PeerName(p.Peer))
		}
		c.run.console.print(PeerName(p.Peer) + "  " + lines.String())
	}
	return nil
}

// noLines is the error of a peer that has no modem lines.
func noLines(peer string) error {
	return &sockeye.Error{Kind: sockeye.Unsupported, Op: "read", Target: peer,
		Message: sockeye.Text{En: "has no modem lines", Zh: "没有调制解调信号线"}, Hint: sockeye.Text{En: "serial ports with hardware have", Zh: "有硬件的串口才有"}}
}
