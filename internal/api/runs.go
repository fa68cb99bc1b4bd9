package api

import (
	"errors"
	"fmt"
	"maps"
	"slices"
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
	for _, r := range s.Sender().Runs() {
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
	list, wrong := c.listOf(in)
	if len(wrong) > 0 {
		return Run{}, wrong.join()
	}
	if _, err := (outgoing{to: in.To, all: in.All}).peers(s); err != nil && !in.All { // all may come later
		return Run{}, err
	}
	options := core.ListOptions{}
	for _, id := range in.To {
		options.To = append(options.To, fmt.Sprintf("#%d", id))
	}
	r, err := s.Sender().StartList(*list, options)
	if err != nil {
		return Run{}, err
	}
	return runOf(s, r, c.lang), nil
}

func (in StartRun) check(c *requestContext) error {
	_, wrong := c.listOf(in)
	return wrong.join()
}

// listOf is the list that a request means, with everything that is wrong with the request.
func (c *requestContext) listOf(in StartRun) (list *schedule.List, wrong fieldFaults) {
	wrong = outgoing{to: in.To, all: in.All}.aimed(c.unfit)
	var more fieldFaults
	if in.List == nil && !c.unfit.covers("list") {
		list, more = c.every(in)
		return list, append(wrong, more...)
	}
	if in.Payload != nil || in.Data != nil || in.EveryMS != 0 || in.Times != 0 {
		wrong.add("list", "the list says what to send, when and how often", "发送什么、何时发送、发送几次由列表决定")
		wrong = append(wrong, in.Payload.faults()...)
	}
	if in.List != nil {
		list, more = c.resolve(in.Name, *in.List, "list")
	}
	return list, append(wrong, more...)
}

// every is a list of one message, with everything that is wrong with it.
func (c *requestContext) every(in StartRun) (*schedule.List, fieldFaults) {
	row, wrong := outgoing{payload: in.Payload, data: in.Data}.row(c)
	if row.Text == "" && !wrong.covers("payload") && !c.unfit.covers("data") {
		wrong.add("payload", "there is nothing to send", "没有要发送的内容")
	}
	known := len(wrong)
	every := wrong.duration("every_ms", in.EveryMS, 0)
	if len(wrong) == known && (every < schedule.MinRound || every > schedule.MaxDelay) {
		wrong.add("every_ms", "is not between 1 ms and 24 hours", "不在 1 毫秒到 24 小时之间")
	}
	if in.Times < 0 || in.Times > schedule.MaxTimes {
		wrong.add("times", fmt.Sprintf("is not between 0 and %d", schedule.MaxTimes), fmt.Sprintf("不在 0 到 %d 之间", schedule.MaxTimes))
	}
	l := schedule.Every(row, every, in.Times)
	l.Name = in.Name
	return &l, wrong
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
	for _, r := range s.Sender().Runs() {
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

// resolve is a list of a request, with the workspace's saved payloads, or with everything
// that is wrong with it, each with its path: "list.row[2].charset". Without a field it is
// told as people count: "row 3: charset". A field "row" is the list's only row.
func (c *requestContext) resolve(name string, l workspace.List, field string) (*schedule.List, fieldFaults) {
	out, err := c.saved().Resolve(name, l)
	var wrong fieldFaults
	for _, e := range listFaults(err) {
		named := *e.Err
		named.Kind = sockeye.Invalid // the request names it; nothing that was asked for is missing
		if field != "" {
			named.Op, named.Target = "set", pathOf(field, e)
		}
		wrong = append(wrong, &named)
	}
	return out, wrong
}

// listFaults are what an error says of a list.
func listFaults(err error) (all []*schedule.ListFault) {
	joined, _ := err.(interface{ Unwrap() []error })
	if joined == nil {
		return nil
	}
	for _, one := range joined.Unwrap() {
		if f, ok := errors.AsType[*schedule.ListFault](one); ok {
			all = append(all, f)
		}
	}
	return all
}

// pathOf is where a fault is in a request whose field is a list, or "row".
func pathOf(field string, f *schedule.ListFault) string {
	if f.Row != schedule.WholeList && field != "row" {
		field = fmt.Sprintf("%s.row[%d]", field, f.Row)
	}
	return strings.TrimSuffix(field+"."+f.Field, ".")
}

func (c *requestContext) parseLists(in ListText) (Lists, error) {
	lists, err := c.listsIn(in)
	return Lists{Lists: lists}, err
}

func (in ListText) check(c *requestContext) error {
	if c.unfit.covers("text") || c.unfit.covers("format") {
		return nil
	}
	_, err := c.listsIn(in)
	return err
}

// listsIn are the lists in a text.
func (c *requestContext) listsIn(in ListText) (map[string]workspace.List, error) {
	lists := map[string]workspace.List{}
	switch in.Format {
	case "csv":
		l, err := schedule.ParseCSV(in.Text)
		if err != nil {
			return nil, err
		}
		lists[in.Name] = workspace.ListOf(l)
	case "toml":
		file, err := workspace.Parse([]byte(in.Text))
		if err != nil {
			return nil, err
		}
		var wrong fieldFaults
		for _, name := range slices.Sorted(maps.Keys(file.Lists)) {
			l, err := file.SendList(name)
			if err != nil {
				wrong.all(err)
				continue
			}
			lists[name] = workspace.ListOf(l)
		}
		return lists, wrong.join()
	default:
		return nil, noFormat(in.Format)
	}
	return lists, nil
}

func noFormat(typed string) error {
	return invalid("format", sockeye.Text{En: fmt.Sprintf("%q is neither toml nor csv", typed), Zh: fmt.Sprintf("%q 不是 toml 或 csv", typed)}, sockeye.Text{})
}

func (c *requestContext) exportList(in ExportList) (ListText, error) {
	l, wrong := c.listToExport(in)
	if len(wrong) > 0 {
		return ListText{}, wrong.join()
	}
	out := ListText{Name: in.Name, Format: in.Format}
	if out.Text = l.CSV(); in.Format == "toml" {
		out.Text = c.saved().FormatList(in.Name, in.List)
	}
	return out, nil
}

func (in ExportList) check(c *requestContext) error {
	_, wrong := c.listToExport(in)
	return wrong.join()
}

func (c *requestContext) listToExport(in ExportList) (*schedule.List, fieldFaults) {
	l, wrong := c.resolve(in.Name, in.List, "list")
	if in.Format != "csv" && in.Format != "toml" {
		wrong = append(wrong, noFormat(in.Format))
	}
	return l, wrong
}
