package terminal

import (
	"context"
	"fmt"
	"time"

	"sockeye"
	"sockeye/internal/core"
)

// doctorOfferDelay is how long a server has no peer before the console offers the doctor.
const doctorOfferDelay = time.Minute

// offerDoctor prints one line if a server has had no peer for a while.
func (c *repl) offerDoctor(ctx context.Context, after time.Duration) {
	line := c.term.doctorLine(c.session)
	if line == "" {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(after):
		if st := c.session.Status(); st.Peers == 0 && st.Counters == (sockeye.Counters{}) {
			c.run.console.print(line)
		}
	}
}

// doctorLine returns the line that offers the doctor for a server of an IP network, and "" for any
// other session.
func (a *Terminal) doctorLine(s *core.Session) string {
	st := s.Status()
	if st.Endpoint.Mode != sockeye.Listen || !st.Endpoint.Address.Network.Traits().IP || len(st.Locals) == 0 {
		return ""
	}
	at := sockeye.Address{Network: st.Endpoint.Address.Network.Transport(), Port: st.Locals[0].Port()}
	return fmt.Sprintf(a.T("nobody has come for a minute; find out why: sockeye doctor %s", "一分钟内无人连接；查找原因：sockeye doctor %s"), at)
}
