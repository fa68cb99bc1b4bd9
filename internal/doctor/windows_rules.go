package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// defenderPolicy is what Windows Defender Firewall keeps in the registry, below
// HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy.
type defenderPolicy struct {
	// Profiles are those that are switched on, by name: "Domain", "Private", "Public".
	Profiles map[string]defenderProfile
	// Rules are the values of the key FirewallRules, as [MS-GPFAS] section 2.2.2.1 writes them.
	Rules []string
}

// defenderProfile is what happens to packets that no rule is for.
type defenderProfile struct {
	BlocksIn, BlocksOut bool
	// NoExceptions says that rules that let something in are not obeyed.
	NoExceptions bool
}

// defenderRule is one rule: a key may be there several times.
type defenderRule map[string][]string

// parseDefenderRule reads "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=7000|…";
// ok is false for what is no rule. The words are the same in all languages of the system.
func parseDefenderRule(text string) (r defenderRule, ok bool) {
	version, rest, ok := strings.Cut(text, "|")
	if !ok || !strings.HasPrefix(version, "v") {
		return nil, false
	}
	r = defenderRule{}
	for part := range strings.SplitSeq(rest, "|") {
		if key, value, ok := strings.Cut(part, "="); ok {
			r[key] = append(r[key], value)
		}
	}
	return r, len(r["Action"]) == 1 && len(r["Dir"]) == 1
}

// first is the value of a key, "" without it.
func (r defenderRule) first(key string) string {
	if len(r[key]) > 0 {
		return r[key][0]
	}
	return ""
}

// hasPort says that a list of ports and ranges has a port; a word like RPC has none. No list
// is for all ports.
func (r defenderRule) hasPort(key string, port uint16) bool {
	if len(r[key]) == 0 {
		return len(r[key+"2_10"]) == 0 // another notation, for words
	}
	for _, value := range r[key] {
		from, to, isRange := strings.Cut(value, "-")
		if !isRange {
			to = from
		}
		low, err1 := strconv.ParseUint(from, 10, 16)
		high, err2 := strconv.ParseUint(to, 10, 16)
		if err1 == nil && err2 == nil && uint64(port) >= low && uint64(port) <= high {
			return true
		}
	}
	return false
}

// defenderLimits are the keys that make a rule one for some packets only.
var defenderLimits = []string{"RA4", "RA6", "LA4", "LA6", "RA42", "RA62", "LA42", "LA62", "Svc", "IF", "IFType", "RPort", "LPort", "Security", "LUAuth", "LUOwn", "AppPkgId", "PFN"}

// defenderQuestion is the packet that rules are asked for.
type defenderQuestion struct {
	in       bool
	protocol string // the number
	port     uint16
	programs []string // file names of those that listen, in small letters
}

// concerns says whether the rule is for the packet, and whether that is certain.
func (r defenderRule) concerns(q defenderQuestion, profile string) (yes, certain bool) {
	direction, key := "Out", "RPort"
	if q.in {
		direction, key = "In", "LPort"
	}
	switch {
	case r.first("Active") != "TRUE", r.first("Dir") != direction,
		len(r["Profile"]) > 0 && !slices.Contains(r["Profile"], profile),
		len(r["Protocol"]) > 0 && r.first("Protocol") != q.protocol,
		!r.hasPort(key, q.port):
		return false, true
	}
	certain = true
	if app := r.first("App"); app != "" {
		name := strings.ToLower(app[strings.LastIndexAny(app, `\/`)+1:])
		if len(q.programs) > 0 && !slices.Contains(q.programs, name) {
			return false, true
		}
		certain = len(q.programs) > 0
	}
	for _, limit := range defenderLimits {
		certain = certain && (limit == key || len(r[limit]) == 0)
	}
	return true, certain
}

// judge says whether the policy drops the packet in a profile, by which rule, and which rule
// may make it otherwise. A rule that blocks goes before one that allows.
func (p defenderPolicy) judge(q defenderQuestion, profile string) (drops bool, rule, doubt string) {
	at := p.Profiles[profile]
	blocked, allowed := "", ""
	for _, text := range p.Rules {
		r, ok := parseDefenderRule(text)
		if !ok {
			continue
		}
		yes, certain := r.concerns(q, profile)
		name := fmt.Sprintf("%s: %s %s", profile, r.first("Action"), r.first("Name"))
		switch block := r.first("Action") == "Block"; {
		case !yes:
		case !certain:
			doubt = name
		case block:
			blocked = name
		default:
			allowed = name
		}
	}
	switch {
	case q.in && at.NoExceptions:
		return true, profile + ": DoNotAllowExceptions", ""
	case blocked != "":
		return true, blocked, ""
	case allowed != "":
		return false, allowed, doubt
	case q.in && at.BlocksIn:
		return true, profile + ": DefaultInboundAction = Block", doubt
	case !q.in && at.BlocksOut:
		return true, profile + ": DefaultOutboundAction = Block", doubt
	}
	return false, "", doubt
}

// apply judges all profiles that are on: which one a network has is not told by the
// registry, so that it is only certain where they agree.
func (p defenderPolicy) apply(w *Firewall, q defenderQuestion) {
	w.Read = true
	dropping := 0
	for _, profile := range []string{"Domain", "Private", "Public"} {
		if _, on := p.Profiles[profile]; !on {
			continue
		}
		drops, rule, doubt := p.judge(q, profile)
		if doubt != "" {
			w.Unclear, w.Rule = true, doubt
			return
		}
		if drops {
			dropping++
			w.Rule = rule
		}
	}
	w.Drops = dropping > 0 && dropping == len(p.Profiles)
	w.Unclear = dropping > 0 && !w.Drops
}

// defenderQuestionOf is the packet that opens a connection.
func defenderQuestionOf(f *Facts, in bool) defenderQuestion {
	q := defenderQuestion{in: in, protocol: "6", port: f.Port}
	if f.isUDP() {
		q.protocol = "17"
	}
	if in {
		for _, s := range f.listening(f.transport()) {
			if s.Program != "" {
				q.programs = append(q.programs, strings.ToLower(s.Program))
			}
		}
	}
	return q
}
