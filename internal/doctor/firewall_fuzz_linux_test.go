package doctor

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// inventedRules is a ruleset made of bytes: chains that call each other, rules of every step
// that the evaluator knows, sets with intervals.
type inventedRules struct {
	rest   []byte
	chains []*nftables.Chain
	rules  map[string][]*nftables.Rule
}

func (r *inventedRules) GetRules(_ *nftables.Table, c *nftables.Chain) ([]*nftables.Rule, error) {
	return r.rules[c.Name], nil
}

func (r *inventedRules) GetSetByName(t *nftables.Table, name string) (*nftables.Set, error) {
	if name == "" {
		return nil, errors.New("no such set")
	}
	return &nftables.Set{Table: t, Name: name, Interval: len(name) > 1, KeyType: nftables.TypeInetService}, nil
}

func (r *inventedRules) GetSetElements(s *nftables.Set) ([]nftables.SetElement, error) {
	return []nftables.SetElement{{Key: []byte(s.Name), VerdictData: r.verdict(s.Name)}, {Key: nil}, {Key: []byte{0xff, 0xff}, IntervalEnd: true}}, nil
}

func (r *inventedRules) next() int {
	if len(r.rest) == 0 {
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return int(b)
}

func (r *inventedRules) some() []byte {
	n := min(r.next()%20, len(r.rest))
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *inventedRules) verdict(chain string) *expr.Verdict {
	kinds := []expr.VerdictKind{expr.VerdictAccept, expr.VerdictDrop, expr.VerdictReturn, expr.VerdictJump, expr.VerdictGoto, expr.VerdictContinue}
	return &expr.Verdict{Kind: kinds[len(chain)%len(kinds)], Chain: chain}
}

func (r *inventedRules) step() expr.Any {
	at := uint32(r.next() % 4)
	switch r.next() % 12 {
	case 0:
		kinds := []expr.VerdictKind{expr.VerdictAccept, expr.VerdictDrop, expr.VerdictReturn, expr.VerdictJump, expr.VerdictGoto}
		return &expr.Verdict{Kind: kinds[r.next()%len(kinds)], Chain: string(rune('a' + r.next()%4))}
	case 1:
		return &expr.Reject{}
	case 2:
		return &expr.Payload{DestRegister: at, Base: expr.PayloadBase(r.next() % 4), Offset: uint32(r.next() % 32), Len: uint32(r.next() % 20)}
	case 3:
		return &expr.Meta{Register: at, Key: expr.MetaKey(r.next() % 20)}
	case 4:
		return &expr.Ct{Register: at, Key: expr.CtKey(r.next() % 4)}
	case 5:
		return &expr.Bitwise{SourceRegister: at, DestRegister: uint32(r.next() % 4), Mask: r.some(), Xor: r.some()}
	case 6:
		return &expr.Cmp{Register: at, Op: expr.CmpOp(r.next() % 6), Data: r.some()}
	case 7:
		return &expr.Range{Register: at, Op: expr.CmpOp(r.next() % 2), FromData: r.some(), ToData: r.some()}
	case 8:
		return &expr.Lookup{SourceRegister: at, SetName: string(r.some()), Invert: r.next()%2 == 0}
	case 9:
		return &expr.Counter{}
	case 10:
		return nil
	}
	return &expr.Limit{}
}

func inventRules(data []byte) *inventedRules {
	r := &inventedRules{rest: data, rules: map[string][]*nftables.Rule{}}
	table := &nftables.Table{Name: "t", Family: []nftables.TableFamily{nftables.TableFamilyINet, nftables.TableFamilyIPv4, nftables.TableFamilyIPv6}[r.next()%3]}
	for n := range 4 {
		policy, hook, priority := nftables.ChainPolicy(r.next()%2), *nftables.ChainHookInput, *nftables.ChainPriorityFilter
		c := &nftables.Chain{Name: string(rune('a' + n)), Table: table}
		if n == 0 {
			c.Type, c.Hooknum, c.Priority, c.Policy = nftables.ChainTypeFilter, &hook, &priority, &policy
		}
		r.chains = append(r.chains, c)
		for range r.next() % 8 {
			rule := &nftables.Rule{Table: table, Chain: c, Handle: uint64(r.next())}
			for range 1 + r.next()%5 {
				rule.Exprs = append(rule.Exprs, r.step())
			}
			r.rules[c.Name] = append(r.rules[c.Name], rule)
		}
	}
	return r
}

// No ruleset, however its chains call each other, makes the evaluator fail or go on without
// end: it looks at a bounded number of rules, and what it claims has a place.
func FuzzRules(f *testing.F) {
	f.Add([]byte{0, 0, 1, 5, 2, 0, 0, 1})
	f.Add([]byte("every chain jumps to every other chain, and back again"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rules := inventRules(data)
		e := &ruleEvaluator{conn: rules, chains: rules.chains, packet: firewallPacket{protocol: unix.IPPROTO_TCP, family: unix.NFPROTO_IPV4, to: 7000, in: true, state: stateNew, dest: netip.MustParseAddr("10.0.0.1")}}
		var w Firewall
		w.judge(e)
		if e.steps > mostSteps+mostJumps*8 {
			t.Errorf("%d rules were looked at", e.steps)
		}
		if w.Drops && (w.Place.Chain == "" || w.Rule == "") || w.Drops && w.Unclear {
			t.Errorf("a drop without a place: %+v", w)
		}
	})
}

// Whatever the kernel's answer holds, reading the steps of a rule ends without a panic.
func FuzzParseSteps(f *testing.F) {
	rule := netlink.NewAttributeEncoder()
	rule.ByteOrder = binary.BigEndian
	rule.Uint64(unix.NFTA_RULE_HANDLE, 7)
	rule.Nested(unix.NFTA_RULE_EXPRESSIONS, func(list *netlink.AttributeEncoder) error {
		for _, name := range []string{"socket", "immediate"} {
			list.Nested(unix.NFTA_LIST_ELEM, func(step *netlink.AttributeEncoder) error {
				step.String(unix.NFTA_EXPR_NAME, name)
				return nil
			})
		}
		return nil
	})
	b, err := rule.Encode()
	if err != nil {
		f.Fatal(err)
	}
	message := append(make([]byte, 4), b...)
	if handle, names, err := parseSteps(message); handle != 7 || !slices.Equal(names, []string{"socket", "immediate"}) || err != nil {
		f.Fatalf("rule %d has the steps %q, %v", handle, names, err)
	}
	f.Add(message)
	f.Fuzz(func(t *testing.T, message []byte) { parseSteps(message) })
}
