package doctor

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// read finds what the rules of nftables do with the first packet of a client of the port
// (in), or with the first packet to it. Only an administrator may read rules.
func (w *Firewall) read(f *Facts, in bool) {
	c, err := nftables.New()
	if err != nil {
		return
	}
	chains, err := c.ListChains()
	if err != nil {
		return
	}
	w.Read = true
	e := &ruleEvaluator{conn: c, chains: chains, packet: firstPacket(f, in)}
	hooks := []nftables.ChainHook{*nftables.ChainHookOutput, *nftables.ChainHookPostrouting}
	if in {
		hooks = []nftables.ChainHook{*nftables.ChainHookPrerouting, *nftables.ChainHookInput}
	}
	w.judge(e, hooks)
	if !w.Drops && !w.Unclear && legacyTables() {
		w.Unclear, w.Rule = true, "iptables-legacy -S"
	}
}

// judge follows the packet through the filters of hooks.
func (w *Firewall) judge(e *ruleEvaluator, hooks []nftables.ChainHook) {
	var seen []*nftables.Chain
	for _, hook := range hooks {
		seen = append(seen, e.baseChains(hook)...)
	}
	for _, base := range seen {
		if e.base(base) == drops {
			w.Drops, w.Rule, w.Place = true, e.rule, e.place
			break
		}
	}
	if w.Unclear = e.unclear(w.Drops); w.Unclear {
		w.Drops, w.Rule, w.Place = false, e.doubt, RulePlace{}
	}
}

// legacyTables says that the older filter of the kernel has tables, which nftables does not
// show.
func legacyTables() bool {
	for _, file := range []string{"/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"} {
		if text, err := os.ReadFile(file); err == nil && len(bytes.TrimSpace(text)) > 0 {
			return true
		}
	}
	return false
}

// firstPacket is the packet that opens a connection, as far as it is known.
func firstPacket(f *Facts, in bool) packet {
	p := packet{protocol: unix.IPPROTO_TCP, port: f.Port, in: in, family: unix.NFPROTO_IPV4}
	if f.isUDP() {
		p.protocol = unix.IPPROTO_UDP
	}
	if len(f.Paths) > 0 && !in {
		p.to = f.Paths[0].Address
		if p.to.Is6() {
			p.family = unix.NFPROTO_IPV6
		}
	}
	return p
}

// packet is what a rule may look at.
type packet struct {
	protocol byte
	family   byte
	port     uint16
	in       bool
	to       netip.Addr // invalid if it is not known
}

// The bits and numbers of rules that a new connection has.
const (
	stateNew   = 8 // NF_CT_STATE_BIT(IP_CT_NEW), linux/netfilter/nf_conntrack_common.h
	loopbackIf = 1
)

// outcome of rules.
type ruleVerdict int

const (
	passes ruleVerdict = iota // no rule said anything
	accepts
	drops
)

// ruleset is where rules and sets are read from: the kernel.
type ruleset interface {
	GetRules(*nftables.Table, *nftables.Chain) ([]*nftables.Rule, error)
	GetSetByName(*nftables.Table, string) (*nftables.Set, error)
	GetSetElements(*nftables.Set) ([]nftables.SetElement, error)
}

// ruleEvaluator follows a packet through chains. What a rule asks that is not known makes
// the rule doubtful: it is passed over and remembered.
type ruleEvaluator struct {
	conn   ruleset
	chains []*nftables.Chain
	packet packet
	depth  int
	steps  int // rules that were looked at

	rule             string // the last one that dropped
	place            RulePlace
	doubt            string // the first one that may have
	mayDrop, mayPass bool
}

// unclear says that a doubtful rule would have changed the end.
func (e *ruleEvaluator) unclear(dropped bool) bool {
	return dropped && e.mayPass || !dropped && e.mayDrop
}

// baseChains are the filters of a hook that see the packet, in order.
func (e *ruleEvaluator) baseChains(hook nftables.ChainHook) (list []*nftables.Chain) {
	for _, c := range e.chains {
		family := byte(c.Table.Family)
		sees := family == unix.NFPROTO_INET || family == e.packet.family
		if sees && c.Hooknum != nil && *c.Hooknum == hook && c.Type == nftables.ChainTypeFilter {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *nftables.Chain) int { return int(*a.Priority) - int(*b.Priority) })
	return list
}

func (e *ruleEvaluator) base(c *nftables.Chain) ruleVerdict {
	v := e.chain(c)
	if v == passes && c.Policy != nil && *c.Policy == nftables.ChainPolicyDrop {
		e.rule, e.place = fmt.Sprintf("%s: policy drop", chainName(c)), placeOf(c, 0)
		return drops
	}
	return v
}

func chainName(c *nftables.Chain) string {
	return fmt.Sprintf("nft list chain %s %s %s", familyNames[c.Table.Family], c.Table.Name, c.Name)
}

var familyNames = map[nftables.TableFamily]string{nftables.TableFamilyINet: "inet", nftables.TableFamilyIPv4: "ip", nftables.TableFamilyIPv6: "ip6"}

func placeOf(c *nftables.Chain, handle uint64) RulePlace {
	return RulePlace{familyNames[c.Table.Family], c.Table.Name, c.Name, handle}
}

// mostJumps and mostSteps bound chains that call each other, as the kernel does (16 jumps);
// what is beyond is not judged.
const (
	mostJumps = 16
	mostSteps = 20_000
)

func (e *ruleEvaluator) chain(c *nftables.Chain) ruleVerdict {
	if e.depth++; e.depth > mostJumps {
		return passes
	}
	defer func() { e.depth-- }()
	rules, err := e.conn.GetRules(c.Table, c)
	if err != nil {
		e.mayDrop, e.mayPass = true, true
		return passes
	}
	for _, r := range rules {
		if e.steps >= mostSteps {
			e.mayDrop, e.mayPass = true, true
			return passes
		}
		e.steps++
		v, certain := e.apply(c, r)
		name := fmt.Sprintf("%s: handle %d", chainName(c), r.Handle)
		switch {
		case v == nil:
		case !certain:
			e.doubtful(name, v)
		case v.Kind == expr.VerdictAccept:
			return accepts
		case v.Kind == expr.VerdictDrop:
			e.rule, e.place = name, placeOf(c, r.Handle)
			return drops
		case v.Kind == expr.VerdictReturn:
			return passes
		case v.Kind == expr.VerdictJump, v.Kind == expr.VerdictGoto:
			if inner := e.jump(c, v.Chain); inner != passes || v.Kind == expr.VerdictGoto {
				return inner
			}
		}
	}
	return passes
}

func (e *ruleEvaluator) jump(from *nftables.Chain, name string) ruleVerdict {
	for _, c := range e.chains {
		if c.Name == name && c.Table.Name == from.Table.Name && c.Table.Family == from.Table.Family {
			return e.chain(c)
		}
	}
	return passes
}

func (e *ruleEvaluator) doubtful(name string, v *expr.Verdict) {
	if e.doubt == "" {
		e.doubt = name
	}
	e.mayDrop = e.mayDrop || v.Kind != expr.VerdictAccept && v.Kind != expr.VerdictReturn
	e.mayPass = e.mayPass || v.Kind != expr.VerdictDrop
}

// register is a value that a rule has loaded; nil bytes are not known.
type register struct {
	bytes []byte
	notLo bool // it is an interface, and not the loopback one
}

// apply runs one rule: its verdict, or nil if it does not match, and whether all that it
// asks is known.
func (e *ruleEvaluator) apply(c *nftables.Chain, r *nftables.Rule) (v *expr.Verdict, certain bool) {
	registers := map[uint32]register{}
	certain = true
	for _, step := range r.Exprs {
		match, known := true, true
		switch x := step.(type) {
		case *expr.Verdict:
			return x, certain
		case *expr.Reject:
			return &expr.Verdict{Kind: expr.VerdictDrop}, certain
		case *expr.Payload:
			registers[x.DestRegister] = e.payload(x)
		case *expr.Meta:
			registers[x.Register] = e.meta(x)
		case *expr.Ct:
			registers[x.Register] = e.ct(x)
		case *expr.Bitwise:
			registers[x.DestRegister] = bitwise(x, registers[x.SourceRegister])
		case *expr.Cmp:
			match, known = compare(x, registers[x.Register])
		case *expr.Range:
			match, known = inRange(x, registers[x.Register])
		case *expr.Lookup:
			var found *expr.Verdict
			if match, found, known = e.lookup(c, x, registers[x.SourceRegister]); match && known && found != nil {
				return found, certain
			}
		case *expr.Counter, *expr.Log, *expr.Immediate:
		default:
			known = false // a limit, a hash, a module of iptables
		}
		if known && !match {
			return nil, true
		}
		certain = certain && known
	}
	return nil, certain
}

func (e *ruleEvaluator) payload(x *expr.Payload) register {
	switch {
	case x.OperationType != expr.PayloadLoad:
	case x.Base == expr.PayloadBaseTransportHeader && x.Offset == 2 && x.Len == 2:
		return register{bytes: binary.BigEndian.AppendUint16(nil, e.packet.port)}
	case x.Base == expr.PayloadBaseNetworkHeader && e.packet.to.Is4() && x.Offset == 16 && x.Len == 4,
		x.Base == expr.PayloadBaseNetworkHeader && e.packet.to.Is6() && x.Offset == 24 && x.Len == 16:
		return register{bytes: e.packet.to.AsSlice()}
	}
	return register{}
}

func (e *ruleEvaluator) meta(x *expr.Meta) register {
	switch x.Key {
	case expr.MetaKeyL4PROTO:
		return register{bytes: []byte{e.packet.protocol}}
	case expr.MetaKeyNFPROTO:
		return register{bytes: []byte{e.packet.family}}
	case expr.MetaKeyIIF, expr.MetaKeyIIFNAME:
		return register{notLo: e.packet.in}
	case expr.MetaKeyOIF, expr.MetaKeyOIFNAME:
		return register{notLo: !e.packet.in && !e.packet.to.IsLoopback()}
	}
	return register{}
}

func (e *ruleEvaluator) ct(x *expr.Ct) register {
	if x.Key == expr.CtKeySTATE {
		return register{bytes: binary.NativeEndian.AppendUint32(nil, stateNew)}
	}
	return register{}
}

func bitwise(x *expr.Bitwise, r register) register {
	if len(r.bytes) == 0 || len(r.bytes) != len(x.Mask) || len(r.bytes) != len(x.Xor) {
		return register{}
	}
	out := make([]byte, len(r.bytes))
	for n := range out {
		out[n] = r.bytes[n]&x.Mask[n] ^ x.Xor[n]
	}
	return register{bytes: out}
}

func compare(x *expr.Cmp, r register) (match, known bool) {
	if r.notLo && isLoopbackInterface(x.Data) {
		return x.Op == expr.CmpOpNeq, true
	}
	if len(r.bytes) == 0 || len(r.bytes) != len(x.Data) {
		return false, false
	}
	order := bytes.Compare(r.bytes, x.Data)
	switch x.Op {
	case expr.CmpOpEq:
		return order == 0, true
	case expr.CmpOpNeq:
		return order != 0, true
	case expr.CmpOpLt:
		return order < 0, true
	case expr.CmpOpLte:
		return order <= 0, true
	case expr.CmpOpGt:
		return order > 0, true
	case expr.CmpOpGte:
		return order >= 0, true
	}
	return false, false
}

// isLoopbackInterface says that a rule compares with lo, by number or by name.
func isLoopbackInterface(b []byte) bool {
	return len(b) == 4 && binary.NativeEndian.Uint32(b) == loopbackIf || strings.TrimRight(string(b), "\x00") == "lo"
}

func inRange(x *expr.Range, r register) (match, known bool) {
	if len(r.bytes) == 0 || len(r.bytes) != len(x.FromData) {
		return false, false
	}
	in := bytes.Compare(r.bytes, x.FromData) >= 0 && bytes.Compare(r.bytes, x.ToData) <= 0
	return in == (x.Op == expr.CmpOpEq), true
}

// lookup finds a value in a set, or a verdict in a map of verdicts.
func (e *ruleEvaluator) lookup(c *nftables.Chain, x *expr.Lookup, r register) (match bool, v *expr.Verdict, known bool) {
	set, err := e.conn.GetSetByName(c.Table, x.SetName)
	if err != nil || len(r.bytes) == 0 || int(set.KeyType.Bytes) != len(r.bytes) {
		return false, nil, false
	}
	elements, err := e.conn.GetSetElements(set)
	if err != nil {
		return false, nil, false
	}
	found := elementOf(elements, r.bytes, set.Interval)
	if found == nil {
		return x.Invert, nil, true
	}
	return !x.Invert, found.VerdictData, true
}

// elementOf is the element of a set that a value is, or whose interval it is in.
func elementOf(elements []nftables.SetElement, value []byte, intervals bool) *nftables.SetElement {
	var best *nftables.SetElement
	for n := range elements {
		e := &elements[n]
		order := bytes.Compare(e.Key, value)
		if !intervals && order == 0 {
			return e
		}
		if intervals && order <= 0 && (best == nil || bytes.Compare(e.Key, best.Key) >= 0) {
			best = e
		}
	}
	if best == nil || best.IntervalEnd {
		return nil
	}
	return best
}
