package api

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/schedule"
	"sockeye/internal/workspace"
)

func (c *requestContext) runs(None) (Runs, error) {
	s, err := c.session()
	if err != nil {
		return Runs{}, err
	}
	out := Runs{Runs: []Run{}}
	for _, r := range s.Runs() {
		out.Runs = append(out.Runs, runOf(s, r, c.lang))
	}
	return out, nil
}

func runOf(s *core.Session, r *schedule.Run, l sockeye.Lang) Run {
	p, list := r.Progress(), r.List()
	if list == nil {
		list = &schedule.List{Name: r.File().Name, Times: 1}
	}
	out := Run{
		ID: r.ID(), Session: s.ID(), Name: list.Name, To: []uint64{}, All: len(r.To()) == 0, Rows: len(list.Rows), Times: list.Times, Paused: p.Paused,
		Total: p.Total, Steps: p.Steps, Row: p.Step.Row, Round: p.Step.Round, Repeat: p.Step.Repeat,
		Messages: p.Messages, Bytes: p.Bytes, Failed: p.Failed, Skipped: p.Skipped,
		MeanLate: float64(p.MeanLate.Microseconds()) / 1000, MostLate: float64(p.MostLate.Microseconds()) / 1000, Delayed: p.Delayed, Running: p.Running,
	}
	for _, word := range r.To() {
		if id, err := strconv.ParseUint(strings.TrimPrefix(word, "#"), 10, 64); err == nil {
			out.To = append(out.To, id)
		}
	}
	if len(list.Rows) == 1 {
		out.EveryMS = float64(list.Rows[0].Delay.Microseconds()) / 1000
	}
	if p.Err != nil {
		out.Error = p.Err.Line(l)
	}
	if r.File() != nil {
		out.File = &RunFile{Size: r.File().Size, Recipients: []RunRecipient{}}
		for _, to := range p.Recipients {
			one := RunRecipient{Peer: to.Peer, Sent: to.Sent, Acknowledged: to.Acknowledged, Running: to.Running}
			if to.Err != nil {
				one.Error = to.Err.Line(l)
			}
			out.File.Recipients = append(out.File.Recipients, one)
		}
	}
	return out
}

func (c *requestContext) startRun(in StartRun) (Run, error) {
	s, err := c.openSession()
	if err != nil {
		return Run{}, err
	}
	list, err := c.listOf(in)
	if err != nil {
		return Run{}, err
	}
	o := outgoing{to: in.To, all: in.All}
	if err := o.aimed(); err != nil {
		return Run{}, err
	}
	if _, err := o.peers(s); err != nil && !in.All { // all may come later
		return Run{}, err
	}
	options := core.ListOptions{}
	for _, id := range in.To {
		options.To = append(options.To, fmt.Sprintf("#%d", id))
	}
	r, err := s.SendList(*list, options)
	if err != nil {
		return Run{}, err
	}
	return runOf(s, r, c.lang), nil
}

func (in StartRun) check(c *requestContext) error {
	_, err := c.listOf(in)
	return err
}

// listOf is the list that a request means.
func (c *requestContext) listOf(in StartRun) (*schedule.List, error) {
	single := outgoing{payload: in.Payload, data: in.Data}
	if in.List == nil {
		return single.every(in)
	}
	if in.Payload != nil || in.Data != nil || in.EveryMS != 0 || in.Times != 0 {
		return nil, invalid("list", sockeye.Text{En: "the list says what to send, when and how often", Zh: "发送什么、何时发送、发送几次由列表决定"}, sockeye.Text{})
	}
	return c.resolve(in.Name, *in.List, "list")
}

// every is a list of one message.
func (o outgoing) every(in StartRun) (*schedule.List, error) {
	var row schedule.Row
	if err := o.something(); err != nil {
		return nil, err
	}
	if o.payload != nil {
		var err error
		if row, err = o.payload.row(); err == nil {
			_, err = row.Parse()
		}
		if err != nil {
			return nil, err
		}
	} else {
		row = schedule.Row{Text: hex.EncodeToString(o.data), Hex: true}
	}
	var wrong fieldErrors
	every := wrong.duration("every_ms", in.EveryMS, 0)
	if len(wrong) == 0 && (every < schedule.MinRound || every > schedule.MaxDelay) {
		wrong.add("every_ms", "is not between 1 ms and 24 hours", "不在 1 毫秒到 24 小时之间")
	}
	if in.Times < 0 || in.Times > schedule.MaxTimes {
		wrong.add("times", fmt.Sprintf("is not between 0 and %d", schedule.MaxTimes), fmt.Sprintf("不在 0 到 %d 之间", schedule.MaxTimes))
	}
	if len(wrong) > 0 {
		return nil, wrong.join()
	}
	l := schedule.Every(row, every, in.Times)
	l.Name = in.Name
	return &l, nil
}

func (c *requestContext) stopRun(None) (Run, error) {
	s, r, err := c.run()
	if err != nil {
		return Run{}, err
	}
	r.Stop()
	return runOf(s, r, c.lang), nil
}

// changeRun pauses a file, or lets it go on.
func (c *requestContext) changeRun(in ChangeRun) (Run, error) {
	s, r, err := c.run()
	if err != nil {
		return Run{}, err
	}
	if !in.Paused {
		r.Resume()
	} else if err := r.Pause(); err != nil {
		return Run{}, err
	}
	return runOf(s, r, c.lang), nil
}

// run is the run that the path names.
func (c *requestContext) run() (*core.Session, *schedule.Run, error) {
	s, err := c.session()
	if err != nil {
		return nil, nil, err
	}
	id := c.r.PathValue("run")
	for _, r := range s.Runs() {
		if r.ID() == id {
			return s, r, nil
		}
	}
	return nil, nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "close", Target: strconv.Quote(id),
		Message: sockeye.Text{En: "no list or file of this name is being sent, or was of late", Zh: "没有这个正在发送或刚发送过的列表或文件"},
		Hint:    sockeye.Text{En: "sockeye session runs lists them", Zh: "sockeye session runs 列出它们"}}
}

// saved is the workspace's file, for its payloads.
func (s *Server) saved() *workspace.File {
	if k, err := s.workspace.read(); err == nil {
		return k.file
	}
	return &workspace.File{}
}

// resolve is a list of a request, with the workspace's saved payloads. The error has
// every row that is wrong, with its path: the list's field, and ".row[2]".
func (c *requestContext) resolve(name string, l workspace.List, field string) (*schedule.List, error) {
	out, err := c.saved().Resolve(name, l)
	if err == nil {
		return out, nil
	}
	var all []error
	for _, e := range faults(err) {
		named, row := *e, 0
		named.Kind = sockeye.Invalid // the request names it; nothing that was asked for is missing
		if field != "" {
			named.Op, named.Target = "set", field
			if n, _ := fmt.Sscanf(e.Target, "row %d", &row); n == 1 {
				named.Target = fmt.Sprintf("%s.row[%d]", field, row-1)
			}
		}
		all = append(all, &named)
	}
	return nil, joinErrors(all)
}

// asInvalid is an error of what a request holds: nothing that was asked for is missing.
func asInvalid(err error) error {
	e := *sockeye.ErrorOf(err)
	e.Kind = sockeye.Invalid
	return &e
}

func (c *requestContext) parseLists(in ListText) (Lists, error) {
	out := Lists{Lists: map[string]workspace.List{}}
	switch in.Format {
	case "csv":
		l, err := schedule.ParseCSV(in.Text)
		if err == nil {
			_, err = c.resolve(in.Name, workspace.ListOf(l), "")
		}
		if err != nil {
			return Lists{}, err
		}
		out.Lists[in.Name] = workspace.ListOf(l)
	case "toml":
		file, err := workspace.Parse([]byte(in.Text))
		if err != nil {
			return Lists{}, err
		}
		for name := range file.Lists {
			l, err := file.SendList(name)
			if err != nil {
				return Lists{}, err
			}
			out.Lists[name] = workspace.ListOf(l)
		}
	default:
		return Lists{}, noFormat(in.Format)
	}
	return out, nil
}

func noFormat(typed string) error {
	return invalid("format", sockeye.Text{En: fmt.Sprintf("%q is neither toml nor csv", typed), Zh: fmt.Sprintf("%q 不是 toml 或 csv", typed)}, sockeye.Text{})
}

func (c *requestContext) exportList(in ExportList) (ListText, error) {
	l, err := c.resolve(in.Name, in.List, "list")
	if err != nil {
		return ListText{}, err
	}
	out := ListText{Name: in.Name, Format: in.Format}
	switch in.Format {
	case "csv":
		out.Text = l.CSV()
	case "toml":
		out.Text = c.saved().FormatList(in.Name, in.List)
	default:
		return ListText{}, noFormat(in.Format)
	}
	return out, nil
}
