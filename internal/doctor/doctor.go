// Package doctor says why a connection does not work: it collects what this machine can
// tell of an address (Facts), and judges that alone (Diagnose). The judgement is pure: facts
// of another machine or of another day give the same diagnosis. Nothing is sent but to the
// address that was asked for and to the name server.
package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"sync"

	"sockeye"
)

// Verdict is what a check found.
type Verdict string

// The verdicts.
const (
	OK         Verdict = "ok"
	Wrong      Verdict = "wrong"
	CannotTell Verdict = "cannot-tell"
)

// Check is one of the questions that are asked, in the order of the way.
type Check string

// The checks.
const (
	CheckAddress      Check = "address"      // what was asked for
	CheckWay          Check = "way"          // interface, route, neighbour, packet size
	CheckThere        Check = "port-there"   // what answers at the port
	CheckHere         Check = "port-here"    // who listens on this machine
	CheckFirewall     Check = "firewall"     // this machine's rules
	CheckConversation Check = "conversation" // what became of connections that there are
)

// Checks lists the checks in order.
var Checks = []Check{CheckAddress, CheckWay, CheckThere, CheckHere, CheckFirewall, CheckConversation}

// Station is a place on the way from a program here to a program there.
type Station string

// The stations, in order.
const (
	StationProgram   Station = "program"   // the program here, or its port
	StationFirewall  Station = "firewall"  // the rules of this machine
	StationInterface Station = "interface" // its interface and route
	StationNetwork   Station = "network"   // cable, switch, access point, gateways
	StationThere     Station = "there"     // the other machine's rules
	StationPort      Station = "port"      // the port there, and its program
)

// Finding is what one check says.
type Finding struct {
	Check   Check
	Verdict Verdict
	// Cause is a stable word for what is wrong, "no-route"; "" if nothing is.
	Cause string
	// Station is where on the way a fault is.
	Station Station
	// Text says what was found, Next what to do, which is empty if there is nothing to do.
	Text, Next sockeye.Text
	// Evidence are the system's own words and numbers.
	Evidence []string
}

// Side says which machine would know more.
type Side string

// The sides.
const (
	AskNobody Side = ""
	AskThere  Side = "there" // the machine that was asked for
)

// Diagnosis is what came of facts.
type Diagnosis struct {
	Facts    *Facts
	Other    *Facts // the other side's, or nil
	Findings []Finding
	// Cause is the first finding that is wrong, nil if none is.
	Cause *Finding
	// CodeFault says why the code of the other side tells nothing, nil if it does.
	CodeFault *Finding
	// Ask says which side has the evidence that is missing.
	Ask Side
}

// Diagnose judges facts of this side, and of the other one if other is not nil.
func Diagnose(f, other *Facts) *Diagnosis {
	d := &Diagnosis{Facts: f, Other: other}
	d.Findings = append(d.Findings, checkAddress(f)...)
	if found, said := checkCode(f, other); said {
		d.Findings, d.CodeFault = append(d.Findings, found), &found
		d.Other, other = nil, nil // it tells nothing of what was asked
	}
	if other != nil && !hasCause(d.Findings) {
		d.Findings = append(d.Findings, checkBoth(f, other)...)
	}
	d.Findings = append(d.Findings, checkWay(f)...)
	d.Findings = append(d.Findings, checkFirewall(f)...)
	if f.Local && f.Port != 0 {
		d.Findings = append(d.Findings, checkHere(f)...)
	}
	if f.Host != "" {
		d.Findings = append(d.Findings, d.withoutDoubt(checkThere(f))...)
	}
	d.Findings = append(d.Findings, checkConversation(f)...)
	d.Findings = append(d.Findings, notNeeded(f, d.Findings)...)
	if n := slices.IndexFunc(d.Findings, func(f Finding) bool { return f.Verdict == Wrong }); n >= 0 {
		cause := d.Findings[n]
		d.Cause = &cause
	}
	slices.SortStableFunc(d.Findings, func(a, b Finding) int {
		return slices.Index(Checks, a.Check) - slices.Index(Checks, b.Check)
	})
	d.Ask = d.whomToAsk()
	return d
}

// withoutDoubt are findings of the port there, less what this side cannot tell, if both together
// said something of it already.
func (d *Diagnosis) withoutDoubt(list []Finding) []Finding {
	if d.Other == nil || !slices.ContainsFunc(d.Findings, func(f Finding) bool { return f.Check == CheckThere }) {
		return list
	}
	return slices.DeleteFunc(list, func(f Finding) bool { return f.Verdict == CannotTell })
}

// notNeeded ends every check that said nothing in a verdict, so that a reader sees that it
// was not forgotten.
func notNeeded(f *Facts, said []Finding) (list []Finding) {
	for _, c := range Checks {
		if slices.ContainsFunc(said, func(f Finding) bool { return f.Check == c }) {
			continue
		}
		switch {
		case f.Fault != nil:
			list = append(list, unknown(c, say("not looked at, because the address means nothing yet", "地址尚不明确，没有检查"), sockeye.Text{}))
		case f.aboutMachine():
			list = append(list, unknown(c, say("not looked at, because no port was asked for", "没有指定端口，没有检查"), sockeye.Text{}))
		case c == CheckConversation && f.didNotSee("sockets"):
			list = append(list, unknown(c, say("this system does not list connections", "本系统不提供连接列表"), sockeye.Text{}))
		case c == CheckConversation:
			list = append(list, fine(c, say("no connection to the address waits for anything", "到该地址的连接都没有在等待")))
		case c == CheckFirewall || f.Port == 0:
			list = append(list, unknown(c, say("not looked at, because no port was asked for", "没有指定端口，没有检查"), sockeye.Text{}))
		case c == CheckThere && f.Host != "" && !f.ToListen && !slices.ContainsFunc(f.Paths, func(p Path) bool { return p.Address.IsMulticast() }):
			list = append(list, unknown(c, say("not tried, because there is no way there", "没有尝试，因为没有到达那里的通路"), sockeye.Text{}))
		case c == CheckThere && f.Host != "" && !f.ToListen:
			list = append(list, unknown(c, say("a multicast group answers nobody: only a receiver shows what arrives", "组播组不会应答：收到什么只有接收方知道"),
				say("receive on another machine: sockeye listen udp://%s", "请在另一台机器上接收：sockeye listen udp://%s", f.hostPort())))
		case c == CheckHere:
			list = append(list, fine(c, say("the port that was asked for is not on this machine", "所问的端口不在本机")))
		default:
			list = append(list, fine(c, say("the question is about this machine alone", "所问的只与本机有关")))
		}
	}
	return list
}

// whomToAsk is the side with evidence that is missing here.
func (d *Diagnosis) whomToAsk() Side {
	if d.Other != nil || d.Facts.Host == "" || d.Facts.Local {
		return AskNobody
	}
	if d.Cause == nil {
		for _, f := range d.Findings {
			if f.Verdict == CannotTell && f.Check == CheckThere {
				return AskThere
			}
		}
		return AskNobody
	}
	switch d.Cause.Cause {
	case CauseRefused, CauseOtherTransport, CauseNoNeighbour, CauseFirewallRejects, CauseUnreachable:
		return AskThere
	}
	return AskNobody
}

// Verdict is ok if nothing is wrong, wrong if a cause was found, and cannot-tell if what
// decides could not be seen.
func (d *Diagnosis) Verdict() Verdict {
	if d.Cause != nil {
		return Wrong
	}
	if d.Facts.rulesUnknown() {
		return CannotTell
	}
	decides := d.decides()
	if decides == CheckThere && slices.ContainsFunc(d.Findings, func(f Finding) bool { return f.Check == CheckThere && f.Verdict == OK }) {
		return OK // one of several addresses that works is enough
	}
	for _, f := range d.Findings {
		if f.Check == decides && f.Verdict == CannotTell && (d.CodeFault == nil || f.Text != d.CodeFault.Text) {
			return CannotTell
		}
	}
	return OK
}

// decides is the check on which a good verdict depends.
func (d *Diagnosis) decides() Check {
	switch {
	case d.Facts.aboutMachine():
		return CheckWay
	case d.Facts.Host == "":
		return CheckHere
	}
	return CheckThere
}

func hasCause(list []Finding) bool {
	return slices.ContainsFunc(list, func(f Finding) bool { return f.Verdict == Wrong })
}

// say is a text in both languages, with the same arguments.
func say(en, zh string, args ...any) sockeye.Text {
	if len(args) == 0 {
		return sockeye.Text{En: en, Zh: zh}
	}
	return sockeye.Text{En: ones().ReplaceAllString(fmt.Sprintf(en, args...), "1 $1"), Zh: fmt.Sprintf(zh, args...)}
}

// joined is one text behind another.
func joined(a, b sockeye.Text) sockeye.Text { return sockeye.Text{En: a.En + b.En, Zh: a.Zh + b.Zh} }

// ones are the plurals after a 1.
var ones = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b1 (byte|connection|file|time)s\b`)
})

func fine(c Check, text sockeye.Text, evidence ...string) Finding {
	return Finding{Check: c, Verdict: OK, Text: text, Evidence: evidence}
}

func unknown(c Check, text, next sockeye.Text, evidence ...string) Finding {
	return Finding{Check: c, Verdict: CannotTell, Text: text, Next: next, Evidence: evidence}
}

func wrong(c Check, cause string, at Station, text, next sockeye.Text, evidence ...string) Finding {
	return Finding{Check: c, Verdict: Wrong, Cause: cause, Station: at, Text: text, Next: next, Evidence: evidence}
}
