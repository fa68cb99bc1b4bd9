package sockopt

import "net"

// setKeepAlive has set, a connection's SetKeepAliveConfig, do what the options say.
// Windows before 10 version 1703, and Wine, know no count of probes (TCP_KEEPCNT):
// unless a count was asked for, theirs will do.
func (s *Setter) setKeepAlive(set func(net.KeepAliveConfig) error) error {
	o := s.opts
	c := net.KeepAliveConfig{Enable: o.KeepAlive.Or(true), Idle: o.KeepAliveIdle, Interval: o.KeepAliveInterval, Count: o.KeepAliveCount}
	err := set(c)
	if err != nil && c.Enable && s.ep.Options.KeepAliveCount == 0 {
		c.Count = -1 // leaves it alone
		err = set(c)
	}
	return err
}
