package doctor

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// unread stands for a step of a rule that the library leaves out because it does not know it:
// without it the rule would seem to ask less than it does.
type unread struct{ expr.Any }

// markUnread puts an unread step into each rule that has more of them than the library read.
func markUnread(t *nftables.Table, c *nftables.Chain, rules []*nftables.Rule, deadline time.Time) error {
	names, err := stepNames(t, c, deadline)
	if err != nil {
		return err
	}
	for _, r := range rules {
		switch steps := names[r.Handle]; {
		case len(steps) == len(r.Exprs):
		case slices.Contains(steps, "tproxy"): // what it asks before is all there
			r.Exprs = append(r.Exprs, &expr.TProxy{})
		default:
			r.Exprs = slices.Insert(r.Exprs, 0, expr.Any(unread{}))
		}
	}
	return nil
}

// stepNames are the names of the steps of each rule of a chain, by its handle, as the kernel
// has them (linux/netfilter/nf_tables.h, NFT_MSG_GETRULE).
func stepNames(t *nftables.Table, c *nftables.Chain, deadline time.Time) (map[uint64][]string, error) {
	conn, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	ask := netlink.NewAttributeEncoder()
	ask.String(unix.NFTA_RULE_TABLE, t.Name)
	ask.String(unix.NFTA_RULE_CHAIN, c.Name)
	attributes, err := ask.Encode()
	if err != nil {
		return nil, err
	}
	replies, err := conn.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_GETRULE, Flags: netlink.Request | netlink.Dump},
		Data:   append([]byte{byte(t.Family), unix.NFNETLINK_V0, 0, 0}, attributes...), // struct nfgenmsg
	})
	if err != nil {
		return nil, err
	}
	names := map[uint64][]string{}
	for _, m := range replies {
		handle, steps, err := parseSteps(m.Data)
		if err != nil {
			return nil, err
		}
		names[handle] = steps
	}
	return names, nil
}

// parseSteps reads the handle of a rule and the names of its steps.
func parseSteps(message []byte) (handle uint64, names []string, err error) {
	const header = 4 // struct nfgenmsg
	rule, err := netlink.NewAttributeDecoder(message[min(header, len(message)):])
	if err != nil {
		return 0, nil, err
	}
	for rule.Next() {
		switch rule.Type() {
		case unix.NFTA_RULE_HANDLE:
			rule.ByteOrder = binary.BigEndian
			handle = rule.Uint64()
		case unix.NFTA_RULE_EXPRESSIONS:
			rule.Nested(func(list *netlink.AttributeDecoder) error {
				for list.Next() {
					list.Nested(func(step *netlink.AttributeDecoder) error {
						for step.Next() {
							if step.Type() == unix.NFTA_EXPR_NAME {
								names = append(names, step.String())
							}
						}
						return nil
					})
				}
				return nil
			})
		}
	}
	return handle, names, rule.Err()
}
