package doctor

import (
	"strconv"
	"strings"
)

// The states of macOS' application firewall (globalstate).
const (
	macFirewallOff      = 0
	macFirewallOn       = 1 // each program is asked for
	macFirewallBlockAll = 2
)

// parseMacFirewall reads the state out of what socketfilterfw --getglobalstate prints:
// "Firewall is enabled. (State = 1)". Only the number is read, not the words.
func parseMacFirewall(text string) (state int, ok bool) {
	for {
		_, rest, found := strings.Cut(text, "=")
		if !found {
			return 0, false
		}
		text = rest
		digits, _, _ := strings.Cut(strings.TrimSpace(rest), ")")
		if n, err := strconv.Atoi(strings.TrimSpace(digits)); err == nil && n >= macFirewallOff && n <= macFirewallBlockAll {
			return n, true
		}
	}
}

// applyMac says what a state does with the first packet of a client.
func (w *Firewall) applyMac(state int, in bool) {
	w.Read = true
	if !in {
		return // it looks at what comes in only
	}
	switch state {
	case macFirewallBlockAll:
		w.Drops, w.Rule = true, "socketfilterfw --getglobalstate: block all incoming connections"
	case macFirewallOn:
		w.Unclear, w.Rule = true, "socketfilterfw --getglobalstate: on; each program is allowed or not"
	}
}
