package server

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

// enrolFlags are the flags of enrol.
type enrolFlags struct {
	life   time.Duration
	labels []string
	noQR   bool
}

func (p *hubProgram) enrolCommand() *cobra.Command {
	f := enrolFlags{life: time.Hour}
	cmd := &cobra.Command{
		Use: "enrol NAME", Short: p.T("Make a code with which one board is enrolled", "生成一个注册码，用于注册一块开发板"),
		Long: p.T(`Make a code for a board. It is good once, and for an hour unless --expires says
otherwise. NAME is BOARD, or SITE/BOARD. A board of that name that was enrolled before is
revoked when the code is used.`,
			`为一块开发板生成注册码：只能使用一次，默认一小时内有效（--expires 可修改）。NAME 写成 BOARD
或 SITE/BOARD。注册码使用后，同名的旧开发板即被吊销。`),
		Example: `  sockeye hub enrol desk-1
  sockeye hub enrol plant-a/press-7 --label kind=press --expires 24h`,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := oneBoard(cmd, args)
			if err != nil {
				return err
			}
			return p.enrol(b, &f)
		},
	}
	fs := cmd.Flags()
	fs.Var(terminal.DurationOf(&f.life), "expires", p.T("how long the code is good (default 1h)", "注册码的有效时间（默认 1h）"))
	fs.Var(terminal.WordsOf(&f.labels), "label", p.T("KEY=VALUE by which groups of boards are chosen; may be repeated", "KEY=VALUE，用于选择一组开发板；可重复"))
	fs.BoolVar(&f.noQR, "no-qr", false, p.T("print the code only", "只输出注册码"))
	return cmd
}

func (p *hubProgram) enrol(b hub.BoardID, f *enrolFlags) error {
	labels, err := parseLabels(f.labels)
	if err != nil {
		return err
	}
	if f.life < time.Second || f.life > 30*24*time.Hour {
		return terminal.Usage("--expires", sockeye.Text{En: "between a second and 30 days", Zh: "应在一秒与 30 天之间"}, sockeye.Text{})
	}
	return p.within(func(ctx context.Context, a *admin) error {
		code, err := a.registry.Give(ctx, b, labels, f.life)
		if err != nil {
			return err
		}
		code.URLs, code.Pin = a.at.Told, a.at.Pin
		if !f.noQR && terminal.IsTerminal(p.Out) {
			fmt.Fprint(p.Out, terminal.QRCode(code.String()))
		}
		fmt.Fprintf(p.Err, p.T("%s is enrolled with this code, once, until %s:\n", "用此注册码注册 %s，只能用一次，有效期至 %s：\n"), b, code.Expires().Format(time.RFC3339))
		_, err = fmt.Fprintln(p.Out, code)
		return err
	})
}

// parseLabels reads KEY=VALUE.
func parseLabels(words []string) (map[string]string, error) {
	labels := map[string]string{}
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		if !ok || key == "" {
			return nil, terminal.Usage("--label", sockeye.Text{En: fmt.Sprintf("%.60q is not KEY=VALUE", word), Zh: fmt.Sprintf("%.60q 不是 KEY=VALUE 的形式", word)}, sockeye.Text{})
		}
		labels[key] = value
	}
	return labels, nil
}

func (p *hubProgram) revokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke NAME", Short: p.T("Take a board's permissions away, at once", "立即吊销一块开发板的权限"),
		Long: p.T("Take a board's permissions away, at once: its connection is closed, and its key never let in again. Its events stay.",
			"立即吊销一块开发板：断开其连接，其密钥不再有效。已有事件保留。"),
		Example: `  sockeye hub revoke desk-1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := oneBoard(cmd, args)
			if err != nil {
				return err
			}
			return p.within(func(ctx context.Context, a *admin) error {
				if err := a.registry.Revoke(ctx, b); err != nil {
					return err
				}
				system, err := connectOnce(ctx, a.authority.System, a.at.Here, a.at.Pin, "sockeye-hub command")
				if err != nil {
					return err
				}
				defer system.Close()
				return pushRevoked(ctx, a.registry, a.authority, system)
			})
		},
	}
}

func (p *hubProgram) keepCommand() *cobra.Command {
	var f BoardLimit
	cmd := &cobra.Command{
		Use: "keep NAME", Short: p.T("Bound what is kept of one board", "限制一块开发板保留的数据"),
		Long: p.T(`Bound what is kept of one board, by size, by age, or both: what is beyond is deleted, the
oldest first, but never its newest message. A bound that is not given stays as it is; 0 takes it
away, and that of the hub (--keep-board, --keep-age) holds again. It holds at once.`,
			`按大小、时间或两者限制一块开发板保留的数据：超出部分从最旧的开始删除，但最新的一条消息始终保留。
未写的上限保持不变；写 0 则取消，改用集线服务的上限（--keep-board、--keep-age）。立即生效。`),
		Example: `  sockeye hub keep plant-a/press-7 --size 1GiB --age 168h
  sockeye hub keep plant-a/press-7 --size 0`,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := oneBoard(cmd, args)
			if err != nil {
				return err
			}
			size, age := cmd.Flags().Changed("size"), cmd.Flags().Changed("age")
			if !size && !age {
				return terminal.Usage(cmd.CommandPath(), sockeye.Text{En: "which bound?", Zh: "要设置哪个上限？"}, sockeye.Text{En: "add --size 1GiB, --age 24h, or both", Zh: "请加上 --size 1GiB、--age 24h 或两者"})
			}
			return p.within(func(ctx context.Context, a *admin) error {
				return a.registry.Keep(ctx, b, func(l *BoardLimit) {
					if size {
						l.Bytes = f.Bytes
					}
					if age {
						l.Age = f.Age
					}
				})
			})
		},
	}
	fs := cmd.Flags()
	fs.Var(terminal.ByteSizeOf(&f.Bytes), "size", p.T("delete its oldest events beyond this size", "其数据超过此值时删除最旧的事件"))
	fs.Var(terminal.DurationOf(&f.Age), "age", p.T("delete its events older than this", "删除其早于此时间的事件"))
	return cmd
}

// connectOnce is a command's connection, which is not made again once it is lost.
func connectOnce(ctx context.Context, credentials func(string) (hub.Credentials, error), urls, pin, name string) (*nats.Conn, error) {
	c, err := credentials(name)
	if err != nil {
		return nil, err
	}
	c.URLs, c.Pin = urls, pin
	return hub.Dial(ctx, c, nil)
}

func (p *hubProgram) listCommand() *cobra.Command {
	var asJSON bool
	var labels []string
	cmd := &cobra.Command{
		Use: "ls", Short: p.T("Show the boards", "列出开发板"),
		Long: p.T("Show the boards that are enrolled: alive or since when not, version, how far behind the hub is, and how far their clocks are off.",
			"列出已注册的开发板：是否在线、版本、落后多少、时钟偏差。"),
		Example: `  sockeye hub ls
  sockeye hub ls --label kind=press --json`,
		Args: terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			want, err := parseLabels(labels)
			if err != nil {
				return err
			}
			return p.within(func(ctx context.Context, a *admin) error {
				all, err := askBoards(ctx, a.service)
				if err != nil {
					return err
				}
				all = slices.DeleteFunc(all, func(b BoardState) bool { return !hasLabels(b.Labels, want) })
				if asJSON {
					return p.PrintJSON(all)
				}
				return p.PrintTable(p.boardRows(all), p.T("no board is enrolled; make a code: sockeye hub enrol NAME", "还没有注册的开发板；生成注册码：sockeye hub enrol NAME"))
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, p.T("print JSON", "输出 JSON"))
	cmd.Flags().Var(terminal.WordsOf(&labels), "label", p.T("only boards with KEY=VALUE; may be repeated", "只列出带 KEY=VALUE 的开发板；可重复"))
	return cmd
}

func hasLabels(have, want map[string]string) bool {
	for k, v := range want {
		if have[k] != v {
			return false
		}
	}
	return true
}

// askBoards asks the service that runs for all boards.
func askBoards(ctx context.Context, conn *nats.Conn) ([]BoardState, error) {
	inbox := conn.NewRespInbox()
	sub, err := conn.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer sub.Unsubscribe()
	if err := conn.PublishRequest(BoardsSubject, inbox, nil); err != nil {
		return nil, err
	}
	all := []BoardState{}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err == nil && m.Header.Get("Status") == "503" {
			err = nats.ErrNoResponders
		}
		if err != nil {
			return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "read", Target: BoardsSubject, Err: err,
				Message: sockeye.Text{En: "the servers are there, but no sockeye-hub answers", Zh: "服务器在线，但没有 sockeye-hub 应答"},
				Hint:    sockeye.Text{En: "start it: sockeye hub --nats URL", Zh: "请启动：sockeye hub --nats URL"}}
		}
		if len(m.Data) == 0 {
			return all, nil
		}
		var page []BoardState
		if err := json.Unmarshal(m.Data, &page); err != nil {
			return nil, err
		}
		all = append(all, page...)
	}
}

// boardRows is the table of boards.
func (p *hubProgram) boardRows(all []BoardState) [][]string {
	rows := [][]string{{p.T("BOARD", "开发板"), p.T("STATE", "状态"), p.T("SINCE", "自"), p.T("VERSION", "版本"), p.T("EVENTS", "事件"), p.T("BEHIND", "落后"), p.T("CLOCK", "时钟偏差"), p.T("LABELS", "标签")}}
	for _, b := range all {
		state, since := p.T("never seen", "从未出现"), b.Since
		version, events, behind, clock := "", "", "", ""
		if s := b.Status; s != nil {
			state, since = p.T("away", "离线"), b.Seen
			version, events = s.Version, fmt.Sprint(s.Acknowledged)
			if s.Lag > 0 {
				behind = fmt.Sprintf("%d (%s)", s.Lag, (time.Duration(s.LagMS) * time.Millisecond).Round(time.Second))
			}
			if ahead := time.Duration(b.ClockMS) * time.Millisecond; ahead.Abs() >= 100*time.Millisecond {
				clock = fmt.Sprintf("%+.1fs", ahead.Seconds())
			}
		}
		switch {
		case !b.Revoked.IsZero():
			state, since = p.T("revoked", "已吊销"), b.Revoked
		case b.IsSuspended(time.Now()):
			state = fmt.Sprintf(p.T("sent too much, not let in until %s", "发送过多，%s 前不允许连接"), b.Suspension.Until.Local().Format(time.TimeOnly))
			since = b.Suspension.Since
		case b.Alive:
			state, since = p.T("alive", "在线"), b.AliveSince
		}
		rows = append(rows, []string{b.String(), state, since.Local().Format(time.DateTime), payload.SafeString(version), events, behind, clock, payload.SafeString(labelText(b.Labels))})
	}
	return rows
}

func labelText(labels map[string]string) string {
	var words []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		words = append(words, k+"="+labels[k])
	}
	return strings.Join(words, " ")
}
