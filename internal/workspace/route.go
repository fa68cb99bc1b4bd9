package workspace

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/rule"
)

// Route is an upstream of a relay that only some peers have: by their address, or by what
// they send first.
type Route struct {
	Text     string // as it was written
	Upstream sockeye.Endpoint
	Peers    netip.Prefix  // zero: any
	When     *rule.Pattern // nil: anything
}

// MaxRoutes is how many routes one relay may have.
const MaxRoutes = 16

// ParseRoute reads ADDRESS peer PREFIX when PATTERN, of which one of the two or both stand
// behind the address; the pattern (rule.ParsePattern) takes the rest of the text. port is
// that of an address without one.
func ParseRoute(text string, port uint16) (Route, error) {
	r := Route{Text: strings.TrimSpace(text), Upstream: sockeye.Endpoint{Mode: sockeye.Connect}}
	address, rest, _ := strings.Cut(r.Text, " ")
	if err := r.Upstream.ReadAddress(address, port); err != nil {
		return r, err
	}
	if err := r.Upstream.Validate(); err != nil {
		return r, err
	}
	rest = strings.TrimSpace(rest)
	if said, ok := strings.CutPrefix(rest, "peer "); ok {
		var prefix string
		prefix, rest, _ = strings.Cut(strings.TrimSpace(said), " ")
		var err error
		if r.Peers, err = parsePeers(prefix); err != nil {
			return r, badRoute(sockeye.Text{En: payload.Quote(prefix, 40) + " is no address or network", Zh: payload.Quote(prefix, 40) + " 不是地址或网段"})
		}
		rest = strings.TrimSpace(rest)
	}
	pattern, ok := strings.CutPrefix(rest, "when ")
	switch {
	case ok:
		var err error
		if r.When, err = rule.ParsePattern(strings.TrimLeft(pattern, " ")); err != nil {
			return r, err
		}
	case rest != "":
		return r, badRoute(sockeye.Text{En: payload.Quote(rest, 40) + " is not understood", Zh: "无法理解 " + payload.Quote(rest, 40)})
	case !r.Peers.IsValid():
		return r, badRoute(sockeye.Text{En: "for whom is missing", Zh: "缺少适用对象"})
	}
	return r, nil
}

// ParseRoutes reads routes. The error joins one *sockeye.Error for each that is wrong, with
// the targets routes[0] and so on.
func ParseRoutes(texts []string, port uint16) (all []Route, err error) {
	var wrong []error
	for n, text := range texts {
		r, err := ParseRoute(text, port)
		if err != nil {
			named := *sockeye.ErrorOf(err)
			named.Op, named.Target = "set", fmt.Sprintf("routes[%d]", n)
			wrong = append(wrong, &named)
		}
		all = append(all, r)
	}
	return all, errors.Join(wrong...)
}

func parsePeers(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

func badRoute(message sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: "routes", Message: message,
		Hint: sockeye.Text{En: "write tcp://192.168.1.90:80 peer 10.0.0.0/8 when prefix:GET, with peer, when or both", Zh: "写成 tcp://192.168.1.90:80 peer 10.0.0.0/8 when prefix:GET，peer 与 when 至少一个"}}
}
