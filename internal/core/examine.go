package core

import (
	"context"
	"time"

	"sockeye"
	"sockeye/internal/doctor"
	"sockeye/internal/query"
	"sockeye/internal/recording"
)

// The doctor's question, facts and findings under names of this package, for packages that drive
// the core.
type (
	DoctorQuestion = doctor.Question
	DoctorFacts    = doctor.Facts
	Diagnosis      = doctor.Diagnosis
	DoctorReport   = doctor.Report
	DoctorResult   = doctor.Result
	DoctorStop     = doctor.Stop
	DoctorVerdict  = doctor.Verdict
	DoctorSide     = doctor.Side
	DoctorStation  = doctor.Station
	DoctorCheck    = doctor.Check
)

// Examine finds out whether an address works and, if not, why. It takes at most doctor.Longest.
// other holds the facts of the other side; if it is nil and a doctor serves at the address, the
// facts come from that one.
func Examine(ctx context.Context, q DoctorQuestion, other *DoctorFacts) *Diagnosis {
	f := doctor.Collect(ctx, q)
	if other == nil {
		other = f.Greeted()
	}
	return doctor.Diagnose(f, other)
}

// ExamineSession finds out what is wrong with an open session. With a peer it looks at their
// conversation; without one at the way to the address, or at the port of a server. other, which may
// be nil, holds the facts of the other side. While there is a peer, nothing is sent unless other is
// given.
func (c *Core) ExamineSession(ctx context.Context, s *Session, other *DoctorFacts) *Diagnosis {
	ep := s.Endpoint()
	talk := c.conversation(ctx, s)
	d := &Diagnosis{Facts: &DoctorFacts{Asked: ep.Address.String(), Network: ep.Address.Network}}
	if (len(talk.Peers) == 0 || other != nil) && ep.Address.Network.Traits().IP {
		at, asked := ep.Address, ep.Address
		if locals := s.Locals(); talk.Listens && len(locals) > 0 {
			asked.Port = locals[0].Port()
			at.Host, at.Port = "", asked.Port // if the doctor connected, it would become a peer of the session
		}
		d = Examine(ctx, DoctorQuestion{Address: at.String()}, other)
		d.Facts.Asked = asked.String()
	}
	d.AddConversation(doctor.DiagnoseSession(talk))
	return d
}

// onlyAddress returns the address that a server waits on, "" if it waits on all of the machine's.
func onlyAddress(s *Session) string {
	at, locals := s.Endpoint().Address, s.Locals()
	if at.Network.Traits().IP && len(locals) > 0 {
		if locals[0].Addr().IsUnspecified() {
			return ""
		}
		at.Host, at.Port = locals[0].Addr().String(), locals[0].Port()
	}
	return at.String()
}

// maxExamined is how many of a session's latest messages are examined.
const maxExamined = 64

// conversation collects the peers of a session and its latest messages.
func (c *Core) conversation(ctx context.Context, s *Session) doctor.SessionFacts {
	talk := doctor.SessionFacts{Network: s.Endpoint().Address.Network, Listens: s.Endpoint().Mode == sockeye.Listen, At: onlyAddress(s)}
	latest := time.Time{}
	for _, p := range s.Peers() {
		st := p.Status()
		talk.Peers = append(talk.Peers, st)
		if st.Since.After(latest) {
			latest = st.Since
		}
	}
	page, err := c.Query(ctx, query.Query{Backward: true, Limit: maxExamined, Filter: recording.Filter{Session: s.ID()}, Kinds: []sockeye.EventKind{sockeye.Opened, sockeye.Received, sockeye.Sent}})
	if err != nil {
		return talk
	}
	for _, e := range page.Events {
		switch e.Kind {
		case sockeye.Opened:
			talk.Age = time.Since(e.Time)
		case sockeye.Received, sockeye.Sent:
			talk.Said = append(talk.Said, doctor.Transfer{Received: e.Kind == sockeye.Received, Data: e.Data})
		}
		if e.Time.After(latest) {
			latest = e.Time
		}
	}
	if !latest.IsZero() {
		talk.Silence = time.Since(latest)
	}
	return talk
}

// ParseDoctorCode reads what doctor --code printed on the other machine.
func ParseDoctorCode(code string) (*DoctorFacts, error) { return doctor.ParseCode(code) }

// DoctorCode writes the facts of this machine and of one of its ports as a code for the doctor on
// another machine. The port is a TCP port unless the network sends datagrams. Nothing is sent to
// find the facts.
func DoctorCode(ctx context.Context, network sockeye.Network, port uint16) string {
	return doctor.OwnFacts(ctx, network, port).Code()
}
