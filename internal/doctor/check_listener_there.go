package doctor

import (
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/netinfo"
)

// CauseOtherInterface is a server that takes from one interface, and not from the one asked for.
const CauseOtherInterface = "other-interface"

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
		found := atPortThere(onLoopback(&there, list[0]))
		found.Text.En, found.Text.Zh = strings.Replace(found.Text.En, "the server", "the server there", 1), strings.Replace(found.Text.Zh, "服务器", "那里的服务器", 1)
		return found, true
	case !listensFor(list, p.Address):
		return atPortThere(familyOrAddress(f, list, p.Address)), true
	}
	if found, said := checkBoundThere(f, &there, p, list); said {
		return found, true
	}
	if found, said := checkUnreadThere(f, list, p); said {
		return found, true
	}
	there.Queues = slices.DeleteFunc(slices.Clone(there.Queues), func(q netinfo.ListenQueue) bool { return !q.Full() }) // while there is room the kernel answers
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

// checkBoundThere judges a server there that takes from another interface than the address is on.
// An adapter of the virtual kind may have that interface below it.
func checkBoundThere(f, there *Facts, p Path, list []netinfo.SocketInfo) (Finding, bool) {
	for _, s := range list {
		bound := there.interfaceOf(s.Interface)
		if s.Takes(p.Address) && (bound.Name == "" || bound.Virtual || bound.indexOf(p.Address) >= 0) {
			return Finding{}, false
		}
	}
	if _, at := there.interfaceWith(p.Address); !at.IsValid() {
		return Finding{}, false
	}
	s := list[slices.IndexFunc(list, func(s netinfo.SocketInfo) bool { return s.Takes(p.Address) })]
	return atPortThere(wrong(CheckThere, CauseOtherInterface, StationPort,
		say("the server there takes only what comes in by %s (SO_BINDTODEVICE), and %s is on another interface", "那里的服务器只接收从 %s 进来的数据（SO_BINDTODEVICE），而 %s 在另一块网卡上", s.Interface, p.Address),
		say("connect to an address of that interface, or let it listen on all: %s", "请连接那块网卡的地址，或让它监听所有地址：%s", listenCommand(f.transport(), f.Port)), socketEvidence(s))), true
}

// checkUnreadThere judges whether the program there reads what datagrams it got.
func checkUnreadThere(f *Facts, list []netinfo.SocketInfo, p Path) (Finding, bool) {
	for _, s := range list {
		if f.isUDP() && s.Takes(p.Address) && s.Unread > 0 {
			return wrong(CheckThere, CauseNotReading, StationPort,
				say("the program there does not read what came to UDP port %d: waiting in its socket: %d bytes; what finds no room is dropped", "那里的程序没有读取到达 UDP 端口 %d 的数据：套接字中有 %d 字节在等待，放不下的会被丢弃", f.Port, s.Unread),
				say("the program there has to call recv: is it stopped, or busy with something else?", "那里的程序需要调用 recv：它是否已暂停，或正忙于别的事？"), "there: "+socketEvidence(s)), true
		}
	}
	return Finding{}, false
}
