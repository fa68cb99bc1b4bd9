package cli

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/offline"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

// runFlags are the flags of run.
type runFlags struct {
	terminal.DisplayFlags
	terminal.RecordFlags
	yes, plan, env bool
	risky          bool // with yes: connect also where the plan says to be careful
	at             []string
	seed           uint64
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: a.t("Open what a workspace file says, play its rules and send its lists", "按工作区文件打开端点、自动应答并发送列表"),
		Long: a.t(`Open the endpoints of a workspace file, answer by its rules and send its lists: a
device simulator in one file. First it shows what the file will do, and asks; --yes
does not ask. FILE may be - for standard input.`,
			`打开工作区文件中的端点，按其规则自动应答，并发送其列表：一个文件就是一台设备模拟器。
执行前先显示文件将要做什么并请你确认；加 --yes 不再询问。FILE 可写 -，表示标准输入。`),
		Example: `  sockeye run meter.toml
  sockeye run meter.toml --yes --at meter=127.0.0.1:0 --json
  sockeye run meter.toml --plan`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
				return err
			}
			return a.run(&f, args)
		},
	}
	fs := cmd.Flags()
	fs.BoolVarP(&f.yes, "yes", "y", false, a.t("do it without asking", "不再询问，直接执行"))
	fs.BoolVar(&f.risky, "risky", false, a.t("with --yes: connect also where the plan says careful", "配合 --yes：计划中标有“注意”的地址也连接"))
	fs.BoolVar(&f.plan, "plan", false, a.t("show what the file would do, and do nothing", "只显示文件将要做什么，不执行"))
	fs.Var(terminal.WordsOf(&f.at), "at", a.t("open an endpoint at another address: NAME=ADDRESS", "改用其他地址打开端点：NAME=ADDRESS"))
	fs.BoolVar(&f.env, "env", false, a.t("let payloads read environment variables ({{env.NAME}})", "允许数据读取环境变量（{{env.NAME}}）"))
	fs.Uint64Var(&f.seed, "seed", 0, a.t("repeat chances and random delays of another run (default: new ones)", "重现另一次运行的概率与随机延时（默认每次不同）"))
	f.DisplayFlags.Register(a.Terminal, fs)
	f.RecordFlags.Register(a.Terminal, fs)
	return cmd
}

func (a *app) run(f *runFlags, args []string) error {
	file, openings, err := offline.ReadWorkspace(a.Terminal, args)
	if err != nil {
		return err
	}
	if len(openings) == 0 {
		return terminal.Usage(a.PathWords(args[0]), sockeye.Text{En: "the file opens nothing", Zh: "文件中没有要打开的端点"}, sockeye.Text{En: "it needs an [[endpoint]]", Zh: "需要一个 [[endpoint]]"})
	}
	if err := overridePorts(openings, f.at); err != nil {
		return err
	}
	show, err := f.RecordFlags.Form(a.Terminal, &f.DisplayFlags)
	if err != nil {
		return err
	}
	if f.plan {
		_, err := fmt.Fprint(a.Out, a.planText(args[0], file, openings))
		return err
	}
	if err := a.consent(f, args[0], file, openings); err != nil {
		return err
	}
	if show == terminal.Raw && !f.Raw { // the bytes of several peers, mixed, are of no use
		show = terminal.Lines
	}
	l, err := a.Start(show, &f.DisplayFlags, true, &f.RecordFlags, openings[0].Endpoint)
	if err != nil {
		return err
	}
	o := f.playOptions(a)
	l.Bench.SetLookup(func(name string) (string, bool) { // for what is typed at the console
		if v, ok := file.Lookup(name); ok || o.Lookup == nil {
			return v, ok
		}
		return o.Lookup(name)
	})
	sessions, err := l.Bench.OpenWorkspace(a.Ctx, file, openings, o)
	if err != nil {
		return l.Finish(err)
	}
	err = l.UntilAllStopped(sessions)
	a.printHits(openings, sessions, f.Quiet || f.Json)
	a.printRuns(openings, sessions, f.Quiet || f.Json)
	return l.Finish(err)
}

// consent asks a person whether to open what the plan says, or with --yes refuses what
// needs a look first.
func (a *app) consent(f *runFlags, path string, file *workspace.File, openings []workspace.Opening) error {
	switch {
	case !f.yes:
		return a.askToRun(path, file, openings)
	case !f.risky:
		return refuseRisks(openings)
	}
	return nil
}

// playOptions are the seed, a new one unless it was given, and what payloads may look up.
func (f *runFlags) playOptions(a *app) core.PlayOptions {
	o := core.PlayOptions{Seed: f.seed}
	if o.Seed == 0 {
		o.Seed = uint64(time.Now().UnixNano())
	}
	if f.env {
		o.Lookup = a.Environment
	}
	return o
}

// refuseRisks refuses, unasked, what a person would have been warned of.
func refuseRisks(openings []workspace.Opening) error {
	var wrong []error
	for i := range openings {
		o := &openings[i]
		if text, ok := o.Risk(); ok {
			wrong = append(wrong, terminal.Usage("endpoint "+terminal.Safe(o.Name)+": "+terminal.Safe(o.Endpoint.Address.String()), text,
				sockeye.Text{En: "--risky connects there without a question, too; without --yes you are asked", Zh: "加 --risky 也直接连接；不加 --yes 则会先询问"}))
		}
	}
	return terminal.Together(wrong...)
}

// overridePorts opens endpoints at other addresses than the file says.
func overridePorts(openings []workspace.Opening, at []string) error {
	var names []string
	for n := range openings {
		names = append(names, openings[n].Name)
	}
	for _, move := range at {
		name, address, ok := strings.Cut(move, "=")
		if !ok {
			return terminal.Usage("--at", sockeye.Text{En: fmt.Sprintf("%q is not NAME=ADDRESS", move), Zh: fmt.Sprintf("%q 不是 NAME=ADDRESS 的形式", move)},
				sockeye.Text{En: "the endpoints are " + strings.Join(names, ", "), Zh: "端点有：" + strings.Join(names, "、")})
		}
		to, err := sockeye.ParseAddress(address)
		if err != nil {
			e := *sockeye.ErrorOf(err)
			e.Op, e.Target = "", "--at"
			return &e
		}
		found := false
		for n := range openings {
			if o := &openings[n]; o.Name == name {
				found = true
				if !strings.Contains(address, "://") {
					to.Network = o.Endpoint.Address.Network
				}
				o.Endpoint.Address = to
				if err := o.Endpoint.Validate(); err != nil {
					return err
				}
			}
		}
		if !found {
			return terminal.Usage("--at", sockeye.Text{En: fmt.Sprintf("there is no endpoint %q", name), Zh: fmt.Sprintf("没有端点 %q", name)},
				sockeye.Text{En: "the endpoints are " + strings.Join(names, ", "), Zh: "端点有：" + strings.Join(names, "、")})
		}
	}
	return nil
}

// planText says what a file will do, endpoint by endpoint.
func (a *app) planText(path string, f *workspace.File, openings []workspace.Opening) string {
	return fmt.Sprintf(a.t("%s will:\n", "%s 将会：\n"), terminal.Safe(a.PathWords(path))) + f.PlanText(openings, a.Lang)
}

// askToRun shows the plan and asks. Without a person at a terminal, it refuses.
func (a *app) askToRun(path string, f *workspace.File, openings []workspace.Opening) error {
	if !terminal.IsTerminal(a.In) || !terminal.IsTerminal(a.Err) {
		return terminal.Usage(a.PathWords(path), sockeye.Text{En: "nobody is there to be asked whether to run it", Zh: "没有终端可供确认是否执行"},
			sockeye.Text{En: "--plan shows what the file will do, --yes does it", Zh: "用 --plan 查看文件将要做什么，用 --yes 执行"})
	}
	fmt.Fprint(a.Err, a.planText(path, f, openings), a.t("Run it? [y/N] ", "执行吗？[y/N] "))
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(oneByte{a.In}).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case s := <-answer:
		if s == "y" || s == "yes" || s == "是" {
			return nil
		}
		return terminal.Exit{Code: terminal.ExitOther}
	case <-a.Ctx.Done():
		return a.Interrupted()
	}
}

// oneByte reads no further than it must: what is typed next is not for the question.
type oneByte struct {
	in interface{ Read([]byte) (int, error) }
}

func (o oneByte) Read(p []byte) (int, error) { return o.in.Read(p[:min(1, len(p))]) }

// printHits says at the end what the rules did.
func (a *app) printHits(openings []workspace.Opening, sessions []*core.Session, silent bool) {
	for n, s := range sessions {
		status, ok := s.Rules().Status()
		if silent || !ok {
			continue
		}
		fmt.Fprintf(a.Err, a.t("rules of %s:\n", "%s 的规则：\n"), terminal.Safe(openings[n].Name))
		for _, r := range status.Rules {
			fmt.Fprintf(a.Err, a.t("  %6d answered %6d skipped  %s\n", "  应答 %6d 次 跳过 %6d 次  %s\n"), r.Hits.Hits, r.Skipped, terminal.Safe(r.Name))
		}
	}
}

// printRuns says at the end how far the lists came.
func (a *app) printRuns(openings []workspace.Opening, sessions []*core.Session, silent bool) {
	for n, s := range sessions {
		if silent || openings[n].List == nil {
			continue
		}
		for _, r := range s.Sender().Runs() {
			fmt.Fprintf(a.Err, "%s: %s\n", terminal.Safe(openings[n].Name), a.RunLine(r))
		}
	}
}
