package doctor

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// ruleVerdict is what a list of firewall rules decides about a packet.
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
	packet firewallPacket
	depth  int
	steps  int // rules that were looked at

	rule             string // the last one that dropped
	place            RulePlace
	doubt            string // the first one that may have
	mayDrop, mayPass bool
	tooMany          bool // there were more rules than could be read or judged
	moves, byClient  bool // a doubtful rule is of NAT; the first one asks for the client
	// ruleMoves and ruleAsks are moves and byClient of the rule that is looked at.
	ruleMoves, ruleAsks bool
	doubting            int // how many doubtful jumps led here
}

// unclear says that a doubtful rule would have changed the end.
func (e *ruleEvaluator) unclear(dropped bool) bool {
	return dropped && (e.mayPass || e.moves) || !dropped && e.mayDrop
}

// hooked is a hook of a family of tables.
type hooked struct {
	family byte
	hook   uint32
}

// The hooks that packets pass, in order: linux/netfilter.h, linux/netfilter_bridge.h. The
// family 0 stands for the packet's own and for inet, which sees both.
var (
	hooksIn = []hooked{
		{unix.NFPROTO_NETDEV, unix.NF_NETDEV_INGRESS}, {unix.NFPROTO_BRIDGE, unix.NF_INET_PRE_ROUTING}, {unix.NFPROTO_BRIDGE, unix.NF_INET_LOCAL_IN},
		{unix.NFPROTO_INET, inetIngress}, {0, unix.NF_INET_PRE_ROUTING}, {0, unix.NF_INET_LOCAL_IN},
	}
	hooksOut = []hooked{
		{0, unix.NF_INET_LOCAL_OUT}, {0, unix.NF_INET_POST_ROUTING},
		{unix.NFPROTO_BRIDGE, unix.NF_INET_LOCAL_OUT}, {unix.NFPROTO_BRIDGE, unix.NF_INET_POST_ROUTING}, {unix.NFPROTO_NETDEV, unix.NF_NETDEV_EGRESS},
	}
)

const inetIngress = 5 // NF_INET_INGRESS

// baseChains are the chains that the kernel gives the packet to, in order.
func (e *ruleEvaluator) baseChains() (list []*nftables.Chain) {
	hooks := hooksOut
	if e.packet.in {
		hooks = hooksIn
	}
	for _, h := range hooks {
		var here []*nftables.Chain
		for _, c := range e.chains {
			if c.Hooknum != nil && uint32(*c.Hooknum) == h.hook && c.Priority != nil && e.sees(byte(c.Table.Family), h) && (c.Type != nftables.ChainTypeNAT || !e.packet.answer) {
				here = append(here, c)
			}
		}
		slices.SortStableFunc(here, func(a, b *nftables.Chain) int { return int(*a.Priority) - int(*b.Priority) })
		list = append(list, here...)
	}
	return list
}

func (e *ruleEvaluator) sees(family byte, h hooked) bool {
	if h.family == 0 {
		return family == unix.NFPROTO_INET || family == e.packet.family
	}
	return family == h.family
}

// unsure says that a chain sees the packets of some interfaces only, and the library does not
// tell of which.
func unsure(c *nftables.Chain) bool {
	switch c.Table.Family {
	case nftables.TableFamilyNetdev, nftables.TableFamilyBridge:
		return true
	}
	return c.Table.Family == nftables.TableFamilyINet && *c.Hooknum == inetIngress
}

func (e *ruleEvaluator) base(c *nftables.Chain) ruleVerdict {
	e.mayPass = false // an accept ends this chain only
	if unsure(c) {
		e.doubting++
		defer func() { e.doubting-- }()
	}
	v := e.chain(c)
	if v == passes && c.Policy != nil && *c.Policy == nftables.ChainPolicyDrop {
		if e.doubting > 0 {
			e.doubtful(chainName(c)+": policy drop", &expr.Verdict{Kind: expr.VerdictDrop})
			return passes
		}
		e.rule, e.place = fmt.Sprintf("%s: policy drop", chainName(c)), placeOf(c, 0)
		return drops
	}
	if e.doubting > 0 {
		return passes
	}
	return v
}

func chainName(c *nftables.Chain) string {
	return fmt.Sprintf("nft list chain %s %s %s", familyNames[c.Table.Family], c.Table.Name, c.Name)
}

var familyNames = map[nftables.TableFamily]string{nftables.TableFamilyINet: "inet", nftables.TableFamilyIPv4: "ip", nftables.TableFamilyIPv6: "ip6",
	nftables.TableFamilyNetdev: "netdev", nftables.TableFamilyBridge: "bridge"}

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
	e.depth++
	defer func() { e.depth-- }()
	rules, err := e.conn.GetRules(c.Table, c)
	e.tooMany = e.tooMany || errors.Is(err, os.ErrDeadlineExceeded)
	if err != nil || e.depth > mostJumps {
		e.doubtful(chainName(c), undecided)
		return passes
	}
	for _, r := range rules {
		if e.steps >= mostSteps {
			e.tooMany = true
			e.doubtful(chainName(c), undecided)
			return passes
		}
		e.steps++
		v, certain := e.apply(c, r)
		name := fmt.Sprintf("%s: handle %d", chainName(c), r.Handle)
		switch {
		case v == nil:
		case !certain && v.Kind == expr.VerdictJump:
			e.doubting++ // what it comes to is as doubtful
			e.jump(c, v.Chain)
			e.doubting--
		case !certain:
			e.doubtful(name, v)
		case v.Kind == expr.VerdictAccept && e.doubting > 0:
			e.doubtful(name, v)
			return accepts
		case v.Kind == expr.VerdictAccept:
			return accepts
		case v.Kind == expr.VerdictDrop && e.doubting > 0:
			e.doubtful(name, v)
			return drops
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
		e.doubt, e.byClient = name, e.ruleAsks
	}
	e.moves = e.moves || e.ruleMoves
	e.mayDrop = e.mayDrop || v.Kind != expr.VerdictAccept && v.Kind != expr.VerdictReturn
	e.mayPass = e.mayPass || v.Kind != expr.VerdictDrop
}
