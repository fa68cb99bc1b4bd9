package host

import (
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
)

func (a *hostCommands) resolveCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "resolve HOST [PORT]",
		Short: a.t("Look up a name: every address, family and type", "解析主机名：列出全部地址、地址族与类型"),
		Long: a.t(`Look up a name as getaddrinfo does: every address, its family and socket type,
and the port, which may be a number or a service's name.`,
			`像 getaddrinfo 一样解析主机名：列出每个地址、地址族、套接字类型和端口。
端口可以是数字，也可以是服务名。`),
		Example: `  sockeye resolve localhost 10000
  sockeye resolve localhost http
  sockeye resolve --json ::1`,
		RunE: func(_ *cobra.Command, args []string) error { return a.resolve(args, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print one JSON object per line", "每个结果输出一行 JSON"))
	return cmd
}

// answerLine is the --json form of one answer.
type answerLine struct {
	V       int             `json:"v"`
	Address string          `json:"address"`
	Port    uint16          `json:"port"`
	Family  int             `json:"family"` // 4 or 6
	Type    string          `json:"type"`   // "stream" or "dgram"
	Network sockeye.Network `json:"network"`
}

func (a *hostCommands) resolve(words []string, asJSON bool) error {
	host, port, err := hostAndPort(words, a.defaultPort())
	if err != nil {
		return err
	}
	found, err := core.Resolve(a.Ctx, host, port)
	if err != nil {
		return err
	}
	rows := [][]string{{a.t("address", "地址"), a.t("port", "端口"), a.t("family", "地址族"), a.t("type", "类型")}}
	for _, r := range found {
		line := answerLine{V: 1, Address: r.Address.Addr().String(), Port: r.Address.Port(), Family: 6, Type: "stream", Network: r.Network}
		if r.Address.Addr().Is4() {
			line.Family = 4
		}
		if r.Network.Traits().Datagram {
			line.Type = "dgram"
		}
		if asJSON {
			if err := a.PrintJSON(line); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{line.Address, fmt.Sprint(line.Port), fmt.Sprintf("IPv%d", line.Family), fmt.Sprintf("%s (%s)", line.Type, line.Network)})
	}
	if asJSON {
		return nil
	}
	_, err = io.WriteString(a.Out, terminal.Table(rows))
	return err
}

// hostAndPort reads HOST [PORT], and HOST:PORT, which people write as well. The
// port stays a word: it may be a service's name.
func hostAndPort(words []string, def uint16) (host, port string, err error) {
	switch len(words) {
	case 0:
		return "", "", terminal.Usage("HOST", sockeye.Text{En: "which name is missing", Zh: "缺少主机名"},
			sockeye.Text{En: "write sockeye resolve localhost", Zh: "例如 sockeye resolve localhost"})
	case 1:
		if h, p, err := net.SplitHostPort(words[0]); err == nil {
			return h, p, nil
		}
		return strings.Trim(words[0], "[]"), fmt.Sprint(def), nil
	case 2:
		return strings.Trim(words[0], "[]"), words[1], nil
	}
	return "", "", terminal.Usage("", terminal.TooMany(words[2]), sockeye.Text{En: "write HOST or HOST PORT", Zh: "请写 主机 或 主机 端口"})
}
