package offline

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/pcapng"
	"sockeye/internal/recording"
	"sockeye/internal/responder"
	"sockeye/internal/rule"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

func (a *commands) ruleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rule COMMAND FILE",
		Short: a.t("Work on rules that answer by themselves", "调试自动应答规则"),
		Long: a.t(`Work on the rules of a workspace file, which answer by themselves.`,
			`调试工作区文件中的自动应答规则。`),
		Example: `  sockeye rule try meter.toml '*IDN?'`,
		Args:    terminal.OnlyKnownCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.ruleTryCommand())
	return cmd
}

// tryFlags are the flags of rule try.
type tryFlags struct {
	hex                 bool
	endpoint, recording string
	seed                uint64
}

func (a *commands) ruleTryCommand() *cobra.Command {
	var f tryFlags
	cmd := &cobra.Command{
		Use:   "try FILE [MESSAGE…]",
		Short: a.t("Show what rules would answer, without sending anything", "显示规则会如何应答，不发送任何数据"),
		Long: a.t(`Show what the rules of a workspace file would answer to each MESSAGE (with escapes),
one second after the other, or to what was received in a recording. Nothing is
opened, and nothing is sent. FILE, or the recording, may be - for standard input.`,
			`显示工作区文件中的规则对每条 MESSAGE（支持转义，依次间隔一秒）或对记录中收到的数据
会如何应答。不打开任何端点，也不发送任何数据。FILE 或记录可写 -，表示标准输入。`),
		Example: `  sockeye rule try meter.toml '*IDN?' 'MEAS:VOLT?'
  sockeye rule try slave.toml --hex '01 03 00 00 00 02 {{crc16modbus}}'
  sockeye rule try meter.toml --recording board-log`,
		RunE: func(_ *cobra.Command, args []string) error { return a.ruleTry(&f, args) },
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.hex, "hex", false, a.t("each MESSAGE is bytes written in hex", "每条 MESSAGE 是十六进制数据"))
	fs.StringVar(&f.endpoint, "endpoint", "", a.t("whose rules (default: the first endpoint that has any)", "使用哪个端点的规则（默认为第一个有规则的端点）"))
	fs.StringVar(&f.recording, "recording", "", a.t("try what was received in this recording", "用这个记录中收到的数据来试"))
	fs.Uint64Var(&f.seed, "seed", 0, a.t("another course of chances and random delays", "换一组概率与随机延时"))
	return cmd
}

func (a *commands) ruleTry(f *tryFlags, args []string) error {
	file, openings, err := ReadWorkspace(a.Terminal, args)
	if err != nil {
		return err
	}
	o, err := ChooseRules(openings, f.endpoint)
	if err != nil {
		return err
	}
	if f.recording == "" && len(args) < 2 {
		return terminal.Usage("MESSAGE", sockeye.Text{En: "what to try is missing", Zh: "缺少要试的消息"}, sockeye.Text{En: "write a message, or name a --recording", Zh: "请写一条消息，或用 --recording 指定记录"})
	}
	if f.recording != "" && len(args) > 1 {
		return terminal.Usage("--recording", sockeye.Text{En: "messages and a recording cannot be tried together", Zh: "不能同时试消息和记录"}, sockeye.Text{En: "leave one out", Zh: "请去掉其中之一"})
	}
	var messages [][]byte
	typed := args[1:]
	if f.hex {
		typed = payload.HexWords(typed, 1)
	}
	for _, typed := range typed {
		t, err := payload.Parse(typed, payload.ParseOptions{Hex: f.hex})
		if err != nil {
			return err
		}
		b, err := t.Append(nil, &payload.Vars{Seq: 1, Time: time.Now()})
		if err != nil {
			return err
		}
		messages = append(messages, b)
	}
	t := &dryRunPrinter{app: a, names: o.Compiled.Names(), DryRun: responder.NewDryRun(responder.RulesOf(workspace.RuleSet{}, o, f.seed, file.Lookup))}
	if f.recording != "" {
		err = t.record(f.recording)
	} else {
		t.say(messages, o)
	}
	if err != nil {
		return err
	}
	for _, r := range t.Counts() {
		fmt.Fprintf(&t.out, a.t("%6d answered %6d skipped  %s\n", "应答 %6d 次 跳过 %6d 次  %s\n"), r.Hits.Hits, r.Skipped, payload.SafeString(r.Name))
	}
	_, err = io.WriteString(a.Out, t.out.String())
	return err
}

// dryRunPrinter tells what rules plan.
type dryRunPrinter struct {
	*responder.DryRun
	app   *commands
	names []string // of the rules
	out   strings.Builder
}

// say tries messages of one peer that has just joined.
func (t *dryRunPrinter) say(messages [][]byte, o workspace.Opening) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	peer := &sockeye.Peer{ID: 1, Network: o.Endpoint.Address.Network.Transport(), Remote: sockeye.ParseSocketAddr("127.0.0.1:50000")}
	tell := func(tried *responder.DryRunStep) { t.show(tried, "") }
	t.Join(peer, now, tell)
	for _, m := range messages {
		t.Pass(now.Add(time.Second), maxTicks, tell)
		now = now.Add(time.Second)
		t.Message(peer, m, now, tell)
	}
}

// maxTicks bounds what the timers of one second may do.
const maxTicks = 2000

// show tells of one occasion; head stands before it.
func (t *dryRunPrinter) show(tried *responder.DryRunStep, head string) {
	text := head + payload.FormatText(tried.Body)
	switch {
	case tried.On == responder.OnJoin:
		t.showNotice(head+t.app.t("(a peer joins)", "（连接对象加入）"), tried.Plan, tried.Time)
	case tried.On == responder.OnTime:
		t.showNotice(head+t.app.t("(time passes)", "（时间流逝）"), tried.Plan, tried.Time)
	case tried.Asked():
		t.showNotice(text, tried.Plan, tried.Time)
	case tried.Check == framing.Wrong:
		fmt.Fprintf(&t.out, "%s\n    %s\n", text, t.app.t("the checksum is wrong: no rule is asked", "校验错误：不经过规则"))
	default:
		fmt.Fprintf(&t.out, "%s\n    %s\n", text, t.app.t("no frame: no rule is asked", "不是帧：不经过规则"))
	}
}

func (t *dryRunPrinter) showNotice(text string, plan rule.ReplyPlan, now time.Time) {
	fmt.Fprintf(&t.out, "%s\n", text)
	for _, s := range plan.Steps {
		fmt.Fprintf(&t.out, "    %s", payload.SafeString(t.names[s.Rule]))
		if d := s.At.Sub(now); d > 0 {
			fmt.Fprintf(&t.out, t.app.t(", after %s", "，%s 后"), rounded(d))
		}
		switch {
		case s.End != "":
			fmt.Fprintf(&t.out, ": %s\n", s.End)
		case s.To != rule.Sender:
			fmt.Fprintf(&t.out, t.app.t(" to %s: %s\n", " 发给 %s：%s\n"), s.To, payload.FormatText(s.Data))
		default:
			fmt.Fprintf(&t.out, ": %s\n", payload.FormatText(s.Data))
		}
	}
	for _, e := range plan.Trouble {
		fmt.Fprintf(&t.out, "    ! %s\n", payload.SafeString(e.In(t.app.Lang)))
	}
	if len(plan.Steps)+len(plan.Trouble) == 0 {
		fmt.Fprintf(&t.out, "    %s\n", t.app.t("no answer", "没有应答"))
	}
	for _, m := range plan.Near {
		fmt.Fprintf(&t.out, "    %s: %s\n", payload.SafeString(t.names[m.Rule]), m.Text().In(t.app.Lang))
	}
}

// rounded is a time with the four digits that say something.
func rounded(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 10_000 {
		unit *= 10
	}
	return d.Round(unit)
}

// record tries what was received in a recording, each peer in its own state.
func (t *dryRunPrinter) record(path string) error {
	path, err := t.app.File("--recording", path)
	if err != nil {
		return err
	}
	r, err := recording.Open(path)
	if err != nil {
		return err
	}
	told := 0
	events, err := r.Read(recording.ReadOptions{Damaged: func(file string, d pcapng.Damage) { t.app.warnDamage(file, d, &told) }})
	if err != nil {
		return err
	}
	defer events.Close()
	tell := func(tried *responder.DryRunStep) {
		head := terminal.PeerName(tried.Peer) + "  "
		if tried.On == responder.OnFrame {
			head = tried.Time.Local().Format("2006-01-02 15:04:05.000") + "  " + head
		}
		t.show(tried, head)
	}
	err = events.Each(t.app.Ctx, nil, func(e *sockeye.Event) error {
		t.Event(e, tell)
		return nil
	})
	t.End(tell)
	return t.app.ended(err)
}
