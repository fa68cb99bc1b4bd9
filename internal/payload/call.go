package payload

import (
	"strconv"
	"strings"

	"sockeye"
)

// fieldCall is a field taken apart: name+add(of):args.
type fieldCall struct {
	typedWord        // the whole
	name      string // "" never
	add       int64
	summed    bool      // something is added
	of        typedWord // what stands in parentheses
	called    bool      // there are parentheses
	args      []typedWord
}

// splitCall takes a field apart.
func splitCall(w typedWord) (fieldCall, *SyntaxFault) {
	c := fieldCall{typedWord: w}
	at := nameEnd(w.string)
	c.name = w.string[:at]
	at, f := c.readPart(at)
	if f == nil {
		at, f = c.readAddition(at)
	}
	if f == nil {
		f = c.readArguments(at)
	}
	return c, f
}

// nameEnd is where the name of a field ends.
func nameEnd(s string) int {
	if i := strings.IndexByte(s, ']'); strings.HasPrefix(s, "crc[") && i > 0 {
		return i + 1
	}
	for _, name := range []string{"seq-", "len-"} { // other names have hyphens of their own
		if strings.HasPrefix(s, name) {
			return len(name) - 1
		}
	}
	if end := strings.IndexAny(s, "(:+ "); end >= 0 {
		return end
	}
	return len(s)
}

// readPart reads what stands in parentheses at a place, and says where it ends.
func (c *fieldCall) readPart(at int) (int, *SyntaxFault) {
	s := c.string
	if !strings.HasPrefix(s[at:], "(") {
		return at, nil
	}
	closing := strings.IndexByte(s[at:], ')')
	if closing < 0 {
		return at, &SyntaxFault{c.at + at, sockeye.Text{En: "the parenthesis is not closed", Zh: "括号没有结束"}, sockeye.Text{En: "write {{crc16modbus(body)}}", Zh: "写成 {{crc16modbus(body)}}"}}
	}
	c.called = true
	c.of = typedWord{strings.TrimSpace(s[at+1 : at+closing]), c.at + at + 1}
	return at + closing + 1, nil
}

// readAddition reads the number that is added at a place, and says where it ends.
func (c *fieldCall) readAddition(at int) (int, *SyntaxFault) {
	s := c.string
	if at == len(s) || s[at] != '+' && s[at] != '-' {
		return at, nil
	}
	end := at + 1
	for end < len(s) && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(s[at:end], 10, 32)
	if err != nil {
		return at, &SyntaxFault{c.at + at, sockeye.Text{En: "not a number to add", Zh: "加减的不是数字"}, sockeye.Text{En: "write {{seq+100}} or {{len(body)-2}}", Zh: "写成 {{seq+100}} 或 {{len(body)-2}}"}}
	}
	c.add, c.summed = n, true
	return end, nil
}

// readArguments reads the rest: arguments, each behind a colon, which quotes protect.
func (c *fieldCall) readArguments(at int) *SyntaxFault {
	s := c.string
	for at < len(s) {
		if s[at] != ':' {
			return &SyntaxFault{c.at + at, both("unexpected %s in a field", "字段中出现了多余的 %s", quoteFirst(s[at:])),
				sockeye.Text{En: "a field is NAME, NAME(PART) or NAME:FORM", Zh: "字段的写法是 名称、名称(标记) 或 名称:格式"}}
		}
		at++
		start, quoted := at, false
		for at < len(s) && (quoted || s[at] != ':') {
			if s[at] == '"' {
				quoted = !quoted
			} else if s[at] == '\\' && quoted {
				at++
			}
			at++
		}
		at = min(at, len(s))
		c.args = append(c.args, typedWord{s[start:at], c.at + start})
	}
	return nil
}

// plain refuses parentheses and additions where a field has none.
func (c fieldCall) plain(mayAdd bool) *SyntaxFault {
	switch {
	case c.called:
		return &SyntaxFault{c.at, both("{{%s}} takes no part", "{{%s}} 后面不能写括号", SafeString(c.name)), fieldHint}
	case c.summed && !mayAdd:
		return &SyntaxFault{c.at, both("nothing can be added to {{%s}}", "{{%s}} 不能加减", SafeString(c.name)), fieldHint}
	}
	return nil
}

// noMore refuses the arguments that are left.
func noMore(args []typedWord) *SyntaxFault {
	if len(args) == 0 {
		return nil
	}
	return badForm(args[0], formList)
}

func badForm(w typedWord, choices string) *SyntaxFault {
	return &SyntaxFault{w.at, both("%s is not a form", "%s 不是可用的格式", Quote(w.string, shownTarget)),
		sockeye.Text{En: "choose one of " + choices, Zh: "可选 " + choices}}
}

// number reads the form of a number, if there is one among args.
func number(args []typedWord, assumed numberForm) (numberForm, *SyntaxFault) {
	if len(args) == 0 {
		return assumed, nil
	}
	f, ok := parseForm(args[0].string)
	if !ok {
		return f, badForm(args[0], formList)
	}
	return f, noMore(args[1:])
}
