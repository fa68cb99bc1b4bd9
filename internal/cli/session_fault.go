package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
)

// sessionFaultFlags are the flags of session fault.
type sessionFaultFlags struct {
	frame, lifetime     string
	add, remove, asJSON bool
}

func (a *app) sessionFaultCommand() *cobra.Command {
	var f sessionFaultFlags
	cmd := &cobra.Command{
		Use:   "fault SESSION [FAULT...]",
		Short: a.t("Show or set what goes wrong in a relay", "查看或设置转发中的故障"),
		Long: a.t(`Show the faults between the two sides of a relay, with how much they hit, or set others
from now on: each FAULT is one word of the shell, "latency 100ms jitter 20ms". They take
the place of those that were set, unless --add is given; what waited for these goes on.
They end by themselves after 15 minutes, so that none is left on by mistake, or as --for
says. docs/relay.md has the language.`,
			`查看转发两侧之间的故障及其命中次数，或从现在起设置新的故障：每个 FAULT 是命令行的一个参数，
如 "latency 100ms jitter 20ms"。除非使用 --add，否则取代已有的故障；等待中的数据随即转发。
故障在 15 分钟后自动结束，以免误留；--for 可另行指定。写法见 docs/relay.zh-CN.md。`),
		Example: `  sockeye session fault s1
  sockeye session fault s1 'latency 100ms jitter 20ms to upstream' 'drop 5%'
  sockeye session fault s1 --frame line 'hold timeout 1m when prefix:SET'
  sockeye session fault s1 --for ever 'rate 10kb'
  sockeye session fault s1 --remove`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeFaults(cmd, args, typed)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.sessionFault(cmd, &f, args) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.frame, "frame", "", a.t("hit whole frames: line, delim:0d0a, length:offset=2,size=2", "以整帧为单位：line、delim:0d0a、length:offset=2,size=2"))
	fs.StringVar(&f.lifetime, "for", "", a.t("how long they last: a time, or ever (default 15m; with --add as those that are set)", "持续多久：时间或 ever（默认 15m；与 --add 一起时同已有的故障）"))
	fs.BoolVar(&f.add, "add", false, a.t("keep those that are set", "保留已有的故障"))
	fs.BoolVar(&f.remove, "remove", false, a.t("take all faults away", "移除全部故障"))
	fs.BoolVar(&f.asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

func (a *app) sessionFault(cmd *cobra.Command, f *sessionFaultFlags, args []string) error {
	if err := expectSessions(cmd, args[:min(1, len(args))], 1); err != nil {
		return err
	}
	path := "/sessions/" + args[0] + "/faults"
	given := args[1:]
	if f.remove && (len(given) > 0 || f.add || f.lifetime != "") {
		return terminal.Usage("--remove", sockeye.Text{En: "not together with faults", Zh: "不能与故障同时使用"}, terminal.HelpHint(cmd))
	}
	if len(given) == 0 && (f.add || f.frame != "" || f.lifetime != "") {
		return terminal.Usage("FAULT", sockeye.Text{En: "which fault is missing", Zh: "缺少故障"}, terminal.HelpHint(cmd))
	}
	var out api.Faults
	var err error
	switch {
	case f.remove:
		err = a.askWorkbench("DELETE", path, api.None{}, &out)
	case len(given) == 0:
		err = a.askWorkbench("GET", path, nil, &out)
	default:
		err = a.setFaults(path, f, given, &out)
	}
	if err != nil {
		return err
	}
	if f.asJSON {
		return a.PrintJSON(out)
	}
	return a.showFaults(out)
}

// setFaults reads the faults here, so that what is wrong is told as of the command line.
func (a *app) setFaults(path string, f *sessionFaultFlags, given []string, out *api.Faults) error {
	_, wrong := core.ParseFaults(f.frame, given)
	var badLifetime error
	if f.lifetime != "" {
		_, badLifetime = core.ParseFaultLifetime(f.lifetime)
	}
	if err := terminal.Together(faultsAsFlags(wrong), faultsAsFlags(badLifetime)); err != nil {
		return err
	}
	in := api.SetFaults{Frame: f.frame, Faults: given, For: f.lifetime}
	if f.add {
		var now api.Faults
		if err := a.askWorkbench("GET", path, nil, &now); err != nil {
			return err
		}
		in.Faults = nil
		for _, f := range now.Faults {
			in.Faults = append(in.Faults, f.Fault)
		}
		in.Faults = append(in.Faults, given...)
		if f.frame == "" {
			in.Frame = now.Frame
		}
		if f.lifetime == "" && len(now.Faults) > 0 && now.Until == "" {
			in.For = core.FaultsForever
		}
	}
	return a.askWorkbench("PUT", path, in, out)
}

// showFaults lists faults with how much they hit.
func (a *app) showFaults(f api.Faults) error {
	rows := [][]string{{"#", a.t("fault", "故障"), a.t("hit", "命中")}}
	for n, one := range f.Faults {
		rows = append(rows, []string{fmt.Sprint(n + 1), terminal.Safe(one.Fault), fmt.Sprint(one.Hits)})
	}
	if err := a.PrintTable(rows, a.t("no faults are set", "没有故障")); err != nil || len(f.Faults) == 0 {
		return err
	}
	if f.Frame != "" {
		fmt.Fprintf(a.Out, a.t("they hit whole frames: %s\n", "以整帧为单位：%s\n"), terminal.Safe(f.Frame))
	}
	until, err := time.Parse(time.RFC3339Nano, f.Until)
	if err != nil { // absent
		_, err = fmt.Fprintln(a.Out, a.t("they stay until they are taken away", "一直有效，直到移除"))
		return err
	}
	_, err = fmt.Fprintf(a.Out, a.t("they end by themselves at %s\n", "将于 %s 自动结束\n"), clock(until))
	return err
}
