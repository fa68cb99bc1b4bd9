package api

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sockeye"
	"sockeye/internal/recording"
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
		err = c.startRecording(in)
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

func (c *requestContext) startRecording(in SetRecording) error {
	dir, err := c.placeFor(in.Path)
	if err != nil {
		return err
	}
	// Between here and there the directory may become a link to somewhere else.
	files := recording.InRoot(c.o.Recordings)
	return c.bench.Record(recording.WriteOptions{Dir: dir, Files: files, Shared: c.o.RecordShared, Sync: recording.Sync(in.Sync), Lang: c.o.Language, Application: "Sockeye " + c.o.Version})
}

// placeFor is a new directory for a recording, among the others and nowhere else: a
// page names files, it does not choose where they are.
func (c *requestContext) placeFor(name string) (string, error) {
	if name == "" {
		name = time.Now().Format("20060102-150405")
	}
	root, err := c.recordingsRoot(name)
	if err != nil {
		return "", err
	}
	defer root.Close()
	dir := filepath.Join(c.o.Recordings, name)
	return dir, notMade(dir, root.Mkdir(name, 0o700))
}

// recordingsRoot is the directory for what a page begins to write, in which a file
// or directory can have the name.
func (c *requestContext) recordingsRoot(name string) (*os.Root, error) {
	if c.o.Recordings == "" {
		return nil, &sockeye.Error{Kind: sockeye.Unsupported, Op: "record", Message: sockeye.Text{En: "this workbench has no directory for recordings", Zh: "本工作台没有记录目录"}}
	}
	if !plainFileName(name) {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "record", Target: "path",
			Message: sockeye.Text{En: "is not one plain name of letters, digits, - _ and .", Zh: "只能是由字母、数字、- _ . 组成的单个名称"},
			Hint:    sockeye.Text{En: "recordings are made in " + c.o.Recordings, Zh: "记录保存在 " + c.o.Recordings}}
	}
	if err := os.MkdirAll(c.o.Recordings, 0o700); err != nil {
		return nil, recording.Unwritable(c.o.Recordings, err)
	}
	if !c.o.RecordShared {
		if err := recording.CheckPrivate(c.o.Recordings); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(c.o.Recordings)
	if err != nil {
		return nil, recording.Unwritable(c.o.Recordings, err)
	}
	return root, nil
}

// notMade says why a new file or directory was not made, if there is an error.
func notMade(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return &sockeye.Error{Kind: sockeye.Misuse, Op: "record", Target: path,
			Message: sockeye.Text{En: "exists already", Zh: "已经存在"}, Hint: sockeye.Text{En: "choose another name", Zh: "请换一个名称"}}
	}
	return recording.Unwritable(path, err)
}

// plainFileName says whether a name is a plain file name on every system.
func plainFileName(name string) bool {
	if name == "" || len(name) > 80 || name[0] == '.' || name[len(name)-1] == '.' {
		return false
	}
	for _, r := range name {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
		if !plain {
			return false
		}
	}
	return filepath.IsLocal(name) // refuses the names of Windows' devices, there
}
