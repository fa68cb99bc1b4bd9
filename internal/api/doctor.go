package api

import (
	"sockeye"
	"sockeye/internal/core"
)

// doctorsAtOnce bounds the diagnoses under way: each holds sockets for seconds.
const doctorsAtOnce = 4

// doctorQuestion is what the query asks, with everything that is wrong with it.
func (c *requestContext) doctorQuestion() (q core.DoctorQuestion, other *core.DoctorFacts, wrong fieldFaults) {
	q.Address = c.q.Get("address")
	if q.Address != "" {
		if _, err := sockeye.ParseAddress(q.Address); err != nil {
			wrong.note(invalid("address", sockeye.ErrorOf(err).Message, sockeye.ErrorOf(err).Hint))
		}
	}
	q.ToListen = c.yes("listen", &wrong)
	if code := c.q.Get("with"); code != "" {
		var err error
		if other, err = core.ParseDoctorCode(code); err != nil {
			wrong.note(invalid("with", sockeye.ErrorOf(err).Message, sockeye.ErrorOf(err).Hint))
		}
	}
	if c.q.Get("session") != "" && (c.q.Has("address") || c.q.Has("with") || c.q.Has("listen")) {
		wrong.note(invalid("session", sockeye.Text{En: "a session has its own address", Zh: "会话已有自己的地址"}, sockeye.Text{En: "give the session alone", Zh: "请只给出会话"}))
	}
	return q, other, wrong
}

// doctor looks for the reason why an address does not work. Only that address is sent to.
func (c *requestContext) doctor(None) (Diagnosis, error) {
	q, other, wrong := c.doctorQuestion()
	if len(wrong) > 0 {
		return Diagnosis{}, wrong.join()
	}
	select {
	case c.doctors <- struct{}{}:
		defer func() { <-c.doctors }()
	default:
		return Diagnosis{}, &sockeye.Error{Kind: sockeye.LimitReached, Op: "open", Target: "doctor",
			Message: sockeye.Text{En: "several diagnoses are under way", Zh: "已有多个诊断正在进行"}, Hint: sockeye.Text{En: "wait five seconds", Zh: "请等五秒"}}
	}
	d, err := c.diagnosis(q, other)
	if err != nil {
		return Diagnosis{}, err
	}
	r := d.Report(c.lang)
	out := Diagnosis{Address: r.Address, Verdict: string(r.Verdict), Cause: r.Cause, Text: r.Text, Next: r.Next, Ask: string(r.Ask), Way: []DoctorStop{}, Checks: []DoctorCheck{}}
	for _, s := range r.Way {
		out.Way = append(out.Way, DoctorStop{string(s.Station), s.Label, s.Note, string(s.State)})
	}
	for _, f := range r.Checks {
		check := DoctorCheck{Check: string(f.Check), Name: f.Name, Verdict: string(f.Verdict), Cause: f.Cause, Text: f.Text, Next: f.Next, Evidence: []string{}}
		check.Evidence = append(check.Evidence, f.Evidence...)
		out.Checks = append(out.Checks, check)
	}
	return out, nil
}

// diagnosis is that of the session that the query names, or of an address.
func (c *requestContext) diagnosis(q core.DoctorQuestion, other *core.DoctorFacts) (*core.Diagnosis, error) {
	id := c.q.Get("session")
	if id == "" {
		return core.Examine(c.ctx(), q, other), nil
	}
	s, err := c.sessionNamed(id)
	if err != nil {
		return nil, err
	}
	return c.bench.ExamineSession(c.ctx(), s), nil
}
