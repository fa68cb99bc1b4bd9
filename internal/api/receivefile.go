package api

import (
	"context"

	"sockeye"
	"sockeye/internal/core"
)

// fileOf is how a session's receiving to a file is; nil if there never was one.
func fileOf(s *core.Session, l sockeye.Lang) *ReceiveFile {
	st := s.ReceiveFile().Status()
	if st.Path == "" {
		return nil
	}
	out := &ReceiveFile{State: "off", Path: st.Path, Peer: st.Peer, Bytes: st.Bytes, Lost: sockeye.LostLine{Events: st.Lost.Events, Bytes: st.Lost.Bytes}}
	if st.On {
		out.State = "on"
	}
	if st.Err != nil {
		out.Error = st.Err.Line(l)
	}
	return out
}

// sameFile says whether two say the same.
func sameFile(a, b *ReceiveFile) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	x.Error, y.Error = nil, nil
	return x == y && (a.Error == b.Error || a.Error != nil && b.Error != nil && *a.Error == *b.Error)
}

func (c *requestContext) receiveFile(None) (ReceiveFile, error) {
	s, err := c.session()
	if err != nil {
		return ReceiveFile{}, err
	}
	if f := fileOf(s, c.lang); f != nil {
		return *f, nil
	}
	return ReceiveFile{State: "off"}, nil
}

func (in SetReceiveFile) check(c *requestContext) error {
	var wrong fieldFaults
	wrong.plainName(c, in.Path)
	return wrong.join()
}

func (c *requestContext) setReceiveFile(in SetReceiveFile) (ReceiveFile, error) {
	if in.On {
		if err := c.receiveTo(in); err != nil {
			return ReceiveFile{}, err
		}
		return c.receiveFile(None{})
	}
	s, err := c.session()
	if err != nil {
		return ReceiveFile{}, err
	}
	ctx, cancel := context.WithTimeout(c.Server.ctx, drain)
	defer cancel()
	if err := s.ReceiveFile().Stop(ctx); err != nil {
		return ReceiveFile{}, err
	}
	return c.receiveFile(None{})
}

// receiveTo makes a new file, where recordings are and nowhere else.
func (c *requestContext) receiveTo(in SetReceiveFile) error {
	s, err := c.openSession()
	if err != nil {
		return err
	}
	if in.Peer > 0 && s.Peer(in.Peer) == nil {
		return noPeer(s, in.Peer)
	}
	return s.ReceiveFile().StartIn(c.recordings(), in.Path, in.Peer)
}
