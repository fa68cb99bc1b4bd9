package sockeye

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// cutQuery divides an address from what follows it: "" or "?name=value". The full-width
// question mark of a Chinese input method is taken for the plain one.
func cutQuery(s string) (address, query string) {
	if at := strings.IndexAny(s, "?？"); at >= 0 {
		return s[:at], "?" + strings.TrimPrefix(strings.TrimPrefix(s[at:], "?"), "？")
	}
	return s, ""
}

// cutFragment divides a URL from what follows its #, which never goes to a server (RFC 3986
// section 3.5): "" or "#name=value".
func cutFragment(s string) (url, fragment string) {
	if at := strings.IndexByte(s, '#'); at >= 0 {
		return s[:at], s[at:]
	}
	return s, ""
}

// maxTarget bounds a request target: servers take at least 8,000 bytes (RFC 9112
// section 3), and an address is also shown.
const maxTarget = 2000

// target divides host and port from the request target, which it takes from the address
// as it was typed. Characters that cannot be in one are percent-encoded (RFC 3986).
func (p addressParser) target(rest, typed string) (hostPort, target string, err error) {
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		rest = rest[:at]
	}
	hostPort = rest
	_, after, _ := strings.Cut(typed, "://")
	at := strings.IndexAny(after, "/?")
	if at < 0 || after[at:] == "/" {
		return hostPort, "", nil
	}
	if after = after[at:]; after[0] == '?' {
		after = "/" + after
	}
	hint := Text{"write ws://host:port/path?name=value", "写成 ws://主机:端口/路径?名称=值"}
	u, err := url.ParseRequestURI(after)
	switch {
	case err != nil || u.Host != "" || u.Opaque != "":
		return "", "", p.fail(Text{"the path is not one of a URL", "路径不是 URL 的路径"}, hint)
	}
	target = encodeTarget(u)
	if len(target) > maxTarget {
		return "", "", p.fail(Text{fmt.Sprintf("the path has %d bytes; at most %d are taken", len(target), maxTarget), fmt.Sprintf("路径有 %d 字节，最多 %d 字节", len(target), maxTarget)}, hint)
	}
	return hostPort, target, nil
}

// encodeTarget is a request target in which every character may be.
func encodeTarget(u *url.URL) string {
	s := u.EscapedPath()
	if u.RawQuery != "" || u.ForceQuery {
		s += "?" + strings.NewReplacer(" ", "%20", "\"", "%22", "<", "%3C", ">", "%3E").Replace(u.RawQuery)
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// ReadAddress sets the address of the endpoint, as ParseAddressPort reads it, and the
// options that its query names: udp://:5000?interface=eth0&ttl=4. Where the query is the
// peer's (see TargetQuery) they stand behind a #: wss://host/chat?room=1#cacert=ca.pem. A
// name without a value is a switch that is on. What was set before stays; it is a fault if
// the query says something else. The error is every fault, joined: each is an *Error of
// kind Invalid.
func (e *Endpoint) ReadAddress(typed string, missing uint16) error {
	p := addressParser{typed: typed, missing: missing}
	a, query, err := p.parse()
	if err != nil {
		return err
	}
	e.Address = a
	if query == "" {
		return nil
	}
	p.mark = a.network().Traits().Query.Mark()
	return p.options(e, strings.TrimPrefix(query, p.mark))
}

// querySetting is an option that a query names.
type querySetting struct {
	name   string // as it is written
	option *Option
	values []string
}

// options sets the options of a query.
func (p addressParser) options(e *Endpoint, query string) error {
	settings, faults := p.settings(query)
	for _, s := range settings {
		var set Options
		if len(s.values) > 1 && !s.option.isList() {
			faults = append(faults, p.queryFault(s.name, Text{"is given twice", "重复了"}, leaveOut))
			continue
		}
		if parts := partsOf(s.option.SetText(&set, strings.Join(s.values, ","))); len(parts) > 0 {
			for _, one := range parts {
				faults = append(faults, p.queryFault(s.name, one.Message, one.Hint))
			}
			continue
		}
		before, now := reflect.ValueOf(s.option.field(&e.Options)).Elem(), reflect.ValueOf(s.option.field(&set)).Elem()
		if !before.IsZero() && !reflect.DeepEqual(before.Interface(), now.Interface()) {
			faults = append(faults, p.queryFault(s.name, Text{"differs from the option that is given beside the address", "与地址之外给出的选项不同"}, leaveOut))
			continue
		}
		before.Set(now)
	}
	return errors.Join(faults...)
}

var leaveOut = Text{"leave one of them out", "请去掉其中之一"}

// settings reads the names and values of a query.
func (p addressParser) settings(query string) (all []*querySetting, faults []error) {
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, err := unescapePair(pair)
		if err != nil {
			faults = append(faults, p.queryFault(pair, Text{"is not name=value", "不是 名称=值 的形式"}, Text{"a % is written %25, an & %26", "% 请写 %25，& 请写 %26"}))
			continue
		}
		d, _ := AllOptions.Lookup(name, FileForm)
		if d == nil {
			faults = append(faults, p.queryFault(name, Text{"is no option", "不是选项"}, optionsHint(name)))
			continue
		}
		at := slices.IndexFunc(all, func(s *querySetting) bool { return s.option == d })
		if at < 0 {
			at = len(all)
			all = append(all, &querySetting{name: name, option: d})
		}
		all[at].values = append(all[at].values, value)
	}
	return all, faults
}

// queryFault says what is wrong with an option of a query.
func (p addressParser) queryFault(name string, message, hint Text) error {
	name = p.mark + clip(name)
	return p.fail(Text{name + ": " + message.En, name + "：" + message.Zh}, hint)
}

// unescapePair reads name=value of a query; a name alone is on.
func unescapePair(pair string) (name, value string, err error) {
	name, value, hasValue := strings.Cut(pair, "=")
	if name, err = url.QueryUnescape(name); err != nil {
		return "", "", err
	}
	if !hasValue {
		return name, "true", nil
	}
	value, err = url.QueryUnescape(value)
	return name, value, err
}

// isList is true for options that take several values.
func (d *Option) isList() bool { return d.Kind == OptionAddresses || d.Kind == OptionPrefixes }

// partsOf are the faults of an error.
func partsOf(err error) (all []*Error) {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			all = append(all, partsOf(one)...)
		}
		return all
	}
	return []*Error{ErrorOf(err)}
}

// optionsHint names the option that was meant, or where all are listed.
func optionsHint(name string) Text {
	name = strings.ReplaceAll(name, "_", "-")
	for _, d := range AllOptions {
		if len(name) > 2 && strings.HasPrefix(d.Name, name) || sameLetters(d.Name, name) {
			return Text{"did you mean " + d.Name + "?", "是否想写 " + d.Name + "？"}
		}
	}
	return Text{"sockeye listen --help and sockeye connect --help list the options", "sockeye listen --help 和 sockeye connect --help 列出全部选项"}
}

// sameLetters is true for words that differ by one letter, or two exchanged ones.
func sameLetters(a, b string) bool {
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	a, b = a[from:], b[from:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a) <= 1 && len(b) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}

// flagInHint finds a flag, and the word behind it.
var flagInHint = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`--([a-z][a-z-]*)(?: ([^\s;,；，。]+))?`)
})

// HintOfAddress is a hint for an endpoint that is written as an address alone, as the upstream
// of a relay is: options are not flags there, but stand in the address, "?cacert=FILE".
func (n Network) HintOfAddress(hint Text) Text {
	mark := n.Traits().Query.Mark()
	if mark == "" {
		return hint
	}
	written := func(text, where string) string {
		changed := flagInHint().ReplaceAllStringFunc(text, func(flag string) string {
			words := flagInHint().FindStringSubmatch(flag)
			d, _ := AllOptions.Lookup(words[1], FlagForm)
			switch {
			case d == nil:
				return flag
			case d.Kind == OptionSwitch && words[2] != "":
				return mark + d.Name + " " + words[2]
			case words[2] == "":
				return mark + d.Name
			}
			return mark + d.Name + "=" + words[2]
		})
		if changed == text {
			return text
		}
		return changed + where
	}
	return Text{written(hint.En, " (behind the address)"), written(hint.Zh, "（写在地址之后）")}
}
