package doctor

import (
	"fmt"
	"strings"

	"sockeye"
	"sockeye/internal/netinfo"
)

// allowCommand is the command that lets a port in through the packet filter of a system.
// It opens the one port, and leaves the rest of the filter as it is.
func allowCommand(tool string, network sockeye.Network, port uint16) string {
	switch tool {
	case "ufw":
		return fmt.Sprintf("sudo ufw allow %d/%s", port, network)
	case "firewalld":
		return fmt.Sprintf("sudo firewall-cmd --add-port=%d/%s", port, network)
	case "windows":
		return fmt.Sprintf("netsh advfirewall firewall add rule name=\"port %d\" dir=in action=allow protocol=%s localport=%d", port, strings.ToUpper(string(network)), port)
	case "macos":
		return `sudo /usr/libexec/ApplicationFirewall/socketfilterfw --unblockapp "$(command -v sockeye)"`
	}
	return ruleCommand(network, port)
}

// ruleCommand is where no tool manages the rules: run by root, the doctor names the rule that
// drops, and the nft command that lets the port pass there. Tables and chains have no fixed names.
func ruleCommand(network sockeye.Network, port uint16) string {
	return "sudo sockeye doctor " + sockeye.Address{Network: network, Port: port}.Short()
}

// acceptCommand is the command that lets a port pass at the rule that stops it: by the tool
// that made the rule, or as a rule before it.
func (w Firewall) acceptCommand(network sockeye.Network, port uint16, in bool) string {
	at := w.Place
	managed := map[string]string{"ufw": "filter", "firewalld": "firewalld"}[w.Tool]
	side := "dport"
	if w.Answers {
		side, in = "sport", false
	}
	if at.Table == "" || !plainName(at.Table) || !plainName(at.Chain) || in && managed != "" && managed == at.Table {
		if in {
			return allowCommand(w.Tool, network, port)
		}
		return showRulesToDelete(w.Tool)
	}
	where := fmt.Sprintf("%s %s %s", at.Family, at.Table, at.Chain)
	if at.Handle == 0 {
		return fmt.Sprintf("sudo nft add rule %s %s %s %d accept", where, network, side, port)
	}
	return fmt.Sprintf("sudo nft insert rule %s position %d %s %s %d accept", where, at.Handle, network, side, port)
}

// plainName says that nft and a shell take a name as it is.
func plainName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == "" && !strings.HasPrefix(s, "-")
}

// showRules is the command that shows the packet filter of this machine.
func showRules(tool string) string {
	switch tool {
	case "ufw":
		return "sudo ufw status verbose"
	case "firewalld":
		return "sudo firewall-cmd --list-all"
	case "windows":
		return "netsh advfirewall show currentprofile"
	case "macos":
		return "/usr/libexec/ApplicationFirewall/socketfilterfw --listapps"
	}
	return "sudo nft list ruleset"
}

// showRulesToDelete shows the rules as the command that deletes one names them.
func showRulesToDelete(tool string) string {
	switch tool {
	case "windows":
		return "netsh advfirewall firewall show rule name=all dir=out"
	case "", "nft":
		return "sudo nft -a list ruleset"
	}
	return showRules(tool)
}

// allowThere says how to let the port in on a machine whose system is not known: tool is ""
// then.
func allowThere(tool string, network sockeye.Network, port uint16) sockeye.Text {
	if tool == "nft" {
		return say("on that machine, this names the rule and the command that lets this one port in: %s", "请在那台机器上运行它，它会指出规则，并给出只放行这个端口的命令：%s", ruleCommand(network, port))
	}
	if tool != "" {
		command := allowCommand(tool, network, port)
		return say("on that machine let this one port in: %s", "请在那台机器上只放行这个端口：%s", command)
	}
	var lines sockeye.Text
	for _, t := range []struct{ name, tool string }{{"Linux (ufw)", "ufw"}, {"Linux (firewalld)", "firewalld"}, {"Linux (nft)", "nft"}, {"Windows", "windows"}, {"macOS", "macos"}} {
		line, note := fmt.Sprintf("\n%s: %s", t.name, allowCommand(t.tool, network, port)), sockeye.Text{}
		if t.tool == "nft" {
			note = sockeye.Text{En: " (names the rule and the command)", Zh: "（会指出规则和命令）"}
		}
		lines.En, lines.Zh = lines.En+line+note.En, lines.Zh+line+note.Zh
	}
	return sockeye.Text{En: "on that machine let this one port in:" + lines.En, Zh: "请在那台机器上只放行这个端口：" + lines.Zh}
}

// listenCommand starts a server on the port.
func listenCommand(network sockeye.Network, port uint16) string {
	if network.Traits().Datagram {
		return fmt.Sprintf("sockeye listen udp://:%d", port)
	}
	return fmt.Sprintf("sockeye listen :%d", port)
}

// ownersCommand shows who has a port.
func ownersCommand(system string, network sockeye.Network, port uint16) string {
	switch {
	case system == "windows":
		return fmt.Sprintf("netstat -ano | findstr :%d", port)
	case system == "darwin":
		return fmt.Sprintf("sudo lsof -nP -i%s:%d", strings.ToUpper(string(network)), port)
	case network.Traits().Datagram:
		return fmt.Sprintf("sudo ss -unap sport = :%d", port)
	}
	return fmt.Sprintf("sudo ss -tnap sport = :%d", port)
}

// routeCommand shows the way to an address.
func routeCommand(system, ip string) string {
	switch system {
	case "windows":
		return "powershell Find-NetRoute -RemoteIPAddress " + ip
	case "darwin":
		return "route -n get " + ip
	}
	return "ip route get " + ip
}

// perSystem chooses a command; what is no other system's is Linux'.
func perSystem(system, linux, windows, darwin string) string {
	switch system {
	case "windows":
		return windows
	case "darwin":
		return darwin
	}
	return linux
}

// gatewayCommand sets the default route.
func gatewayCommand(system string, ipv6 bool) string {
	if ipv6 {
		return perSystem(system, "sudo ip -6 route add default via GATEWAY", "netsh interface ipv6 add route ::/0 INTERFACE GATEWAY", "sudo route -n add -inet6 default GATEWAY")
	}
	return perSystem(system, "sudo ip route add default via GATEWAY", "route add 0.0.0.0 mask 0.0.0.0 GATEWAY", "sudo route -n add default GATEWAY")
}

// routesCommand shows all routes.
func routesCommand(system string) string {
	return perSystem(system, "ip route", "route print", "netstat -rn")
}

// addressesCommand shows the addresses of an interface with their masks.
func addressesCommand(system, name string) string {
	return perSystem(system, "ip address show dev "+name, "ipconfig /all", "ifconfig "+name)
}

// upCommand switches an interface on.
func upCommand(system, name string) string {
	return perSystem(system, "sudo ip link set "+name+" up", fmt.Sprintf("netsh interface set interface %q enable", name), "sudo ifconfig "+name+" up")
}

// linkCommand shows whether an interface has a link.
func linkCommand(system, name string) string {
	return perSystem(system, "ip link show "+name, "powershell Get-NetAdapter", "ifconfig "+name)
}

// mtuCommand makes the packets of an interface smaller.
func mtuCommand(system, name string, mtu int) string {
	return perSystem(system, fmt.Sprintf("sudo ip link set %s mtu %d", name, mtu), fmt.Sprintf("netsh interface ipv4 set subinterface %q mtu=%d", name, mtu), fmt.Sprintf("sudo ifconfig %s mtu %d", name, mtu))
}

// deleteRouteCommand takes a row of the routing table away. It names the kind: ip(8) would take
// another row to the same network else.
func deleteRouteCommand(system string, r netinfo.RouteEntry) string {
	linux := "sudo ip route del " + r.Kind + " " + r.To.String()
	if r.Table != 0 {
		linux += fmt.Sprintf(" table %d", r.Table)
	}
	return perSystem(system, linux, "route delete "+r.To.String(), "sudo route -n delete "+r.To.String())
}

// deleteRuleCommand takes a rule of policy routing away.
func deleteRuleCommand(r netinfo.RouteRule) string {
	if r.IPv6 {
		return fmt.Sprintf("sudo ip -6 rule del priority %d", r.Priority)
	}
	return fmt.Sprintf("sudo ip rule del priority %d", r.Priority)
}

// neighboursCommand shows which hardware addresses a machine has for its neighbours.
func neighboursCommand(system string) string {
	return perSystem(system, "ip neighbour", "arp -a", "arp -an")
}

// deleteNeighbourCommand has the system ask for the hardware address of a neighbour anew.
func deleteNeighbourCommand(system, ip, name string) string {
	return perSystem(system, "sudo ip neighbour del "+ip+" dev "+name, "arp -d "+ip, "sudo arp -d "+ip)
}

// morePortsCommand widens the range that source ports are taken from.
func morePortsCommand(system string) string {
	return perSystem(system, `sudo sysctl net.ipv4.ip_local_port_range="10000 65000"`, "netsh interface ipv4 set dynamicport tcp start=10000 num=55000", "sudo sysctl net.inet.ip.portrange.first=10000")
}

// doctorThere is what to run on the other machine.
func (f *Facts) doctorThere() string {
	return "sockeye doctor --code " + sockeye.Address{Network: f.transport(), Port: f.Port}.Short()
}
