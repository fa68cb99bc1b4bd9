package doctor

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"

	"sockeye"
)

// Report is a diagnosis as it is shown: in one language, with the way as a row of stops. It
// is what --json prints, the API answers and a shared file holds.
type Report struct {
	V       int      `json:"v"`
	Time    string   `json:"time,omitempty"`
	Address string   `json:"address,omitempty"`
	Verdict Verdict  `json:"verdict"`
	Cause   string   `json:"cause,omitempty"` // a stable word
	Text    string   `json:"text"`
	Next    string   `json:"next,omitempty"`
	Ask     Side     `json:"ask,omitempty"`
	Way     []Stop   `json:"way"`
	Checks  []Result `json:"checks"`
}

// Result is a finding as it is shown.
type Result struct {
	Check    Check    `json:"check"`
	Name     string   `json:"name"`
	Verdict  Verdict  `json:"verdict"`
	Cause    string   `json:"cause,omitempty"`
	Text     string   `json:"text"`
	Next     string   `json:"next,omitempty"`
	Evidence []string `json:"evidence,omitempty"`
}

// Stop is a place on the way. Its state is ok if it is known to be passed, wrong if it is
// what is broken, and cannot-tell if it was not checked, or could not be.
type Stop struct {
	Station Station `json:"station"`
	Label   string  `json:"label"`
	Note    string  `json:"note,omitempty"`
	State   Verdict `json:"state"`
	// Word says at the broken place what is wrong with it: "broken here".
	Word string `json:"word,omitempty"`
}

// checkNames are the checks in words.
var checkNames = map[Check]sockeye.Text{
	CheckAddress: {En: "address", Zh: "地址"}, CheckWay: {En: "way", Zh: "通路"}, CheckThere: {En: "port there", Zh: "对方端口"},
	CheckHere: {En: "port here", Zh: "本机端口"}, CheckFirewall: {En: "firewall here", Zh: "本机防火墙"}, CheckConversation: {En: "conversation", Zh: "通信"},
}

// Report is the diagnosis in a language.
func (d *Diagnosis) Report(lang sockeye.Lang) Report {
	r := Report{V: 1, Address: d.Facts.Asked, Verdict: d.Verdict(), Ask: d.Ask, Way: d.way(lang), Checks: []Result{}}
	if !d.Facts.Time.IsZero() {
		r.Time = d.Facts.Time.Format(time.RFC3339)
	}
	for _, f := range d.Findings {
		r.Checks = append(r.Checks, Result{f.Check, checkNames[f.Check].In(lang), f.Verdict, f.Cause, f.Text.In(lang), f.Next.In(lang), withoutEmpty(f.Evidence)})
	}
	text, next := d.summary()
	r.Text, r.Next = text.In(lang), next.In(lang)
	if d.Cause != nil {
		r.Cause = d.Cause.Cause
	}
	return r
}

func withoutEmpty(list []string) (out []string) {
	for _, s := range list {
		if strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return out
}

// summary is the one sentence, and the one thing to do.
func (d *Diagnosis) summary() (text, next sockeye.Text) {
	switch d.Verdict() {
	case Wrong:
		text, next = d.Cause.Text, d.Cause.Next
		if d.CodeFault != nil {
			text = sockeye.Text{En: text.En + "; " + d.CodeFault.Text.En, Zh: text.Zh + "；" + d.CodeFault.Text.Zh}
			next = sockeye.Text{En: next.En + "\n" + d.CodeFault.Next.En, Zh: next.Zh + "\n" + d.CodeFault.Next.Zh}
		}
		return text, next
	case CannotTell:
		for _, f := range d.Findings {
			if f.Verdict == CannotTell && (f.Check == CheckAddress || f.Check == d.decides() || f.Check == CheckHere && !d.Facts.aboutMachine() || f.Check == CheckFirewall && d.Facts.rulesUnknown()) {
				return f.Text, f.Next
			}
		}
	}
	for _, f := range d.Findings {
		if f.Check == CheckThere && f.Verdict == OK {
			next = f.Next
		}
	}
	text = say("nothing is wrong that can be seen from here", "从这里看不到任何问题")
	if d.CodeFault != nil {
		text = sockeye.Text{En: text.En + "; " + d.CodeFault.Text.En, Zh: text.Zh + "；" + d.CodeFault.Text.Zh}
	}
	return text, next
}

// anAddress finds IP addresses in a text.
var anAddress = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|\b[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{0,4}){2,7}\b`)
})

// Shortened is a report for strangers: of each address of the Internet and each hardware
// address only the beginning is left. Private addresses say nothing of anybody, and stay.
func (r Report) Shortened() Report {
	short := func(s string) string { return anAddress().ReplaceAllStringFunc(s, shortenAddress) }
	r.Address, r.Text, r.Next = short(r.Address), short(r.Text), short(r.Next)
	way, checks := make([]Stop, len(r.Way)), make([]Result, len(r.Checks))
	for n, s := range r.Way {
		s.Note = short(s.Note)
		way[n] = s
	}
	for n, c := range r.Checks {
		c.Text, c.Next = short(c.Text), short(c.Next)
		evidence := make([]string, len(c.Evidence))
		for i, e := range c.Evidence {
			evidence[i] = short(e)
		}
		c.Evidence = evidence
		checks[n] = c
	}
	r.Way, r.Checks = way, checks
	return r
}

func shortenAddress(s string) string {
	if ip, err := netip.ParseAddr(s); err == nil {
		switch {
		case ip.Is4() && ip.As4()[0] == 255, ip.IsPrivate(), ip.IsLoopback(), ip.IsUnspecified(), ip.IsMulticast(), ip.Is4() && ip.IsLinkLocalUnicast():
			return s
		case ip.Is4():
			b := ip.As4()
			return fmt.Sprintf("%d.%d.x.x", b[0], b[1])
		}
	}
	first, _, _ := strings.Cut(s, ":")
	return first + ":x"
}
