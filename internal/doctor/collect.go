package doctor

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Question is what the doctor is asked.
type Question struct {
	// Address is what a person typed: "192.168.1.9:7000", ":7000" for a port of this
	// machine, "" for the machine alone.
	Address string
	// ToListen says that a program here is to listen on the port.
	ToListen bool
	// Ask says that a silent server may be sent a TLS hello and a line of HTTP.
	Ask bool
}

// The bounds of a collection.
const (
	longest     = 4500 * time.Millisecond
	resolveTime = 2 * time.Second
	watchTime   = 1200 * time.Millisecond // a client's second SYN comes a second after its first
	looks       = 4                       // at the sockets, within watchTime
	acceptTime  = 300 * time.Millisecond  // a program that runs has accepted by then
	rulesTime   = 2 * time.Second         // a system has some hundred rules, but may have any number
	arpTime     = 300 * time.Millisecond
	mostPaths   = 4
	mostSockets = 64
)

// Longest is the time that Collect takes at most.
const Longest = longest

// Collect finds the facts for a question. It takes at most Longest, sends only to the
// address asked for and to the name server, and leaves out what the system does not tell.
func Collect(ctx context.Context, q Question) *Facts {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	f := &Facts{V: 1, System: runtime.GOOS, Time: time.Now().UTC(), Asked: q.Address, ToListen: q.ToListen, Network: sockeye.TCP}
	f.lookAtMachine()
	if q.Address == "" {
		f.lookAtGateways()
		return f
	}
	before := netinfo.Counters()
	addresses := f.understand(ctx, q.Address)
	if f.Fault != nil {
		return f
	}
	f.Local = f.Host == "" || f.ToListen || slices.ContainsFunc(addresses, f.owns)
	if f.Local { // before our own connections wait there
		f.readQueues()
	}
	f.probePaths(ctx, addresses, q.Ask)
	f.lookAtPort(ctx)
	f.Grown = grown(before, netinfo.Counters())
	return f
}

// lookAtMachine finds what does not depend on the address.
func (f *Facts) lookAtMachine() {
	all, err := net.Interfaces()
	if err != nil {
		f.unseen("interfaces")
	}
	for n := range all {
		f.Interfaces = append(f.Interfaces, interfaceFacts(&all[n]))
	}
	if f.Gateways, err = netinfo.Gateways(); err != nil {
		f.unseen("gateways")
	}
	if f.Routes, err = netinfo.Routes(); err != nil {
		f.unseen("routes")
	}
	f.Limits, f.Descriptors = netinfo.Limits(), netinfo.DescriptorLimit()
	f.Place, f.Firewall.Tool = placeOfMachine(), firewallTool()
}

func interfaceFacts(i *net.Interface) InterfaceFacts {
	out := InterfaceFacts{
		Name: i.Name, Up: i.Flags&net.FlagUp != 0, Carrier: netinfo.Carrier(i), Loopback: i.Flags&net.FlagLoopback != 0,
		Virtual: netinfo.VirtualInterface(i), MTU: i.MTU, HardwareAddress: i.HardwareAddr.String(),
	}
	out.Strict = netinfo.StrictReversePath(i.Name)
	out.Duplicates = netinfo.DuplicateAddresses(i.Index)
	found, _ := i.Addrs() // it may have vanished meanwhile
	for _, a := range found {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out.Prefixes = append(out.Prefixes, netip.PrefixFrom(p.Addr().Unmap(), p.Bits()))
		}
	}
	return out
}

// understand reads the address and finds what its name means.
func (f *Facts) understand(ctx context.Context, typed string) []netip.Addr {
	a, err := sockeye.ParseAddress(typed)
	if err == nil && !a.Network.Traits().IP {
		err = &sockeye.Error{Kind: sockeye.Unsupported, Message: say("only addresses of IP networks have a way that can be looked at", "只有 IP 地址才有可以检查的通路"),
			Hint: say("connect to it, which says what is wrong: sockeye connect %s", "请直接连接，失败时会说明原因：sockeye connect %s", a)}
	}
	if err != nil {
		f.Fault = faultOf(err)
		return nil
	}
	f.Network, f.Host, f.Port = a.Network, a.Host, a.Port
	if without, err := sockeye.ParseAddressPort(typed, 0); err == nil {
		f.PortAssumed = without.Port != a.Port
	}
	if f.Network == "" {
		f.Network = sockeye.TCP
	}
	if ip, err := netip.ParseAddr(a.Host); err == nil && ip.IsUnspecified() {
		f.Host = ""
	}
	if f.Port == 0 && !f.ToListen {
		f.Fault = &ErrorFact{Kind: sockeye.Invalid, Message: say("port 0 is nobody's: it only asks the system for a free port to listen on", "端口 0 不属于任何程序：它只表示监听时由系统选择空闲端口"),
			Hint: say("write the port that the server there shows, for example %s", "请写服务器显示的端口，例如 %s", sockeye.Address{Network: f.Network, Host: f.Host, Port: sockeye.DefaultPort})}
		return nil
	}
	if f.Host == "" {
		return nil
	}
	if err := netinfo.CheckZone(a); err != nil {
		f.Fault = faultOf(err)
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	found, err := netinfo.Resolve(limited, f.Host, f.Network)
	if err != nil {
		f.Fault = faultOf(err)
		return nil
	}
	return found[:min(len(found), mostPaths)]
}

func faultOf(err error) *ErrorFact {
	e := sockeye.ErrorOf(err)
	return &ErrorFact{Kind: e.Kind, Message: sockeye.Text{En: e.Reason(sockeye.English), Zh: e.Reason(sockeye.Chinese)}, Hint: e.Hint}
}

// owns says that an address is this machine's.
func (f *Facts) owns(ip netip.Addr) bool {
	return ip.IsLoopback() || slices.Contains(f.Addresses(), ip.WithZone(""))
}

// lookAtPort finds who listens here, and what became of connections to the address.
func (f *Facts) lookAtPort(ctx context.Context) {
	f.readSockets()
	if !f.Local {
		f.Firewall.read(ctx, f, false)
		return
	}
	f.Firewall.read(ctx, f, true)
	listeners := f.listening(f.transport())
	if f.ToListen || len(listeners) == 0 {
		if f.BindErrno = f.tryBind(); f.BindErrno == "EACCES" {
			f.Excluded = netinfo.ExcludedPorts(f.transport())
		}
		return
	}
	if f.Host == "" { // nothing was sent: what clients send meanwhile is seen in the counters
		f.watchUnread(ctx)
	}
	if pid := listeners[0].PID; pid > 0 {
		f.Files = netinfo.FilesOf(pid)
	}
	f.keepWaiting()
}

// readQueues reads the accept queues of the port.
func (f *Facts) readQueues() {
	queues, err := netinfo.AcceptQueues(f.Port)
	if err != nil {
		return
	}
	f.Queues = append(f.Queues, queues...)
}

// readSockets lists the sockets of the port, and those connected to the addresses.
func (f *Facts) readSockets() {
	addresses := map[netip.Addr]bool{}
	for _, p := range f.Paths {
		addresses[p.Address] = true
	}
	list, err := netinfo.Sockets(func(s netinfo.SocketInfo) bool {
		return s.Local.Port() == f.Port && f.Local || s.Remote.Port() == f.Port && addresses[s.Remote.Addr()]
	})
	if err != nil {
		f.unseen("sockets")
		return
	}
	slices.SortStableFunc(list, func(a, b netinfo.SocketInfo) int { return socketRank(a) - socketRank(b) })
	f.Sockets = list[:min(len(list), mostSockets)]
}

// socketRank orders sockets: those that say most first.
func socketRank(s netinfo.SocketInfo) int {
	switch {
	case s.Listens():
		return 0
	case s.Queued > 0 || s.Unread > 0:
		return 1
	case s.State == "TIME-WAIT":
		return 3
	}
	return 2
}

// keepWaiting leaves the connections in each queue that were there before and still are.
func (f *Facts) keepWaiting() {
	now, err := netinfo.AcceptQueues(f.Port)
	if err != nil {
		return
	}
	for n := range f.Queues {
		for _, q := range now {
			if q.Local == f.Queues[n].Local {
				f.Queues[n].Waiting = min(f.Queues[n].Waiting, q.Waiting)
			}
		}
	}
}

// watchUnread leaves unread what no look within a second found read: a program that reads has
// an empty socket at one of them.
func (f *Facts) watchUnread(ctx context.Context) {
	for range looks {
		select {
		case <-time.After(watchTime / looks):
		case <-ctx.Done():
		}
		f.keepUnread()
	}
	f.Watched = true
}

// keepUnread looks at the sockets again, and leaves unread what was so before and still is.
func (f *Facts) keepUnread() {
	before := map[[2]netip.AddrPort]int{}
	for _, s := range f.Sockets {
		before[[2]netip.AddrPort{s.Local, s.Remote}] = s.Unread
	}
	f.readSockets()
	for n := range f.Sockets {
		s := &f.Sockets[n]
		s.Unread = min(s.Unread, before[[2]netip.AddrPort{s.Local, s.Remote}])
	}
}

// tryBind is why this process cannot have the port.
func (f *Facts) tryBind() string {
	ip := netip.IPv4Unspecified()
	if len(f.Paths) > 0 {
		ip = f.Paths[0].Address
	}
	return netinfo.BindErrno(f.transport(), netip.AddrPortFrom(ip, f.Port))
}

// growing are the counters that say something of a connection.
var growing = []string{
	"TcpExt.TCPRetransFail", "TcpExt.ListenOverflows", "TcpExt.ListenDrops", "TcpExt.IPReversePathFilter",
	"Ip.OutNoRoutes", "Ip.InReceives", "Ip.InDelivers", "Ip.ForwDatagrams",
}

func grown(before, after map[string]uint64) map[string]uint64 {
	out := map[string]uint64{}
	for _, name := range growing {
		if after[name] > before[name] {
			out[name] = after[name] - before[name]
		}
	}
	return out
}
