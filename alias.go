package sockeye

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckAlias refuses names of peers that could be taken for something else, or that
// would not show as they are. "" is no name, and passes.
func CheckAlias(name string) error {
	fail := func(en, zh string) error {
		return &Error{
			Kind: Invalid, Op: "alias", Target: strconv.Quote(name),
			Message: Text{En: en, Zh: zh},
			Hint:    Text{En: "a name is one word that begins with a letter, such as kitchen-1", Zh: "别名是以文字开头的一个词，例如 kitchen-1 或 厨房"},
		}
	}
	if name == "" {
		return nil
	}
	first, _ := utf8.DecodeRuneInString(name)
	switch {
	case utf8.RuneCountInString(name) > 40:
		return fail("longer than 40 characters", "超过 40 个字符")
	case !unicode.IsLetter(first):
		return fail("does not begin with a letter", "不以文字开头")
	case strings.EqualFold(name, "all"):
		return fail("means every peer", "这个词表示所有连接对象")
	case strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	}):
		return fail("has characters other than letters, digits, - _ and .", "含有文字、数字、- _ . 以外的字符")
	}
	return nil
}

// CheckRecipient says what is wrong with a word that names a peer, as Peer.Answers reads
// it, or all of them, when it can mean nobody. The error is an *Error of kind Invalid.
func CheckRecipient(word string) error {
	number, isNumber := strings.CutPrefix(word, "#")
	port, isPort := strings.CutPrefix(word, ":")
	var err error
	switch first, _ := utf8.DecodeRuneInString(word); {
	case isNumber, !isPort && !strings.ContainsAny(word, ".:") && unicode.IsDigit(first):
		_, err = strconv.ParseUint(number, 10, 64)
	case isPort:
		_, err = strconv.ParseUint(port, 10, 16)
	case unicode.IsDigit(first), first == '[':
		if _, err = netip.ParseAddr(word); err != nil {
			_, err = netip.ParseAddrPort(word)
		}
	case unicode.IsLetter(first) || strings.ContainsRune("/@./\\", first): // an alias, or the path of a socket or port
	default:
		err = strconv.ErrSyntax
	}
	if err == nil {
		return nil
	}
	return &Error{Kind: Invalid, Op: "send", Target: strconv.Quote(clip(word)),
		Message: Text{En: "names no peer", Zh: "不是连接对象的名称"},
		Hint:    Text{En: "a peer is named by number, alias, address or port: 3, kitchen, 192.168.1.88:54036, :54036; all is every one", Zh: "可用编号、别名、地址或端口：3、kitchen、192.168.1.88:54036、:54036；all 表示全部"}}
}
