package api

import (
	"cmp"
	"time"

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
	q.ToListen, q.Ask = c.yes("listen", &wrong), c.yes("ask", &wrong)
	if code := c.q.Get("with"); c.q.Has("with") {
		var err error
		if other, err = core.ParseDoctorCode(code); err != nil {
			wrong.note(invalid("with", sockeye.ErrorOf(err).Message, sockeye.ErrorOf(err).Hint))
		}
	}
	if c.q.Get("session") != "" && (c.q.Has("address") || c.q.Has("listen")) {
		wrong.note(invalid("session", sockeye.Text{En: "a session has its own address", Zh: "会话已有自己的地址"}, sockeye.Text{En: "give the session without an address", Zh: "给出会话时不要再给地址"}))
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
	return diagnosisOf(d.Report(c.lang)), nil
}

// diagnosisOf is a report as the API tells it.
func diagnosisOf(r core.DoctorReport) Diagnosis {
	out := Diagnosis{Time: r.Time, Address: r.Address, Verdict: string(r.Verdict), Cause: r.Cause, Text: r.Text, Next: r.Next, Ask: string(r.Ask), Way: []DoctorStop{}, Checks: []DoctorCheck{}}
	for _, s := range r.Way {
		out.Way = append(out.Way, DoctorStop{string(s.Station), s.Label, s.Note, string(s.State), s.Word})
	}
	for _, f := range r.Checks {
		check := DoctorCheck{Check: string(f.Check), Name: f.Name, Verdict: string(f.Verdict), Cause: f.Cause, Text: f.Text, Next: f.Next, Evidence: []string{}}
		check.Evidence = append(check.Evidence, f.Evidence...)
		out.Checks = append(out.Checks, check)
	}
	return out
}

// reportOf is diagnosisOf the other way round.
func reportOf(d Diagnosis) core.DoctorReport {
	out := core.DoctorReport{V: 1, Time: d.Time, Address: d.Address, Verdict: core.DoctorVerdict(d.Verdict), Cause: d.Cause, Text: d.Text, Next: d.Next, Ask: core.DoctorSide(d.Ask), Way: []core.DoctorStop{}, Checks: []core.DoctorResult{}}
	for _, s := range d.Way {
		out.Way = append(out.Way, core.DoctorStop{Station: core.DoctorStation(s.Station), Label: s.Label, Note: s.Note, State: core.DoctorVerdict(s.State), Word: s.Word})
	}
	for _, c := range d.Checks {
		out.Checks = append(out.Checks, core.DoctorResult{Check: core.DoctorCheck(c.Check), Name: c.Name, Verdict: core.DoctorVerdict(c.Verdict), Cause: c.Cause, Text: c.Text, Next: c.Next, Evidence: c.Evidence})
	}
	return out
}

// doctorReport is a diagnosis as the file that doctor --share writes.
func (c *requestContext) doctorReport(in ShareDiagnosis) (SharedDiagnosis, error) {
	r := reportOf(in.Diagnosis)
	if in.Shorten {
		r = r.Shortened()
	}
	text, err := r.File(c.lang)
	return SharedDiagnosis{Name: "sockeye-doctor-" + time.Now().Format("20060102-150405") + ".txt", Text: text}, err
}

// doctorPort is the port that a code is asked for, of TCP if nothing else is written.
func (c *requestContext) doctorPort() (sockeye.Network, uint16, error) {
	var wrong fieldFaults
	network := cmp.Or(sockeye.Network(c.q.Get("network")), sockeye.TCP)
	if !network.Traits().IP {
		wrong.note(invalid("network", sockeye.Text{En: "only networks of IP have ports", Zh: "只有 IP 网络才有端口"}, sockeye.Text{En: "write tcp or udp", Zh: "请写 tcp 或 udp"}))
	}
	n := c.number("port", &wrong)
	if len(wrong) == 0 && (n < 1 || n > 65535) {
		wrong.note(invalid("port", sockeye.Text{En: "a port is 1 to 65535", Zh: "端口应为 1 到 65535"}, sockeye.Text{}))
	}
	return network, uint16(n), wrong.join()
}

// doctorCode is this machine as a code, for the doctor on another one.
func (c *requestContext) doctorCode(None) (DoctorCode, error) {
	network, port, err := c.doctorPort()
	if err != nil {
		return DoctorCode{}, err
	}
	return DoctorCode{Port: int(port), Code: core.DoctorCode(c.ctx(), network, port)}, nil
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
	return c.bench.ExamineSession(c.ctx(), s, other), nil
}
