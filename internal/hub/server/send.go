package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/payload"
	"sockeye/internal/schedule"
	"sockeye/internal/terminal"
)

// boardSendFlags are the flags of send.
type boardSendFlags struct {
	all, json, hex bool
	labels         []string
	session        string
	peers          []uint
	wait           time.Duration
}

func (p *hubProgram) sendCommand() *cobra.Command {
	f := boardSendFlags{wait: 5 * time.Second}
	cmd := &cobra.Command{
		Use: "send [BOARD…] TEXT", Short: p.T("Have boards send, and show what became of it", "让开发板发送，并显示各自的结果"),
		Long: p.T(`Have boards send TEXT to who is connected to them. The boards are named, or chosen by
label, or all. A board does it only if it was started with --hub-send. Each answers with one of:
delivered, refused (with why), expired (it came after --wait), away (no answer).`,
			`让开发板把 TEXT 发送给连接到它的对象。可以写出开发板名称，按标签选择，或选择全部。开发板启动时
带有 --hub-send 才会执行。每块开发板的结果是：delivered（已送达）、refused（被拒绝，附原因）、
expired（超过 --wait）或 away（无应答）。`),
		Example: `  sockeye hub send desk-1 'led on\r\n'
  sockeye hub send --label kind=press --session s1 --hex '01 03 00 00 00 01'
  sockeye hub send --all ping`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return terminal.Usage(cmd.CommandPath(), sockeye.Text{En: "what to send is missing", Zh: "缺少要发送的内容"}, terminal.HelpHint(cmd))
			}
			return p.send(&f, args[:len(args)-1], args[len(args)-1])
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.all, "all", false, p.T("all boards", "全部开发板"))
	fs.Var(terminal.WordsOf(&f.labels), "label", p.T("boards with KEY=VALUE; may be repeated", "带 KEY=VALUE 的开发板；可重复"))
	fs.StringVar(&f.session, "session", "", p.T("send by this session only", "只通过此会话发送"))
	fs.UintSliceVar(&f.peers, "peer", nil, p.T("with --session: only to peers with these numbers", "配合 --session：只发给这些编号的连接对象"))
	fs.BoolVar(&f.hex, "hex", false, p.T("TEXT is written in hex", "TEXT 以十六进制书写"))
	fs.Var(terminal.DurationOf(&f.wait), "wait", p.T("how long to wait for boards, those that are away, too (default 5s)", "等待开发板（包括离线的）的时间（默认 5s）"))
	fs.BoolVar(&f.json, "json", false, p.T("print JSON", "输出 JSON"))
	return cmd
}

// sendOutcome is what became of a request to one board.
type sendOutcome struct {
	hub.BoardID
	hub.SendReply
}

// boards are those that names say, or the labels that they are to have: one way to choose
// them is given.
func (f *boardSendFlags) boards(names []string) (named []hub.BoardID, labels map[string]string, err error) {
	for _, name := range names {
		b, err := hub.ParseBoard(name)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(named, b) {
			named = append(named, b)
		}
	}
	ways := 0
	for _, way := range []bool{len(named) > 0, f.all, len(f.labels) > 0} {
		if way {
			ways++
		}
	}
	var badWay error
	if ways != 1 {
		badWay = terminal.Usage("send", sockeye.Text{En: "boards are named, or chosen by --label, or --all: one of the three", Zh: "开发板只能用名称、--label 或 --all 之一选择"}, sockeye.Text{})
	}
	labels, badLabels := parseLabels(f.labels)
	return named, labels, terminal.Together(badLabels, badWay)
}

func (p *hubProgram) send(f *boardSendFlags, names []string, text string) error {
	template, err := schedule.Row{Text: text, Hex: f.hex}.Template()
	if err != nil {
		return err
	}
	data, err := template.Append(nil, &payload.Vars{Seq: 1, Time: time.Now()})
	if err != nil {
		return err
	}
	named, labels, err := f.boards(names)
	if err != nil {
		return err
	}
	ask := hub.SendRequest{ID: rand.Text(), Session: f.session, Data: data}
	for _, n := range f.peers {
		ask.Peers = append(ask.Peers, uint64(n))
	}
	ctx, cancel := context.WithTimeout(p.Ctx, f.wait+commandTimeout)
	defer cancel()
	a, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	if named == nil {
		if named, err = a.choose(ctx, labels); err != nil {
			return err
		}
	}
	clocks := clocksOf(ctx, a.service)
	ask.Expires = time.Now().Add(f.wait)
	outcomes := sendTo(ctx, a.service, named, ask, clocks)
	if err := p.showOutcomes(outcomes, f.json); err != nil {
		return err
	}
	if slices.ContainsFunc(outcomes, func(o sendOutcome) bool { return o.Result != hub.Delivered }) {
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	return nil
}

// choose are the boards that are enrolled and have the labels.
func (a *admin) choose(ctx context.Context, labels map[string]string) (chosen []hub.BoardID, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := a.openRegistry(ctx); err != nil {
		return nil, err
	}
	all, err := a.registry.All(ctx)
	if err != nil {
		return nil, notReady(err)
	}
	for _, e := range all {
		if e.Revoked.IsZero() && hasLabels(e.Labels, labels) {
			chosen = append(chosen, e.BoardID)
		}
	}
	return chosen, nil
}

// clocksOf is by how much the clocks of boards that are alive are ahead of the hub's, so that
// a request expires at the same moment on each. Of a board that is away, and where no hub
// answers, nothing is known.
func clocksOf(ctx context.Context, conn *nats.Conn) map[hub.BoardID]time.Duration {
	const way = 2 * time.Second      // less may be the time that the board's status took to come
	const patience = 3 * time.Second // a server that is cut off from its cluster gives no list
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	clocks := map[hub.BoardID]time.Duration{}
	all, err := askBoards(ctx, conn)
	if err != nil {
		return clocks
	}
	for _, b := range all {
		if ahead := time.Duration(b.ClockMS) * time.Millisecond; b.Alive && ahead.Abs() > way {
			clocks[b.BoardID] = ahead
		}
	}
	return clocks
}

// sendTo asks all boards at once, and a board that is away again and again until the
// request expires.
func sendTo(ctx context.Context, conn *nats.Conn, boards []hub.BoardID, ask hub.SendRequest, clocks map[hub.BoardID]time.Duration) []sendOutcome {
	outcomes := make([]sendOutcome, len(boards))
	var all sync.WaitGroup
	turns := make(chan struct{}, 256)
	for n, b := range boards {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			own := ask
			own.Expires = ask.Expires.Add(clocks[b])
			text, _ := sockeye.MarshalJSON(own) // no field of it can fail, but a year beyond 9999
			outcomes[n] = sendOutcome{b, sendToOne(ctx, conn, b, text, ask.Expires)}
		})
	}
	all.Wait()
	return outcomes
}

// unreachable is the reply for a board that gave none.
var unreachable = hub.SendReply{Result: hub.Away, Error: &hub.ErrorText{
	Message: sockeye.Text{En: "unreachable: the board does not answer this server", Zh: "无法到达：开发板没有应答此服务器"},
	Hint:    sockeye.Text{En: "is it on? A server that is cut off from its cluster reaches only its own boards", Zh: "开发板是否在运行？与集群断开的服务器只能到达连接到它自己的开发板"}}}

func sendToOne(ctx context.Context, conn *nats.Conn, b hub.BoardID, text []byte, expires time.Time) hub.SendReply {
	const again, grace = 250 * time.Millisecond, time.Second // the answer has a way, too
	ctx, cancel := context.WithDeadline(ctx, expires.Add(grace))
	defer cancel()
	for {
		m, err := conn.RequestWithContext(ctx, b.SendSubject(), text)
		var reply hub.SendReply
		switch {
		case err == nil && json.Unmarshal(m.Data, &reply) == nil:
			return reply
		case !errors.Is(err, nats.ErrNoResponders) || time.Now().After(expires):
			return unreachable
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

func (p *hubProgram) showOutcomes(outcomes []sendOutcome, asJSON bool) error {
	if asJSON {
		return p.PrintJSON(outcomes)
	}
	rows := [][]string{{p.T("BOARD", "开发板"), p.T("RESULT", "结果"), p.T("PEERS", "对象"), ""}}
	for _, o := range outcomes {
		why := ""
		if o.Error != nil {
			why = o.Error.Message.In(p.Lang)
		}
		rows = append(rows, []string{o.String(), string(o.Result), fmt.Sprint(o.Peers), payload.SafeString(why)})
	}
	return p.PrintTable(rows, p.T("no board was chosen", "没有选中任何开发板"))
}
