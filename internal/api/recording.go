package api

import (
	"context"
	"fmt"
	"slices"

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
	if err = in.check(c); err != nil {
		return Recording{}, err
	}
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

func (in SetRecording) check(c *requestContext) error {
	var wrong fieldFaults
	wrong.plainName(c, in.Path)
	if !slices.Contains([]string{"", "relaxed", "always"}, in.Sync) {
		wrong.add("sync", fmt.Sprintf("%q is neither relaxed nor always", in.Sync), fmt.Sprintf("%q 不是 relaxed 或 always", in.Sync))
	}
	return wrong.join()
}

// plainName notes a path that is more than a name in the directory of recordings.
func (f *fieldFaults) plainName(c *requestContext, path string) {
	if path == "" {
		return
	}
	if err := c.recordings().CheckName(path); err != nil {
		f.at("path", err)
	}
}

// recordings is the directory for what a page begins to write.
func (s *Server) recordings() core.RecordDir {
	return core.RecordDir{Path: s.o.Recordings, Shared: s.o.RecordShared, Lang: s.o.Language, Application: "Sockeye " + s.o.Version}
}

// keyLog puts the key log of an endpoint among the recordings: whoever asks over the API
// names it, and does not choose where it is. One that is refused is taken away, so that
// nothing else looks at its path.
func (f *fieldFaults) keyLog(s *Server, o *sockeye.Options, field string) {
	if o.TLS.KeyLog == "" {
		return
	}
	path, err := s.recordings().KeyLog(o.TLS.KeyLog)
	if err != nil {
		f.at(field, sockeye.ErrorOf(err))
	}
	o.TLS.KeyLog = path
}
