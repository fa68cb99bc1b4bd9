package workspace

import (
	"errors"
	"fmt"
	"strings"

	"sockeye"
	"sockeye/internal/rule"
)

func (c *checker) rulesOf(o *Opening, e Endpoint, sets map[string]rule.Set, wrong func(error, string)) {
	if e.Rules == "" {
		if e.Start != "" {
			wrong(problem("a state without rules", "没有规则却有状态", `write rules = "NAME"`, `写 rules = "名称"`), "start")
		}
		return
	}
	if e.Echo {
		wrong(problem("not together with rules", "不能与 rules 同时使用", `a rule that echoes: match = "any", reply = "{{match}}"`, `回显规则：match = "any"，reply = "{{match}}"`), "echo")
	}
	set, ok := sets[e.Rules]
	if !ok {
		wrong(unknownName("rules", e.Rules, sets), "rules")
		return
	}
	key := [2]string{e.Rules, e.Start}
	if program, ok := c.programs[key]; ok {
		o.Compiled = program
		return
	}
	if c.steps > maxSteps {
		wrong(problem("the expressions of all rules take more than %d steps for each byte together", "全部规则的表达式合计每个字节超过 %d 步", "split the file", "请拆成多个文件", maxSteps), "rules")
		return
	}
	set.Start = e.Start
	program, err := rule.Compile(set)
	if err == nil {
		c.steps += program.Steps()
	}
	if c.programs == nil {
		c.programs = map[[2]string]*rule.Compiled{}
	}
	c.programs[key] = program
	for _, one := range sockeye.SplitErrors(err) {
		c.addRuleFault(e.Rules, one)
	}
	o.Compiled = program
}

// addRuleFault notes what is wrong with a set of rules, at the field of the rule that it is
// about.
func (c *checker) addRuleFault(set string, fault error) {
	inner := *sockeye.ErrorOf(fault)
	at := []any{"rules", set}
	if of, ok := errors.AsType[*rule.RuleFault](fault); ok {
		at = append(at, of.Rule)
		_, field, _ := strings.Cut(RuleSet{Rules: c.file.Rules[set]}.fieldOf(fault), "].")
		if field != "" {
			at = append(at, field)
		}
	}
	c.add(&inner, "rules."+set+": "+inner.Target, at...)
}

// sets are the rules with their payloads looked up. What is wrong with a rule of a
// set that no endpoint uses is found here, too.
func (c *checker) sets() map[string]rule.Set {
	used := map[string]bool{}
	for _, e := range c.file.Endpoints {
		used[e.Rules] = true
	}
	sets := map[string]rule.Set{}
	rules := 0
	for _, of := range c.file.Rules {
		rules += len(of)
	}
	if rules > maxRules {
		c.add(tooManyRules(rules), "rules", "rules")
		return sets
	}
	for _, name := range keys(c.file.Rules) {
		var set rule.Set
		for n, r := range c.file.Rules[name] {
			if c.isFull() {
				return sets
			}
			set.Rules = append(set.Rules, c.rule(name, n, r))
		}
		sets[name] = set
		if !used[name] {
			c.rulesOf(&Opening{}, Endpoint{Rules: name}, sets, func(err error, _ string) { c.add(err, "rules."+name, "rules", name) })
		}
	}
	return sets
}

func tooManyRules(n int) error {
	return problem("%d rules are more than %d", "%d 条规则超过了 %d 条", "split the file", "请拆成多个文件", n, maxRules)
}

func (c *checker) rule(set string, n int, r Rule) rule.Rule {
	out, field, err := r.resolved(c.file.Payloads, &c.named)
	if err != nil {
		target := fmt.Sprintf("rules.%s: rule %d", set, n+1)
		if strings.HasSuffix(field, "payload") {
			target += ": payload"
		}
		at := []any{"rules", set, n}
		if field != "" {
			at = append(at, field)
		}
		c.add(err, target, at...)
	}
	return out
}
