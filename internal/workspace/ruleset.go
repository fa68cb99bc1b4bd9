package workspace

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/rule"
)

// RuleSet is rules with all that they need to answer a session by themselves.
type RuleSet struct {
	// Rules are tried in their order: the first that matches answers.
	Rules []Rule `json:"rules"`
	// Frame is a framing spec, Check the checksum that frames end with.
	Frame string `json:"frame,omitempty"`
	Check string `json:"check,omitempty"`
	// Start is the state that each peer begins in.
	Start string `json:"start,omitempty"`
	// Allow lifts guards: "storm", "amplify", "low-ports".
	Allow []string `json:"allow,omitempty"`
	// Payloads and Variables are those that the rules name and that are not looked for
	// elsewhere first.
	Payloads  map[string]Payload `json:"payloads,omitempty"`
	Variables map[string]string  `json:"variables,omitempty"`
}

// Lookup finds the set's variables for payloads: "var.NAME".
func (s RuleSet) Lookup(name string) (string, bool) {
	return (&File{Variables: s.Variables}).Lookup(name)
}

// Alone is the set with everything that it names in its file.
func (s RuleSet) Alone(f *File) RuleSet {
	s.Variables, s.Payloads = f.Variables, nil
	named := map[string]bool{}
	for _, r := range s.Rules {
		named[r.Payload] = true
		for _, reply := range r.Replies {
			named[reply.Payload] = true
		}
	}
	for name, p := range f.Payloads {
		if named[name] {
			if s.Payloads == nil {
				s.Payloads = map[string]Payload{}
			}
			s.Payloads[name] = p
		}
	}
	return s
}

// RuleSet is the set that an endpoint is answered by; false if it has none.
func (f *File) RuleSet(e Endpoint) (RuleSet, bool) {
	rules, ok := f.Rules[e.Rules]
	return RuleSet{Rules: rules, Frame: e.Frame, Check: e.Check, Start: e.Start, Allow: e.Allow}, ok && e.Rules != ""
}

// Opening makes the set ready to answer: an opening without an endpoint. Payloads
// are those that the rules may name besides the set's own. The error joins everything
// that is wrong, each an *sockeye.Error whose Target is the field as JSON has it:
// "rules[2].replies[0].text".
func (s RuleSet) Opening(payloads map[string]Payload) (Opening, error) {
	var o Opening
	var problems []error
	wrong := func(err error, field string) {
		e := *sockeye.ErrorOf(err)
		e.Kind, e.Op, e.Target = sockeye.Invalid, "", field
		problems = append(problems, &e)
	}
	o.around(s.Frame, s.Check, s.Allow, wrong)
	for _, name := range keys(s.Payloads) {
		for _, fault := range s.Payloads[name].faults() {
			wrong(fault, "payloads."+name+"."+fault.Field)
		}
	}
	if len(s.Payloads) > 0 {
		both := maps.Clone(payloads)
		if both == nil {
			both = map[string]Payload{}
		}
		maps.Copy(both, s.Payloads)
		payloads = both
	}
	set := rule.Set{Start: s.Start}
	named := new(namedBytes)
	for n, r := range s.Rules {
		compiled, field, err := r.resolved(payloads, named)
		if err != nil {
			wrong(err, strings.TrimSuffix(fmt.Sprintf("rules[%d].%s", n, field), "."))
		}
		set.Rules = append(set.Rules, compiled)
	}
	program, err := rule.Compile(set)
	o.Compiled = program
	for _, one := range sockeye.SplitErrors(err) {
		wrong(one, s.fieldOf(one))
	}
	return o, errors.Join(problems...)
}

// fieldOf is where a fault of the compiled set is in the set as it was written.
func (s RuleSet) fieldOf(err error) string {
	f, ok := errors.AsType[*rule.RuleFault](err)
	if !ok {
		return "rules"
	}
	r, field := s.Rules[f.Rule], f.Field
	at, key, ofReply := strings.Cut(field, "].")
	if !ofReply {
		return strings.TrimSuffix(fmt.Sprintf("rules[%d].%s", f.Rule, field), ".")
	}
	short, named := len(r.Replies) == 0, r.Payload != ""
	if n, err := strconv.Atoi(strings.TrimPrefix(at, "replies[")); err == nil && !short {
		named = r.Replies[n].Payload != ""
	}
	switch {
	case key != "to" && named:
		key = "payload"
	case short && key == "text":
		key = "reply"
	case short && key == "hex":
		key = "reply_hex"
	}
	if short {
		return fmt.Sprintf("rules[%d].%s", f.Rule, key)
	}
	return fmt.Sprintf("rules[%d].%s].%s", f.Rule, at, key)
}

// Allowed reads the words that lift guards.
func Allowed(words []string) (a rule.Allowed, wrong []error) {
	for n, word := range words {
		switch word {
		case "storm":
			a.Storm = true
		case "amplify":
			a.Amplify = true
		case "low-ports":
			a.LowPorts = true
		default:
			if wrong == nil {
				wrong = make([]error, len(words))
			}
			wrong[n] = unknownName("guard", word, map[string]bool{"storm": true, "amplify": true, "low-ports": true})
		}
	}
	return a, wrong
}

// resolved is the rule with its payloads looked up. An error comes with the field
// that it is about.
func (r Rule) resolved(payloads map[string]Payload, named *namedBytes) (out rule.Rule, field string, err error) {
	out = rule.Rule{Name: r.Name, Match: r.Match, Join: r.Join, Every: r.Every, After: r.After, In: r.In, Goto: r.Goto,
		Cooldown: r.Cooldown, Count: r.Count, Chance: r.Chance, End: r.End}
	replies := r.Replies
	at := func(n int) string { return fmt.Sprintf("replies[%d].payload", n) }
	switch short := (Reply{Text: r.Reply, Hex: r.ReplyHex, Payload: r.Payload, Delay: r.Delay, To: r.To}); {
	case short == (Reply{}):
	case len(replies) > 0:
		field, err = "replies", problem("both one reply and replies", "同时写了单条应答和 replies", "write all of them in replies", "请全部写进 replies")
	default:
		replies, at = []Reply{short}, func(int) string { return "payload" }
	}
	for n, reply := range replies {
		whole := rule.Reply{Text: reply.Text, Hex: reply.Hex, Delay: reply.Delay, To: reply.To}
		if reply.Payload != "" {
			p, ok := payloads[reply.Payload]
			switch {
			case !ok:
				field, err = at(n), unknownName("payload", reply.Payload, payloads)
			case whole.Text != "" || whole.Hex != "":
				field, err = at(n), problem("both a named payload and one written here", "同时写了数据名称和数据内容", "write one of them", "只写其中之一")
			}
			if tooMuch := named.add(p); tooMuch != nil {
				return out, at(n), tooMuch
			}
			whole.Text, whole.Hex = p.Text, p.Hex
			whole.Options, _ = p.options() // what is wrong with it is told of the payload
		}
		out.Replies = append(out.Replies, whole)
	}
	return out, field, err
}
