package boards

import (
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/mdns"
	"sockeye/internal/terminal"
)

// discoverTime is how long is looked for boards: an answer takes 20 to 120 ms, and what was
// lost on Wi-Fi is asked for again twice.
const discoverTime = 2 * time.Second

func (a *boardCommands) discoverCommand() *cobra.Command {
	var asJSON bool
	wait := discoverTime
	cmd := &cobra.Command{
		Use:   "discover",
		Short: a.t("Find boards and workbenches in the same network by name", "按名称查找同一网络中的开发板与工作台"),
		Long: a.t(`List the boards, servers and workbenches that announce themselves (--announce NAME) on
the cables and Wi-Fi networks of this machine, by mDNS. It needs no name server, no
router and no default route.`,
			`列出在本机所连网线与 Wi-Fi 上用 --announce NAME 公布了自己的开发板、服务器和工作台（mDNS）。
不需要名称服务器、路由器或默认路由。`),
		Example: `  sockeye discover
  sockeye discover --timeout 5s --json`,
		Args: terminal.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if wait <= 0 || wait > time.Minute {
				return terminal.Usage("--timeout", sockeye.Text{En: "between 1ms and 1m", Zh: "应在 1ms 到 1m 之间"}, sockeye.Text{})
			}
			found, err := mdns.Discover(a.Ctx, wait, nil, mdns.OverTCP, mdns.OverUDP)
			if err != nil {
				return err
			}
			if a.Ctx.Err() != nil {
				return a.Interrupted()
			}
			if asJSON {
				return a.PrintJSON(servicesJSON(found))
			}
			return a.printServices(found)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	cmd.Flags().Var(terminal.DurationOf(&wait), "timeout", a.t("how long to look (default 2s)", "查找多久（默认 2s）"))
	return cmd
}

func (a *boardCommands) printServices(found []mdns.ServiceInstance) error {
	rows := [][]string{{a.t("name", "名称"), a.t("what", "类型"), a.t("address", "地址"), a.t("machine", "主机"), a.t("interface", "网络接口")}}
	for _, s := range found {
		row := []string{s.Name, a.kind(s.Kind), s.Address(), s.Host, s.Interface}
		for n := range row {
			row[n] = terminal.Safe(row[n])
		}
		rows = append(rows, row)
	}
	return a.PrintTable(rows, a.t("nothing announces itself here; --announce NAME of listen, device and ui does", "没有发现公布了自己的程序；listen、device 和 ui 用 --announce NAME 公布自己"))
}

// kind is a kind in words; what is none of ours is shown as it is.
func (a *boardCommands) kind(kind string) string {
	switch kind {
	case mdns.KindSession:
		return a.t("server", "服务器")
	case mdns.KindWorkbench:
		return a.t("workbench", "工作台")
	case mdns.KindBoard:
		return a.t("board", "开发板")
	}
	return kind
}

// The --json form of discover.
type (
	discoverLine struct {
		V     int           `json:"v"`
		Found []serviceLine `json:"found"`
	}
	serviceLine struct {
		Name      string   `json:"name"`
		Kind      string   `json:"kind,omitempty"`
		Address   string   `json:"address,omitempty"`
		Host      string   `json:"host"`
		Port      uint16   `json:"port,omitempty"`
		Scheme    string   `json:"scheme,omitempty"`
		Addresses []string `json:"addresses"`
		Interface string   `json:"interface"`
	}
)

func servicesJSON(found []mdns.ServiceInstance) discoverLine {
	out := discoverLine{V: 1, Found: []serviceLine{}}
	for _, s := range found {
		line := serviceLine{Name: s.Name, Kind: s.Kind, Address: s.Address(), Host: s.Host, Port: s.Port, Scheme: s.Scheme, Addresses: []string{}, Interface: s.Interface}
		for _, ip := range s.Addresses {
			line.Addresses = append(line.Addresses, ip.String())
		}
		out.Found = append(out.Found, line)
	}
	return out
}
