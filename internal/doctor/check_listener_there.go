package doctor

import (
	"slices"
	"strings"

	"sockeye"
)

// checkListenerThere judges what listens on the port there.
func checkListenerThere(f, other *Facts, p Path) (Finding, bool) {
	if other.didNotSee("sockets") || other.Port != f.Port {
		return Finding{}, false
	}
	there := *other
	there.Network = f.Network
	if f.open(p) {
		return checkQueuesThere(f, &there)
	}
	list := there.listening(f.transport())
	switch {
	case len(list) == 0 && there.Firewall.Moves:
		return Finding{}, false // another port or machine has it
	case len(list) == 0:
		found := atPortThere(nobodyListens(&there))
		found.Text = sockeye.Text{En: "there: " + strings.ReplaceAll(found.Text.En, "this machine", "that machine"), Zh: "对方：" + strings.ReplaceAll(found.Text.Zh, "本机", "那台机器")}
		return found, true
	case there.loopbackOnly() && !p.Address.IsLoopback():
		return atPortThere(wrong(CheckThere, CauseLoopbackOnly, StationPort,
			say("the server there listens on %s only: no other machine can reach it", "那里的服务器只监听 %s：其他机器无法连接", list[0].Local),
			say("let it listen on all addresses: %s", "请让它监听所有地址：%s", listenCommand(f.transport(), f.Port)), socketEvidence(list[0]))), true
	case !listensFor(list, p.Address):
		return atPortThere(familyOrAddress(f, list, p.Address)), true
	}
	there.Queues = slices.DeleteFunc(slices.Clone(there.Queues), func(q Queue) bool { return !q.full() }) // while there is room the kernel answers
	return checkQueuesThere(f, &there)
}

// checkQueuesThere judges whether the program there accepts: the kernel connects without it.
func checkQueuesThere(f, there *Facts) (Finding, bool) {
	if f.isUDP() {
		return Finding{}, false
	}
	for _, found := range checkQueues(there) {
		return atPortThere(found), true
	}
	return Finding{}, false
}

func atPortThere(found Finding) Finding {
	found.Check, found.Station = CheckThere, StationPort
	return found
}
