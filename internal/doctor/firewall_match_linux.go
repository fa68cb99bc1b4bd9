package doctor

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

const loopbackIf = 1

// register is a value that a rule has loaded; nil bytes are not known.
type register struct {
	bytes []byte
	notLo bool // it is an interface, and not the loopback one
}

// apply runs one rule: its verdict, or nil if it does not match, and whether all that it
// asks is known.
func (e *ruleEvaluator) apply(c *nftables.Chain, r *nftables.Rule) (v *expr.Verdict, certain bool) {
	registers := map[uint32]register{}
	certain, e.ruleMoves, e.ruleAsks = true, false, false
	for _, step := range r.Exprs {
		if v := e.decision(step); v != nil {
			return v, certain && v != undecided
		}
		match, known := true, true
		switch x := step.(type) {
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
		case *expr.Match:
			match, known = e.compat(x)
		case *expr.Lookup:
			var found *expr.Verdict
			match, found, known = e.lookup(c, x, registers[x.SourceRegister])
			switch ofVerdicts := x.IsDestRegSet && x.DestRegister == unix.NFT_REG_VERDICT; {
			case ofVerdicts && (!known || match && found == nil):
				return undecided, false
			case ofVerdicts && match:
				return found, certain
			case x.IsDestRegSet:
				delete(registers, x.DestRegister) // what the map has for it
			}
		case *expr.Immediate:
			registers[x.Register] = register{bytes: x.Data}
		case *expr.NAT, *expr.Target, *expr.Counter, *expr.Log, *expr.Masq:
		default:
			known = false // a limit, a hash, what the library did not read
		}
		if known && !match {
			return nil, true
		}
		certain = certain && known
	}
	return nil, certain
}

// decision is what a step does with the packet, or nil if the packet goes on to the next one.
func (e *ruleEvaluator) decision(step expr.Any) *expr.Verdict {
	switch x := step.(type) {
	case *expr.Verdict:
		return x
	case *expr.Reject:
		return &expr.Verdict{Kind: expr.VerdictDrop}
	case *expr.Queue, *expr.SynProxy:
		return undecided
	case *expr.Redir, *expr.TProxy:
		e.ruleMoves = true
		return undecided
	case *expr.NAT:
		if x.Type == expr.NATTypeDestNAT {
			e.ruleMoves = true
			return undecided
		}
	case *expr.Target:
		if x.Name == "REJECT" {
			return &expr.Verdict{Kind: expr.VerdictDrop}
		}
		if !harmlessTargets[x.Name] {
			e.ruleMoves = movingTargets[x.Name]
			return undecided
		}
	}
	return nil
}

// undecided is what a rule does that hands the packet to something else: it may be lost there.
var undecided = &expr.Verdict{Kind: expr.VerdictQueue}

// harmlessTargets are the targets of iptables that let the packet go on.
var harmlessTargets = map[string]bool{
	"LOG": true, "NFLOG": true, "MARK": true, "CONNMARK": true, "TCPMSS": true, "MASQUERADE": true, "SNAT": true, "CT": true,
	"SET": true, "CHECKSUM": true, "DSCP": true, "TOS": true, "CLASSIFY": true, "TRACE": true, "NOTRACK": true, "ULOG": true,
	"AUDIT": true, "CONNSECMARK": true, "SECMARK": true, "ECN": true, "HL": true, "TTL": true, "TCPOPTSTRIP": true,
}

// movingTargets are the targets of iptables that hand the packet to another port or machine.
var movingTargets = map[string]bool{"DNAT": true, "REDIRECT": true, "TPROXY": true, "NETMAP": true}

func (e *ruleEvaluator) payload(x *expr.Payload) register {
	if x.OperationType != expr.PayloadLoad {
		return register{}
	}
	for _, h := range e.packet.headers() {
		if h.base != uint32(x.Base) || x.Offset < h.offset {
			continue
		}
		if from, to := int(x.Offset-h.offset), int(x.Offset-h.offset)+int(x.Len); to <= len(h.bytes) && from < to {
			return register{bytes: h.bytes[from:to]}
		}
		if len(h.bytes) == 0 && h.client && x.Offset < h.offset+h.length {
			e.ruleAsks = true
		}
	}
	return register{}
}

func (e *ruleEvaluator) meta(x *expr.Meta) register {
	switch x.Key {
	case expr.MetaKeyL4PROTO:
		return register{bytes: []byte{e.packet.protocol}}
	case expr.MetaKeyNFPROTO:
		return register{bytes: []byte{e.packet.family}}
	case expr.MetaKeyPKTTYPE: // what clients send is for this machine alone
		if e.packet.in {
			return register{bytes: []byte{unix.PACKET_HOST}}
		}
	case expr.MetaKeyPROTOCOL:
		if e.packet.family == unix.NFPROTO_IPV6 {
			return register{bytes: binary.BigEndian.AppendUint16(nil, unix.ETH_P_IPV6)}
		}
		return register{bytes: binary.BigEndian.AppendUint16(nil, unix.ETH_P_IP)}
	case expr.MetaKeyIIF, expr.MetaKeyIIFNAME:
		return register{notLo: e.packet.in}
	case expr.MetaKeyOIF, expr.MetaKeyOIFNAME:
		return register{notLo: !e.packet.in}
	}
	return register{}
}

func (e *ruleEvaluator) ct(x *expr.Ct) register {
	if x.Key == expr.CtKeySTATE {
		return register{bytes: binary.NativeEndian.AppendUint32(nil, e.packet.state)}
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
	if err != nil || len(r.bytes) == 0 {
		return false, nil, false
	}
	elements, err := e.conn.GetSetElements(set)
	if err != nil || slices.ContainsFunc(elements, func(e nftables.SetElement) bool { return len(e.Key) > 0 && len(e.Key) != len(r.bytes) }) {
		return false, nil, false
	}
	found := elementOf(elements, r.bytes, set.Interval)
	if found == nil {
		return x.Invert, nil, true
	}
	return !x.Invert, verdictOf(found), true
}

// verdictOf is the verdict that an element of a map has, nil if it has none that is known.
// The library leaves it as attributes of netlink: NFTA_VERDICT_CODE and NFTA_VERDICT_CHAIN.
func verdictOf(e *nftables.SetElement) *expr.Verdict {
	if e.VerdictData != nil {
		return e.VerdictData
	}
	ad, err := netlink.NewAttributeDecoder(e.Val)
	if err != nil {
		return nil
	}
	ad.ByteOrder = binary.BigEndian
	var v *expr.Verdict
	chain := ""
	for ad.Next() {
		switch ad.Type() {
		case unix.NFTA_VERDICT_CODE:
			v = &expr.Verdict{Kind: expr.VerdictKind(int32(ad.Uint32()))}
		case unix.NFTA_VERDICT_CHAIN:
			chain = ad.String()
		}
	}
	if ad.Err() != nil || v == nil {
		return nil
	}
	v.Chain = chain
	return v
}

// elementOf is the element of a set that a value is, or whose interval it is in, or the one
// for all other values, which has no key.
func elementOf(elements []nftables.SetElement, value []byte, intervals bool) *nftables.SetElement {
	var best, rest *nftables.SetElement
	for n := range elements {
		e := &elements[n]
		order := bytes.Compare(e.Key, value)
		switch {
		case len(e.Key) == 0:
			rest = e
		case !intervals && order == 0:
			return e
		case intervals && order <= 0 && (best == nil || bytes.Compare(e.Key, best.Key) >= 0):
			best = e
		}
	}
	if best == nil || best.IntervalEnd {
		return rest
	}
	return best
}
