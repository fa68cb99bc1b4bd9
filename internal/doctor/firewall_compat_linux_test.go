package doctor

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"
)

// The steps of rules as iptables 1.8.9 writes them for nftables: recorded from the kernel.

func protocolIs(protocol byte) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{protocol}}}
}

func destPort(port uint16) []expr.Any {
	return []expr.Any{&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2}, &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: portBytes(port)}}
}

// matchOf is a module of iptables that the library leaves as bytes.
func matchOf(name string, revision uint32, info string) []expr.Any {
	b, err := hex.DecodeString(info)
	if err != nil {
		panic(err)
	}
	unknown := xt.Unknown(b)
	return []expr.Any{&expr.Match{Name: name, Rev: revision, Info: &unknown}}
}

func targetOf(name, info string) []expr.Any {
	m := matchOf(name, 0, info)[0].(*expr.Match)
	return []expr.Any{&expr.Counter{}, &expr.Target{Name: name, Info: m.Info}}
}

func verdictIs(kind expr.VerdictKind, chain string) []expr.Any {
	return []expr.Any{&expr.Counter{}, &expr.Verdict{Kind: kind, Chain: chain}}
}

// statesAre is -m conntrack --ctstate.
func statesAre(states, inverted uint16) []expr.Any {
	zero, mask := make([]byte, 16), make([]byte, 16)
	base := xt.ConntrackMtinfoBase{OrigSrcAddr: zero, OrigSrcMask: mask, OrigDstAddr: zero, OrigDstMask: mask, ReplSrcAddr: zero, ReplSrcMask: mask, ReplDstAddr: zero, ReplDstMask: mask,
		MatchFlags: uint16(xt.ConntrackState), InvertFlags: inverted}
	return []expr.Any{&expr.Match{Name: "conntrack", Rev: 3, Info: &xt.ConntrackMtinfo3{ConntrackMtinfo2: xt.ConntrackMtinfo2{ConntrackMtinfoBase: base, StateMask: states}}}}
}

func addressTypeIs(dest uint16, flags xt.AddrTypeFlags) []expr.Any {
	return []expr.Any{&expr.Match{Name: "addrtype", Rev: 1, Info: &xt.AddrTypeV1{Dest: dest, Flags: flags}}}
}

// tcpIs is -m tcp as versions before 1.8.8 write it for every port.
func tcpIs(x xt.Tcp) []expr.Any {
	return []expr.Any{&expr.Match{Name: "tcp", Info: &x}}
}

var (
	tcpToPort   = slices.Concat(protocolIs(unix.IPPROTO_TCP), destPort(labPort))
	tcpToOther  = slices.Concat(protocolIs(unix.IPPROTO_TCP), destPort(labPort+1))
	established = statesAre(stateEstablished|4, 0) // and related
	accepted    = verdictIs(expr.VerdictAccept, "")
	dropped     = verdictIs(expr.VerdictDrop, "")
	rejected0   = targetOf("REJECT", "0300000000000000")
	comment     = []expr.Any{&expr.Match{Name: "comment", Info: commentOf("keep out")}}
)

func commentOf(text string) *xt.Comment {
	c := xt.Comment(text)
	return &c
}

const (
	ports7000     = "01020100581b000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	notEither7000 = "02030100581b621b00000000000000000000000000000000000000000000000000010000000000000000000000000001"
	ports6000to80 = "010270178c1e000000000000000000000000000000000000000000000000000001000000000000000000000000000000"
	ports7001     = "01020100591b000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	rangeOfClient = "0a0100020000000000000000000000000a01000900000000000000000000000000000000000000000000000000000000000000000000000000000000000000000100000000000000"
)

// ipRange is -m iprange --dst-range of one address.
func ipRange(flags byte, from, to netip.Addr) []expr.Any {
	b := make([]byte, 72)
	copy(b[32:], from.AsSlice())
	copy(b[48:], to.AsSlice())
	b[64] = flags
	unknown := xt.Unknown(b)
	return []expr.Any{&expr.Match{Name: "iprange", Rev: 1, Info: &unknown}}
}

// What rules of iptables do with the first packet of a client is told, and where they do not
// tell, it is said why.
func TestRulesOfIptables(t *testing.T) {
	all := [2]uint16{0, 65535}
	server3 := netip.MustParseAddr("10.1.0.3")
	const dropsIt, passesIt, cannotTell, asksClient, movesIt = "drops", "passes", "unclear", "by client", "moves"
	for name, c := range map[string]struct {
		want  string
		rules [][]expr.Any
	}{
		"REJECT":                      {dropsIt, [][]expr.Any{slices.Concat(tcpToPort, rejected0)}},
		"REJECT of another port":      {passesIt, [][]expr.Any{slices.Concat(tcpToOther, rejected0)}},
		"comment":                     {dropsIt, [][]expr.Any{slices.Concat(tcpToPort, comment, dropped)}},
		"multiport":                   {dropsIt, [][]expr.Any{slices.Concat(protocolIs(6), matchOf("multiport", 1, ports7000), dropped)}},
		"multiport, a range":          {dropsIt, [][]expr.Any{slices.Concat(protocolIs(6), matchOf("multiport", 1, ports6000to80), dropped)}},
		"multiport of others":         {passesIt, [][]expr.Any{slices.Concat(protocolIs(6), matchOf("multiport", 1, ports7001), dropped)}},
		"multiport, not these":        {passesIt, [][]expr.Any{slices.Concat(protocolIs(6), matchOf("multiport", 1, notEither7000), dropped)}},
		"multiport of source ports":   {asksClient, [][]expr.Any{slices.Concat(protocolIs(6), matchOf("multiport", 1, "00"+ports7000[2:]), dropped)}},
		"multiport, cut short":        {cannotTell, [][]expr.Any{slices.Concat(protocolIs(6), matchOf("multiport", 1, ports7000[:60]), dropped)}},
		"states in front of a drop":   {dropsIt, [][]expr.Any{slices.Concat(established, accepted), dropped}},
		"states that are new":         {passesIt, [][]expr.Any{slices.Concat(statesAre(stateNew, 0), tcpToPort, accepted), dropped}},
		"states that are not new":     {passesIt, [][]expr.Any{slices.Concat(statesAre(stateNew, 1), dropped)}},
		"states of NAT":               {cannotTell, [][]expr.Any{slices.Concat(statesAre(128, 0), dropped)}},
		"a type of address, not ours": {passesIt, [][]expr.Any{slices.Concat(addressTypeIs(typeLocal, 0), accepted), dropped}},
		"a type of address, inverted": {passesIt, [][]expr.Any{slices.Concat(addressTypeIs(typeLocal, typeNotDest), dropped)}},
		"a type on an interface":      {cannotTell, [][]expr.Any{slices.Concat(addressTypeIs(typeLocal, typeOfAnInterface), dropped)}},
		"tcp, older":                  {dropsIt, [][]expr.Any{slices.Concat(protocolIs(6), tcpIs(xt.Tcp{SrcPorts: all, DstPorts: [2]uint16{7000, 7000}}), dropped)}},
		"tcp, older, another":         {passesIt, [][]expr.Any{slices.Concat(protocolIs(6), tcpIs(xt.Tcp{SrcPorts: all, DstPorts: [2]uint16{1, 6999}}), dropped)}},
		"tcp, older, not":             {passesIt, [][]expr.Any{slices.Concat(protocolIs(6), tcpIs(xt.Tcp{SrcPorts: all, DstPorts: [2]uint16{7000, 7000}, InvFlags: xt.TcpInvDestPorts}), dropped)}},
		"tcp, SYN alone":              {dropsIt, [][]expr.Any{slices.Concat(protocolIs(6), tcpIs(xt.Tcp{SrcPorts: all, DstPorts: all, FlagsMask: 0x17, FlagsCmp: tcpSYN}), dropped)}},
		"tcp, ACK":                    {passesIt, [][]expr.Any{slices.Concat(protocolIs(6), tcpIs(xt.Tcp{SrcPorts: all, DstPorts: all, FlagsMask: tcpACK, FlagsCmp: tcpACK}), dropped)}},
		"tcp, an option":              {cannotTell, [][]expr.Any{slices.Concat(protocolIs(6), tcpIs(xt.Tcp{SrcPorts: all, DstPorts: all, Option: 2}), dropped)}},
		"udp, older":                  {passesIt, [][]expr.Any{append([]expr.Any{&expr.Match{Name: "udp", Info: &xt.Udp{SrcPorts: all, DstPorts: [2]uint16{7000, 7000}}}}, dropped...)}},
		"broadcasts":                  {passesIt, [][]expr.Any{slices.Concat(matchOf("pkttype", 0, "0100000000000000"), dropped)}},
		"what is not for all":         {dropsIt, [][]expr.Any{slices.Concat(matchOf("pkttype", 0, "0100000001000000"), dropped)}},
		"a routing header":            {passesIt, [][]expr.Any{slices.Concat(matchOf("rt", 0, "00"), dropped)}},
		"a client's hardware address": {asksClient, [][]expr.Any{slices.Concat(matchOf("mac", 0, "02000000000100000000000000000000"), dropped)}},
		"a range that clients are in": {asksClient, [][]expr.Any{slices.Concat(tcpToPort, matchOf("iprange", 1, rangeOfClient), dropped)}},
		"a range that we are in":      {dropsIt, [][]expr.Any{slices.Concat(ipRange(2, server3, server3), dropped)}},
		"a range that we are not in":  {passesIt, [][]expr.Any{slices.Concat(ipRange(2|32, server3, server3), dropped)}},
		"a module that is not read":   {cannotTell, [][]expr.Any{slices.Concat(tcpToPort, matchOf("connlimit", 1, "ffffffffffffffffffffffffffffffff00000000000000000000000000000000"), dropped)}},
		"LOG in front of a drop":      {dropsIt, [][]expr.Any{slices.Concat(tcpToPort, targetOf("LOG", "04")), slices.Concat(tcpToPort, dropped)}},
		"REDIRECT":                    {movesIt, [][]expr.Any{slices.Concat(tcpToPort, targetOf("REDIRECT", "00"))}},
		"a target that is not read":   {cannotTell, [][]expr.Any{slices.Concat(tcpToPort, targetOf("TARPIT", "00"))}},
	} {
		table := &nftables.Table{Name: "filter", Family: nftables.TableFamilyIPv4}
		hook, priority := *nftables.ChainHookInput, *nftables.ChainPriorityFilter
		chain := &nftables.Chain{Name: "INPUT", Table: table, Type: nftables.ChainTypeFilter, Hooknum: &hook, Priority: &priority}
		rules := recordedRules{}
		for n, steps := range c.rules {
			rules = append(rules, &nftables.Rule{Table: table, Chain: chain, Handle: uint64(n + 1), Exprs: steps})
		}
		var w Firewall
		w.judge(&ruleEvaluator{conn: rules, chains: []*nftables.Chain{chain},
			packet: firewallPacket{protocol: unix.IPPROTO_TCP, family: unix.NFPROTO_IPV4, to: labPort, in: true, state: stateNew, tcpFlags: tcpSYN, dest: server3}})
		got := passesIt
		switch {
		case w.Drops:
			got = dropsIt
		case w.Moves:
			got = movesIt
		case w.ByClient:
			got = asksClient
		case w.Unclear:
			got = cannotTell
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// recordedRules are the rules of the one chain there is.
type recordedRules []*nftables.Rule

func (r recordedRules) GetRules(*nftables.Table, *nftables.Chain) ([]*nftables.Rule, error) {
	return r, nil
}
func (recordedRules) GetSetByName(*nftables.Table, string) (*nftables.Set, error) {
	return nil, errors.ErrUnsupported
}
func (recordedRules) GetSetElements(*nftables.Set) ([]nftables.SetElement, error) {
	return nil, errors.ErrUnsupported
}

// Whatever a module of iptables holds, judging it ends without a panic, and what is known not
// to match is no cause.
func FuzzCompat(f *testing.F) {
	f.Add("multiport", uint32(1), []byte{1, 255, 0, 1}, uint16(7000))
	f.Add("iprange", uint32(1), make([]byte, 72), uint16(0))
	f.Add("conntrack", uint32(3), make([]byte, 200), uint16(7000))
	f.Add("tcp", uint32(0), make([]byte, 12), uint16(7000))
	f.Fuzz(func(t *testing.T, name string, revision uint32, b []byte, port uint16) {
		info, err := xt.Unmarshal(name, unix.NFPROTO_IPV4, revision, b)
		if err != nil {
			return
		}
		e := &ruleEvaluator{packet: firewallPacket{protocol: unix.IPPROTO_TCP, family: unix.NFPROTO_IPV4, to: port, in: true, state: stateNew, dest: netip.MustParseAddr("10.1.0.3")}}
		if match, known := e.compat(&expr.Match{Name: name, Rev: revision, Info: info}); port == 0 && name == "multiport" && known && match {
			t.Error("a port that is not known is in a list")
		}
	})
}
