package doctor

import (
	"slices"

	"sockeye/internal/netinfo"
)

// The causes in conversations that there are.
const (
	CausePeerNotReading = "peer-not-reading"
	CauseNotReading     = "not-reading"
	CauseDeadPeer       = "dead-connection"
)

// checkConversation judges the connections to the address, or to this machine's port, that
// programs have.
func checkConversation(f *Facts) []Finding {
	var list []Finding
	reached := slices.ContainsFunc(f.Paths, func(p Path) bool { return p.TCP.Outcome == Open })
	for _, s := range f.Sockets {
		if s.State == "UNCONNECTED" && s.Unread > 0 && f.isUDP() && f.Local && s.Local.Port() == f.Port && f.Watched {
			return append(list, wrong(CheckConversation, CauseNotReading, StationProgram,
				say("the program here does not read what came to UDP port %d: it waits in the socket, and what finds no room is dropped", "本机程序没有读取到达 UDP 端口 %d 的数据：数据在套接字中等待，放不下的会被丢弃", f.Port),
				say("the program has to call recv: is it stopped, or busy with something else?", "程序需要调用 recv：它是否已暂停，或正忙于别的事？"), socketEvidence(s)))
		}
		if s.State != "ESTABLISHED" && s.State != "CLOSE-WAIT" && s.State != "FIN-WAIT-1" && s.State != "LAST-ACK" {
			continue
		}
		queued, unread := dataOf(s)
		switch {
		case queued > 0 && s.Timer == "zero-window-probe":
			return append(list, wrong(CheckConversation, CausePeerNotReading, StationPort,
				say("%s does not read: its window is 0; waiting here: %d bytes", "%s 没有读取：它的窗口为 0，这里有 %d 字节在等待", s.Remote, queued),
				say("the program there has to read what it was sent", "那里的程序需要读取收到的数据"), socketEvidence(s)))
		case queued > 0 && s.Timer == "retransmit" && s.Retransmits >= 2 && !(reached && isClosing(s)):
			return append(list, wrong(CheckConversation, CauseDeadPeer, StationNetwork,
				say("%s acknowledges nothing: %d bytes, sent again %d times", "%s 没有确认：%d 字节已重发 %d 次", s.Remote, queued, s.Retransmits),
				say("the other machine is gone, or the way is: check its cable and power, then connect again", "对方机器或通路已断开：请检查网线和电源，然后重新连接"), socketEvidence(s)))
		case unread > 0 && f.Local && s.Local.Port() == f.Port && f.Watched:
			return append(list, wrong(CheckConversation, CauseNotReading, StationProgram,
				say("the program here does not read: waiting from %[2]s: %[1]d bytes", "本机程序没有读取：来自 %[2]s 的 %[1]d 字节在等待", unread, s.Remote),
				say("the program that has this connection has to call recv", "持有该连接的程序需要调用 recv"), socketEvidence(s)))
		}
	}
	return list
}

// isClosing says whether the program has closed its side already. The system still tries to
// deliver the rest; what comes of that says nothing of a port that can be reached now.
func isClosing(s netinfo.SocketInfo) bool { return s.State == "FIN-WAIT-1" || s.State == "LAST-ACK" }

// dataOf are the bytes of data in the queues of a socket: Linux counts a FIN that was not
// read or acknowledged as a byte.
func dataOf(s netinfo.SocketInfo) (queued, unread int) {
	queued, unread = s.Queued, s.Unread
	switch s.State {
	case "FIN-WAIT-1", "LAST-ACK":
		queued--
	case "CLOSE-WAIT":
		unread--
	}
	return queued, unread
}
