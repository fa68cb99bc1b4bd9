package sockeye

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unfit is the error of a value that the option does not take, with what to write.
func (d *Option) unfit(v any, form OptionForm) error {
	shown := clip(fmt.Sprint(v))
	switch v := v.(type) {
	case json.Number:
		shown = clip(v.String())
	case string:
		shown = strconv.Quote(clip(v))
	case []any:
		shown = "a list"
	case map[string]any, []map[string]any:
		shown = "a table"
	case nil:
		shown = "nothing"
	case float64:
		shown = strconv.FormatFloat(v, 'f', -1, 64)
		if v == math.Trunc(v) && d.Kind == OptionCount {
			shown = strconv.FormatFloat(v, 'e', -1, 64) // it was written with a point or an exponent
		}
	}
	wanted, hint := d.wanted(form)
	return &Error{Kind: Invalid, Op: "set", Message: Text{shown + " is not " + wanted.En, shown + " 不是" + wanted.Zh}, Hint: hint}
}

// wanted is what the option takes, and how that is written.
func (d *Option) wanted(form OptionForm) (what, hint Text) {
	switch d.Kind {
	case OptionSwitch:
		if form == FlagForm {
			return Text{"on or off", " on 或 off"}, Text{}
		}
		return Text{"true or false", " true 或 false"}, Text{"write true or false, without quotes", "写 true 或 false，不带引号"}
	case OptionTime:
		hint = timeHint
		if form == FileForm {
			hint = Text{`write "500ms", "2s", "1m30s" or "1h"; a bare number is seconds`, `写成 "500ms"、"2s"、"1m30s" 或 "1h"；纯数字表示秒`}
		} else if form == JSONForm {
			hint = Text{"write a number from 0 to a year of milliseconds: 1500 is 1.5 s", "写 0 到一年之间的毫秒数：1500 为 1.5 秒"}
			return Text{"a time in milliseconds", "毫秒数"}, d.orTrue(hint)
		}
		return Text{"a time", "时间"}, d.orTrue(hint)
	case OptionBytes:
		return Text{"a number of bytes", "字节数"}, Text{"write 65536 or 64KiB", "写成 65536 或 64KiB"}
	case OptionPort:
		return Text{"a port", "端口"}, portHint
	case OptionChoice:
		words := d.WordList()
		return Text{strings.Join(words, " or "), " " + strings.Join(words, " 或 ")}, Text{"write " + strings.Join(words, " or "), "请写 " + strings.Join(words, " 或 ")}
	case OptionText:
		return Text{"a text", "文本"}, Text{}
	case OptionLines:
		return Text{"a list of texts", "文本列表"}, Text{`write ["Name: value"]`, `写成 ["Name: value"]`}
	case OptionFile:
		return Text{"the path of a file", "文件路径"}, Text{}
	case OptionInterface:
		return Text{"a network interface", "网卡"}, Text{"sockeye addrs lists them", "sockeye addrs 列出网卡"}
	case OptionAddresses:
		return Text{"a list of IP addresses", "IP 地址列表"}, Text{`write ["192.168.1.10"]`, `写成 ["192.168.1.10"]`}
	case OptionPrefixes:
		return Text{"a list of IP addresses and ranges", "IP 地址或地址段列表"}, Text{`write ["192.168.1.0/24"]`, `写成 ["192.168.1.0/24"]`}
	}
	if form == FlagForm {
		return Text{"a whole number", "整数"}, Text{}
	}
	return Text{"a whole number in digits", "只用数字书写的整数"}, Text{"write 1000, without a point, an exponent or a unit", "写成 1000，不带小数点、指数或单位"}
}

func (d *Option) orTrue(hint Text) Text {
	if d.Bare == 0 {
		return hint
	}
	return Text{hint.En + "; true is " + shortTime(d.Bare) + ", false is off", hint.Zh + "；true 为 " + shortTime(d.Bare) + "，false 为关闭"}
}

// check notes a value that the option cannot have.
func (d *Option) check(v *problems, o *Options) {
	switch f := d.field(o).(type) {
	case *time.Duration:
		switch {
		case *f < 0 && d.Least < 0:
		case *f < 0:
			v.add(d.Name, Text{fmt.Sprintf("%s is negative", *f), fmt.Sprintf("%s 是负数", *f)}, zeroHint)
		case *f > MaxOptionTime:
			v.add(d.Name, Text{fmt.Sprintf("%s is longer than a year", *f), fmt.Sprintf("%s 超过一年", *f)}, zeroHint)
		}
	case *int:
		if d.Kind == OptionChoice {
			if *f != 0 && !slices.Contains(d.WordList(), strconv.Itoa(*f)) {
				d.noWord(v, strconv.Itoa(*f))
			}
		} else if n := int64(*f); n != 0 && (n < d.Least || n > d.Most) {
			v.add(d.Name, Text{fmt.Sprintf("%d is not between %d and %d", n, d.Least, d.Most), fmt.Sprintf("%d 不在 %d 和 %d 之间", n, d.Least, d.Most)}, zeroHint)
		}
	case *[]string:
		checkHeaders(v, d.Name, *f)
	default:
		if s, ok := f.(*string); ok && d.Topic == topicWebSocket && d.Name != "close-reason" && strings.ContainsFunc(*s, notInHeader) {
			v.add(d.Name, Text{fmt.Sprintf("%q has characters that no header may have", clip(*s)), fmt.Sprintf("%q 含有头部不允许的字符", clip(*s))}, Text{})
		} else if ok && d.Name == "subprotocol" {
			checkSubprotocols(v, d.Name, *s)
		} else if ok && d.Name == "origin" {
			checkOrigins(v, d.Name, *s)
		} else if ok && d.Name == "topic" && *s != "" {
			if wrong := CheckTopic(*s); !wrong.IsZero() {
				v.add(d.Name, wrong, Text{})
			}
		}
		word := d.IsSet(o) && d.Kind == OptionChoice
		if s := fmt.Sprint(deref(f)); word && !slices.Contains(d.WordList(), s) {
			d.noWord(v, strconv.Quote(clip(s)))
		}
	}
}

var zeroHint = Text{"0 is the default", "0 表示默认值"}

func (d *Option) noWord(v *problems, value string) {
	words := d.WordList()
	message := Text{value + " is neither " + strings.Join(words, " nor "), value + " 既不是 " + strings.Join(words, " 也不是 ")}
	var en, zh []string
	for _, w := range d.Words {
		if !w.Help.IsZero() {
			en, zh = append(en, w.Word+" "+w.Help.En), append(zh, w.Word+" "+w.Help.Zh)
		}
	}
	if en == nil {
		_, hint := d.wanted(FlagForm)
		v.add(d.Name, message, hint)
		return
	}
	v.add(d.Name, message, Text{strings.Join(en, ", "), strings.Join(zh, "，")})
}

// checkHeaders notes lines that are no headers.
func checkHeaders(v *problems, name string, lines []string) {
	for i, line := range lines {
		if field, _, ok := strings.Cut(line, ":"); !ok || !isToken(field) || strings.ContainsFunc(line, notInHeader) {
			v.add(fmt.Sprintf("%s[%d]", name, i), Text{fmt.Sprintf("%q is no header", clip(line)), fmt.Sprintf("%q 不是头部", clip(line))}, Text{`write "Name: value"`, `写成 "Name: value"`})
		}
	}
}

// checkSubprotocols notes words that name no subprotocol (RFC 6455 section 4.1).
func checkSubprotocols(v *problems, name, list string) {
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); list != "" && !isToken(word) {
			v.add(name, Text{fmt.Sprintf("%q is no name of a subprotocol", clip(word)), fmt.Sprintf("%q 不是子协议名称", clip(word))},
				Text{"write names with commas between: mqtt,chat", "用逗号分隔名称：mqtt,chat"})
		}
	}
}

// checkOrigins notes what is no origin (RFC 6454 section 6.2).
func checkOrigins(v *problems, name, list string) {
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		u, err := url.Parse(word)
		if list == "" || word == "null" || err == nil && u.Scheme != "" && u.Host != "" && u.User == nil && strings.EqualFold(word, u.Scheme+"://"+u.Host) {
			continue
		}
		v.add(name, Text{fmt.Sprintf("%q is no origin", clip(word)), fmt.Sprintf("%q 不是来源", clip(word))},
			Text{"write https://a.example, with its port if that is another, or null", "写成 https://a.example（端口不同时写明），或 null"})
	}
}

// notInHeader finds what no header may have (RFC 9110 section 5.5).
func notInHeader(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// isToken says whether a text is a name of a header (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
