package host

import (
	"bufio"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"sockeye/internal/netinfo"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

func (a *hostCommands) addrsCommand() *cobra.Command {
	var asJSON, groups bool
	cmd := &cobra.Command{
		Use:   "addrs",
		Short: a.t("List this machine's addresses, and what to type on a board", "列出本机地址，以及开发板上该输入的命令"),
		Long: a.t(`List the addresses of this machine by network interface, the one a board most
likely reaches first, and the line to type on a board in the same network. With --groups
also the multicast groups that this machine has joined on each.`,
			`按网卡列出本机地址（最可能被开发板访问到的排在最前），
并给出同一网络中的开发板上应输入的命令。--groups 还会列出每块网卡上已加入的组播组。`),
		Example: `  sockeye addrs
  sockeye addrs --groups
  sockeye addrs --json`,
		Args: terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			list, err := netinfo.Interfaces()
			if err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(a.addrsJSON(list, groups))
			}
			return a.printAddrs(list, groups)
		},
	}
	cmd.Flags().BoolVar(&groups, "groups", false, a.t("list the multicast groups that are joined, too", "同时列出已加入的组播组"))
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

func (a *hostCommands) printAddrs(list []netinfo.Interface, groups bool) error {
	out := bufio.NewWriter(a.Out)
	wide := 0
	for _, i := range list {
		for _, ia := range i.Addresses {
			wide = max(wide, len(ia.Prefix.String()))
		}
		for _, g := range i.Groups {
			if groups {
				wide = max(wide, len(g.String()))
			}
		}
	}
	for _, i := range list {
		fmt.Fprintf(out, "%s  %s\n", payload.SafeString(i.Name), a.interfaceState(i))
		for _, ia := range i.Addresses {
			fmt.Fprintf(out, "    %-*s  %s\n", wide, ia.Prefix, a.scope(ia.Scope))
		}
		for _, g := range i.Groups {
			if groups {
				fmt.Fprintf(out, "    %-*s  %s\n", wide, g, a.t("multicast group, joined", "已加入的组播组"))
			}
		}
	}
	fmt.Fprintln(out)
	a.printBoardLines(out, list)
	return out.Flush()
}

// printBoardLines prints what to type on a board in the same network.
func (a *hostCommands) printBoardLines(out *bufio.Writer, list []netinfo.Interface) {
	board, ok := netinfo.BoardAddress(list)
	if !ok {
		fmt.Fprintln(out, a.t("No network is connected: only this machine can reach itself. Here, type:", "没有连接网络：只有本机能访问自己。可在本机输入："))
	} else {
		fmt.Fprintln(out, a.t("On a board in the same network, type:", "在同一网络的开发板上输入："))
	}
	fmt.Fprintln(out, "    "+terminal.DeviceLine(board, a.defaultPort()))
	link, ok := netinfo.LinkLocalAddress(list)
	if !ok || link == board {
		return
	}
	fmt.Fprintln(out, a.t("On one cable, without a router (IPv6 link-local):", "网线直连、没有路由器时（IPv6 链路本地地址）："))
	fmt.Fprintln(out, "    "+terminal.DeviceLine(link, a.defaultPort()))
	fmt.Fprintf(out, a.t("    %s is the interface's name here; write the board's own there.\n", "    %s 是本机的网卡名，请换成开发板自己的网卡名。\n"), payload.SafeString("%"+link.Zone()))
}

func (a *hostCommands) interfaceState(i netinfo.Interface) string {
	words := []string{a.t("down", "未启用")}
	if i.Up {
		words[0] = a.t("up", "已启用")
	}
	for _, c := range []struct {
		on     bool
		en, zh string
	}{
		{i.Default, "default route", "默认路由"}, {i.Loopback, "this machine only", "仅限本机"},
		{i.Virtual && !i.Loopback, "virtual", "虚拟网卡"}, {i.Up && len(i.Addresses) == 0, "no address", "没有地址"},
	} {
		if c.on {
			words = append(words, a.t(c.en, c.zh))
		}
	}
	return strings.Join(words, a.t(", ", "，"))
}

func (a *hostCommands) scope(s netinfo.AddressScope) string {
	return map[netinfo.AddressScope]string{
		netinfo.ScopePrivate:   a.t("private", "私有地址"),
		netinfo.ScopeGlobal:    a.t("global", "公网地址"),
		netinfo.ScopeShared:    a.t("shared (provider's NAT or VPN)", "共享地址（运营商 NAT 或 VPN）"),
		netinfo.ScopeLinkLocal: a.t("link-local", "链路本地地址"),
		netinfo.ScopeLoopback:  a.t("loopback", "环回地址"),
	}[s]
}

// The --json form of addrs.
type (
	addrsLine struct {
		V          int             `json:"v"`
		Board      string          `json:"board"` // what a board connects to
		Interfaces []interfaceLine `json:"interfaces"`
	}
	interfaceLine struct {
		Name      string        `json:"name"`
		Up        bool          `json:"up"`
		Default   bool          `json:"default"`
		Loopback  bool          `json:"loopback"`
		Virtual   bool          `json:"virtual"`
		Addresses []addressLine `json:"addresses"`
		Groups    []netip.Addr  `json:"groups,omitempty"` // with --groups
	}
	addressLine struct {
		Address string               `json:"address"` // with its zone, if it needs one
		Bits    int                  `json:"prefix_bits"`
		Family  int                  `json:"family"` // 4 or 6
		Scope   netinfo.AddressScope `json:"scope"`
	}
)

func (a *hostCommands) addrsJSON(list []netinfo.Interface, groups bool) addrsLine {
	board, _ := netinfo.BoardAddress(list)
	out := addrsLine{V: 1, Board: netip.AddrPortFrom(board, a.defaultPort()).String(), Interfaces: []interfaceLine{}}
	for _, i := range list {
		il := interfaceLine{Name: i.Name, Up: i.Up, Default: i.Default, Loopback: i.Loopback, Virtual: i.Virtual, Addresses: []addressLine{}}
		for _, ia := range i.Addresses {
			al := addressLine{Address: ia.Addr().String(), Bits: ia.Prefix.Bits(), Family: 6, Scope: ia.Scope}
			if ia.Prefix.Addr().Is4() {
				al.Family = 4
			}
			il.Addresses = append(il.Addresses, al)
		}
		if groups {
			il.Groups = i.Groups
		}
		out.Interfaces = append(out.Interfaces, il)
	}
	return out
}
