package cli

import (
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/terminal"
)

func (a *app) sessionLinesCommand() *cobra.Command {
	var dtr, rts string
	var hold time.Duration
	cmd := &cobra.Command{
		Use:   "lines SESSION",
		Short: a.t("Show or set the modem lines of a serial port", "显示或设置串口的信号线"),
		Long: a.t(`Show which modem lines of a session's serial port are on, after setting DTR and RTS or
sending a break, if that is wanted. Every change is an event of the record.`,
			`显示会话的串口哪些信号线有效；也可先设置 DTR、RTS 或发送 break。每次变化都记录为事件。`),
		Example: `  sockeye session lines s1
  sockeye session lines s1 --dtr off --rts on
  sockeye session lines s1 --break 250ms`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args, 1); err != nil {
				return err
			}
			set := sockeye.LineSetting{Break: hold}
			for _, line := range []struct {
				flag, word string
				to         *sockeye.OptionalBool
			}{{"--dtr", dtr, &set.DTR}, {"--rts", rts, &set.RTS}} {
				switch line.word {
				case "":
				case "on":
					*line.to = sockeye.On
				case "off":
					*line.to = sockeye.Off
				default:
					return terminal.Usage(line.flag, sockeye.Text{En: line.word + " is not on or off", Zh: line.word + " 不是 on 或 off"}, sockeye.Text{En: "write " + line.flag + " on", Zh: "请写 " + line.flag + " on"})
				}
			}
			return a.sessionLines(args[0], set)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&dtr, "dtr", "", a.t("set DTR: on or off", "设置 DTR：on 或 off"))
	fs.StringVar(&rts, "rts", "", a.t("set RTS: on or off", "设置 RTS：on 或 off"))
	fs.Var(terminal.DurationOf(&hold), "break", a.t("hold the line in the break state this long", "发送 break 的时长"))
	return cmd
}

func (a *app) sessionLines(session string, set sockeye.LineSetting) error {
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	if err := a.expectSerial(c, session); err != nil {
		return err
	}
	p, err := c.AwaitPeer(a.Ctx, session)
	if err != nil {
		return err
	}
	if set != (sockeye.LineSetting{}) {
		if err := c.SetLines(a.Ctx, session, p.ID, set); err != nil {
			return err
		}
		if p, err = c.AwaitPeer(a.Ctx, session); err != nil {
			return err
		}
	}
	lines := a.t("no modem lines", "没有信号线")
	if p.Lines != nil {
		lines = p.Lines.String()
	}
	return a.PrintTable([][]string{{a.t("port", "串口"), a.t("settings", "设置"), a.t("lines that are on", "有效的信号线")},
		{terminal.Safe(p.Remote.String()), p.Local.String(), lines}}, "")
}

// expectSerial says that a session is of no serial port, before anybody waits for one.
func (a *app) expectSerial(c client.Client, session string) error {
	sessions, err := c.Sessions(a.Ctx)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if network := s.Endpoint.Address.Network; s.ID == session && !network.Traits().Line {
			return &sockeye.Error{Kind: sockeye.Unsupported, Op: "read", Target: session,
				Message: sockeye.Text{En: "only serial ports have DTR, RTS and break; this is " + s.Endpoint.Address.String(), Zh: "只有串口才有 DTR、RTS 和 break；该会话是 " + s.Endpoint.Address.String()},
				Hint:    sockeye.Text{En: "sockeye session ls shows which is serial://", Zh: "sockeye session ls 可查看哪个是 serial://"}}
		}
	}
	return nil // AwaitPeer says if there is none
}
