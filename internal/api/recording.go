package api

import (
	"context"

	"sockeye"
	"sockeye/internal/core"
)

func (c *requestContext) recording(None) (Recording, error) { return c.recordingNow(c.lang), nil }

func (s *Server) recordingNow(l sockeye.Lang) Recording {
	st := s.bench.RecordStatus()
	out := Recording{State: string(st.State), Path: st.Path, Events: st.Events, Bytes: st.Bytes, Lost: sockeye.LostLine{Events: st.Lost.Events, Bytes: st.Lost.Bytes}}
	if st.Err != nil {
		out.Error = st.Err.Line(l)
	}
	return out
}

func (c *requestContext) setRecording(in SetRecording) (Recording, error) {
	var err error
	if in.On {
		err = c.bench.RecordIn(c.recordings(), in.Path, in.Sync)
	} else {
		ctx, cancel := context.WithTimeout(c.Server.ctx, drain)
		defer cancel()
		err = c.bench.StopRecording(ctx)
	}
	if err != nil {
		return Recording{}, err
	}
	return c.recordingNow(c.lang), nil
}

// recordings is the directory for what a page begins to write.
func (c *requestContext) recordings() core.RecordDir {
	return core.RecordDir{Path: c.o.Recordings, Shared: c.o.RecordShared, Lang: c.o.Language, Application: "Sockeye " + c.o.Version}
}
