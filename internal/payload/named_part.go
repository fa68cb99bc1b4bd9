package payload

import (
	"strings"

	"sockeye"
)

func partName(i int, parts []partSpan) string {
	switch i {
	case whole:
		return "all"
	case rest:
		return ""
	}
	return parts[i].name
}

// block is {{hex:…}} or {{text:…}}: bytes written the other way.
func (p *templateParser) block(w typedWord, hex bool) *SyntaxFault {
	if hex {
		h := hexParser{typed: p.typed[:w.at+len(w.string)], at: w.at}
		for h.at < len(h.typed) {
			if h.skip() {
				continue
			}
			if f := h.word(); f != nil {
				return f
			}
		}
		p.add(h.out)
		return nil
	}
	b, f := appendTyped(nil, w.string, p.encoder)
	if f != nil {
		f.at += w.at
		return f
	}
	p.add(b)
	return nil
}

func (p *templateParser) openPart(w typedWord, from, to int) *SyntaxFault {
	if f := checkName(fieldCall{typedWord: w}, w.string); f != nil {
		return f
	}
	for _, part := range p.t.parts {
		if part.name == w.string {
			return &SyntaxFault{w.at, both("two parts are called %s", "有两个标记都叫 %s", w.string), sockeye.Text{En: "give one another name", Zh: "请换一个名称"}}
		}
	}
	if w.string == "all" || len(p.t.parts) >= MaxFields {
		return &SyntaxFault{w.at, sockeye.Text{En: "all is the whole message, and there is a limit to the number of parts", Zh: "all 表示整条数据；标记的数量也有上限"}, sockeye.Text{En: "give it another name", Zh: "请换一个名称"}}
	}
	p.flush(to)
	p.open = append(p.open, len(p.t.parts))
	p.t.parts = append(p.t.parts, partSpan{name: w.string, at: from, from: len(p.t.pieces)})
	return nil
}

func (p *templateParser) closePart(w typedWord, to int) *SyntaxFault {
	if len(p.open) == 0 {
		return &SyntaxFault{w.at, sockeye.Text{En: "no part is open here", Zh: "这里没有未结束的标记"}, sockeye.Text{En: "write {{#body}} where it begins", Zh: "请在开始处写 {{#body}}"}}
	}
	inner := &p.t.parts[p.open[len(p.open)-1]]
	if w.string != "" && w.string != inner.name {
		return &SyntaxFault{w.at, both("the part that is open here is %s", "这里未结束的标记是 %s", inner.name), both("write {{/%s}}", "请写 {{/%s}}", inner.name)}
	}
	p.flush(to)
	inner.to = len(p.t.pieces)
	p.open = p.open[:len(p.open)-1]
	return nil
}

// checkName refuses names that would be hard to write again. name is the end of
// the call's.
func checkName(c fieldCall, name string) *SyntaxFault {
	at := c.at + max(0, len(c.name)-len(name))
	digitFirst := strings.HasPrefix(c.name, "match.")
	for i, r := range name {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'
		if digit := '0' <= r && r <= '9'; !letter && (!digit || i == 0 && !digitFirst) {
			return &SyntaxFault{at + i, both("%s cannot be in a name", "名称中不能有 %s", quoteFirst(name[i:])), nameHint}
		}
	}
	if name == "" || len(name) > 64 {
		return &SyntaxFault{c.at, sockeye.Text{En: "a name has 1 to 64 characters", Zh: "名称为 1 到 64 个字符"}, nameHint}
	}
	return nil
}

var nameHint = sockeye.Text{En: "names are letters, digits and _, a letter first: body, frame_1", Zh: "名称由字母、数字和 _ 组成，以字母开头：body、frame_1"}
