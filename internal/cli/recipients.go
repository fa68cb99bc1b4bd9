package cli

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/core"
)

// recipients are the peers of a running workbench's session that words mean, as at
// the console: "all", a number, an alias, an address, a port or an IP address. A
// UDP address not seen yet becomes a new peer. Without a word, all are meant.
func (a *app) recipients(c client.Client, session string, words []string) (ids []uint64, all bool, err error) {
	if len(words) == 0 {
		return nil, true, nil
	}
	var peers []sockeye.PeerStatus
	for _, word := range words {
		if strings.EqualFold(word, core.All) {
			return nil, true, nil
		}
		if id, err := strconv.ParseUint(strings.TrimPrefix(word, "#"), 10, 64); err == nil {
			ids = append(ids, id) // the workbench says if it is not there
			continue
		}
		if peers == nil {
			if peers, err = c.Peers(a.Ctx, session); err != nil {
				return nil, false, err
			}
		}
		found := peersNamed(peers, word)
		if len(found) == 0 {
			id, err := a.reachNew(c, session, word)
			if err != nil {
				return nil, false, err
			}
			found = append(found, id)
		}
		ids = append(ids, found...)
	}
	return unique(ids), false, nil
}

// peersNamed are the numbers of the peers that a word means.
func peersNamed(peers []sockeye.PeerStatus, word string) (ids []uint64) {
	for _, p := range peers {
		if p.Answers(word) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// reachNew has the workbench make a UDP peer of an address that nobody has yet.
func (a *app) reachNew(c client.Client, session, word string) (uint64, error) {
	unknown := &sockeye.Error{
		Kind: sockeye.NotFound, Op: "send", Target: strconv.Quote(word),
		Message: sockeye.Text{En: "no such peer", Zh: "没有这个连接对象"},
		Hint: sockeye.Text{
			En: fmt.Sprintf("a peer is named by number, alias, address or port; sockeye session peers %s lists them", session),
			Zh: fmt.Sprintf("可用编号、别名、地址或端口；sockeye session peers %s 列出全部", session)},
	}
	if _, err := netip.ParseAddrPort(word); err != nil {
		return 0, unknown
	}
	var p api.Peer
	err := apiOf(c).Ask(a.Ctx, "POST", "/sessions/"+session+"/peers", api.Reach{Address: word}, &p)
	if err != nil && sockeye.ErrorOf(err).Kind == sockeye.Unsupported {
		return 0, unknown // TCP: it would have to connect
	}
	return p.ID, err
}

func unique(ids []uint64) (out []uint64) {
	seen := map[uint64]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
