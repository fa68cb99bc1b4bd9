package netinfo

import (
	"fmt"
	"net"
	"net/netip"
	"os/user"
	"strconv"

	"sockeye"
)

// portUse is how a socket keeps a port from others; the smaller value is the
// likelier obstacle.
type portUse int

const (
	portListening portUse = iota // waits for peers
	portConnected                // is one end of a connection
	portTimeWait                 // was one end of a connection that ended (RFC 9293 section 3.3.2)
)

// portOwner is a socket that stands in the way of a bind.
type portOwner struct {
	local netip.AddrPort
	use   portUse
	uid   int
	// The process, if the system lets us see it.
	pid        int
	name       string
	ownProcess bool // it is this one
}

// explainInUse says who holds the wanted address, as far as the system tells,
// and which port is free.
func explainInUse(e *sockeye.Error, local localAddr) {
	if e.Op == "listen" && local.Port() == 0 {
		explainExhausted(e) // bind(2) says EADDRINUSE for that
		return
	}
	h, seen := portOwnerOf(local)
	why := h.describe(local)
	if !seen {
		why = sockeye.Text{En: "another program has it", Zh: "被其他程序占用"}
	}
	e.Message = sockeye.Text{En: "address in use: " + why.En, Zh: "地址已被占用：" + why.Zh}
	if e.Op != "listen" {
		e.Hint = sockeye.Text{
			En: "leave the source port to the system (no --source-port), or choose another one",
			Zh: "不指定 --source-port，让系统选择源端口，或换一个"}
		return
	}
	end, other := h.releaseHint(local), freePortHint(local)
	e.Hint = sockeye.Text{En: end.En + other.En, Zh: end.Zh + other.Zh}
}

// describe is the reason in words.
func (h portOwner) describe(wanted localAddr) sockeye.Text {
	who := h.ownerText()
	switch {
	case h.use == portTimeWait:
		return sockeye.Text{
			En: "a connection that ended less than a minute ago keeps the port (TIME_WAIT)",
			Zh: "不到一分钟前结束的连接仍占着这个端口（TIME_WAIT）"}
	case h.use == portConnected:
		return sockeye.Text{
			En: fmt.Sprintf("%s has a connection on %s", who.En, h.local),
			Zh: fmt.Sprintf("%s有一个连接在使用 %s", who.Zh, h.local)}
	}
	t := sockeye.Text{
		En: fmt.Sprintf("%s listens on %s", who.En, h.local),
		Zh: fmt.Sprintf("%s正在监听 %s", who.Zh, h.local)}
	if wanted.network == sockeye.UDP {
		t = sockeye.Text{
			En: fmt.Sprintf("%s receives on %s", who.En, h.local),
			Zh: fmt.Sprintf("%s正在接收 %s", who.Zh, h.local)}
	}
	switch {
	case h.local.Addr() == netip.IPv6Unspecified() && wanted.Addr().Is4():
		t.En += ", which takes IPv4 as well"
		t.Zh += "，它同时占用 IPv4"
	case wanted.Addr() == netip.IPv6Unspecified() && h.local.Addr().Is4():
		t.En += ", and [::] would take IPv4 as well"
		t.Zh += "，而 [::] 会同时占用 IPv4"
	}
	return t
}

func (h portOwner) ownerText() sockeye.Text {
	switch {
	case h.ownProcess:
		return sockeye.Text{En: fmt.Sprintf("this program itself (pid %d)", h.pid), Zh: fmt.Sprintf("本程序自己（进程 %d）", h.pid)}
	case h.pid != 0:
		return sockeye.Text{En: fmt.Sprintf("%s (pid %d)", h.name, h.pid), Zh: fmt.Sprintf("%s（进程 %d）", h.name, h.pid)}
	}
	id := strconv.Itoa(h.uid)
	if u, err := user.LookupId(id); err == nil {
		id = u.Username
	}
	return sockeye.Text{En: "a program of user " + id, Zh: "用户 " + id + " 的程序"}
}

// releaseHint says how to get the port itself.
func (h portOwner) releaseHint(wanted localAddr) sockeye.Text {
	switch {
	case h.use == portTimeWait:
		return sockeye.Text{En: "wait a minute", Zh: "请等一分钟"}
	case h.ownProcess:
		return sockeye.Text{En: "close that session first", Zh: "请先关闭那个会话"}
	case h.pid != 0:
		return sockeye.Text{En: "stop that program", Zh: "请先停止那个程序"}
	}
	look := portOwnerProcess(wanted)
	return sockeye.Text{En: fmt.Sprintf("stop that program (%s shows it)", look), Zh: fmt.Sprintf("请先停止那个程序（%s 可查看）", look)}
}

// freePortHint names another port that is free now.
func freePortHint(wanted localAddr) sockeye.Text {
	if free, ok := nextFreePort(wanted); ok {
		return sockeye.Text{
			En: fmt.Sprintf(", or use port %d, which is free, or 0 for any", free),
			Zh: fmt.Sprintf("，或改用空闲的端口 %d，或用 0 任选一个", free)}
	}
	return sockeye.Text{En: ", or use port 0 for any that is free", Zh: "，或用端口 0 任选一个空闲端口"}
}

// nextFreePort is the nearest higher port that can be bound now.
func nextFreePort(wanted localAddr) (uint16, bool) {
	const tries = 32
	for port := int(wanted.Port()) + 1; port <= min(65535, int(wanted.Port())+tries); port++ {
		if canBind(localAddr{wanted.network, netip.AddrPortFrom(wanted.Addr(), uint16(port))}) {
			return uint16(port), true
		}
	}
	return 0, false
}

func canBind(p localAddr) bool {
	var socket interface{ Close() error }
	var err error
	if p.network == sockeye.UDP {
		socket, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(p.AddrPort))
	} else {
		socket, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(p.AddrPort))
	}
	if err != nil {
		return false
	}
	return socket.Close() == nil
}
