package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/offline"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

func (a *app) sessionRulesCommand() *cobra.Command {
	var endpoint string
	var off, remove, asJSON bool
	cmd := &cobra.Command{
		Use:   "rules SESSION [FILE]",
		Short: a.t("Show or set the rules that answer a session", "查看或设置会话的自动应答规则"),
		Long: a.t(`Show the rules that answer a session, with their counters, or let the rules of a
workspace file answer it from now on. States, counters and frames begin anew then.
FILE may be - for standard input.`,
			`查看会话的自动应答规则及其计数，或改由工作区文件中的规则应答；
此时状态、计数与分帧都重新开始。FILE 可写 -，表示标准输入。`),
		Example: `  sockeye session rules s1
  sockeye session rules s1 meter.toml
  sockeye session rules s1 --remove`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args, 2); err != nil {
				return err
			}
			path := "/sessions/" + args[0] + "/rules"
			switch {
			case remove && len(args) == 2:
				return terminal.Usage("--remove", sockeye.Text{En: "not together with a file", Zh: "不能与文件同时使用"}, terminal.HelpHint(cmd))
			case remove:
				return a.askWorkbench("DELETE", path, api.None{}, nil)
			}
			out, err := a.rulesAt(path, args[1:], endpoint, off)
			if err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(out)
			}
			return a.showRules(out)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&endpoint, "endpoint", "", a.t("whose rules of the file (default: the first endpoint that has any)", "使用文件中哪个端点的规则（默认为第一个有规则的端点）"))
	fs.BoolVar(&off, "off", false, a.t("set them, but answer nobody yet", "只设置，暂不应答"))
	fs.BoolVar(&remove, "remove", false, a.t("take the rules away", "移除规则"))
	fs.BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

// rulesAt are the rules of a session, which are those of an endpoint of the file from now on if
// there is one.
func (a *app) rulesAt(path string, file []string, endpoint string, off bool) (out api.Rules, err error) {
	if len(file) == 0 {
		err = a.askWorkbench("GET", path, nil, &out)
		return out, err
	}
	in, err := a.rulesOfFile(file[0], endpoint)
	if err != nil {
		return out, err
	}
	in.Off = off
	err = a.askWorkbench("PUT", path, in, &out)
	return out, err
}

// rulesOfFile are the rules of an endpoint of a workspace file, with what they name:
// the workbench does not have the file.
func (a *app) rulesOfFile(path, endpoint string) (api.SetRules, error) {
	file, openings, err := offline.ReadWorkspace(a.Terminal, []string{path})
	if err != nil {
		return api.SetRules{}, err
	}
	o, err := offline.ChooseRules(openings, endpoint)
	if err != nil {
		return api.SetRules{}, err
	}
	for _, e := range file.Endpoints {
		if set, ok := file.RuleSet(e); ok && e.Name == o.Name {
			return api.SetRules{RuleSet: set.Alone(file)}, nil
		}
	}
	return api.SetRules{}, nil
}

// showRules lists rules with their counters, and the states of peers.
func (a *app) showRules(r api.Rules) error {
	rows := [][]string{{"#", a.t("name", "名称"), a.t("when", "条件"), a.t("answered", "应答"), a.t("skipped", "跳过"), a.t("nearly", "接近")}}
	for n, one := range r.Rules {
		count := []string{"-", "-", "-"}
		if n < len(r.Counts) {
			count = []string{fmt.Sprint(r.Counts[n].Answered), fmt.Sprint(r.Counts[n].Skipped), fmt.Sprint(r.Counts[n].Near)}
		}
		rows = append(rows, append([]string{fmt.Sprint(n + 1), terminal.Safe(one.Name), terminal.Safe(a.ruleTrigger(one))}, count...))
	}
	if err := a.PrintTable(rows, a.t("no rules answer this session", "该会话没有自动应答规则")); err != nil {
		return err
	}
	var err error
	if r.Off {
		_, err = fmt.Fprintln(a.Out, a.t("the rules are off", "规则已停用"))
	}
	for n, c := range r.Counts {
		if c.NearMiss != "" {
			_, err = fmt.Fprintf(a.Out, a.t("rule %d: %s\n", "规则 %d：%s\n"), n+1, terminal.Safe(c.NearMiss))
		}
	}
	for _, p := range r.States {
		_, err = fmt.Fprintf(a.Out, a.t("#%d is in the state %q\n", "#%d 处于状态 %q\n"), p.Peer, p.State)
	}
	if r.More > 0 {
		_, err = fmt.Fprintf(a.Out, a.t("… and %d more peers\n", "……另有 %d 个连接对象\n"), r.More)
	}
	return err
}

// ruleTrigger says when a rule answers.
func (a *app) ruleTrigger(r workspace.Rule) string {
	when := r.Match
	switch {
	case r.Join:
		when = a.t("a peer joins", "连接对象加入")
	case !r.Every.IsZero():
		when = a.t("every ", "每隔 ") + r.Every.String()
	case !r.After.IsZero():
		when = a.t("after ", "经过 ") + r.After.String()
	}
	if len(r.In) > 0 {
		when += " @ " + strings.Join(r.In, ", ")
	}
	return when
}
