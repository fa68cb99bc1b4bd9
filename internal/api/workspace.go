package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"sockeye"
)

// workspaceFile keeps the workspace, in memory and in a file of its own.
type workspaceFile struct {
	path string
	mu   sync.Mutex
	now  Workspace
}

// mostKept is how many things of a kind a workspace holds.
const mostKept = 1000

func (f *workspaceFile) open(path string) error {
	f.path, f.now = path, filled(Workspace{})
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		var w Workspace
		if err = decode(text, &w); err == nil {
			f.now = filled(w)
			return nil
		}
	}
	return &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: path, Err: err,
		Message: sockeye.Text{En: "the workspace cannot be read: " + err.Error(), Zh: "无法读取工作区：" + err.Error()},
		Hint:    sockeye.Text{En: "mend the file, or move it away to begin with an empty one", Zh: "请修正该文件，或将其移走以使用空的工作区"}}
}

// filled has no list that JSON would show as null.
func filled(w Workspace) Workspace {
	if w.Aliases == nil {
		w.Aliases = []SavedAlias{}
	}
	if w.Messages == nil {
		w.Messages = []SavedMessage{}
	}
	if w.Endpoints == nil {
		w.Endpoints = []SavedOpen{}
	}
	return w
}

func (f *workspaceFile) get() Workspace {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// set keeps another workspace: the old file is there until the new one is whole.
func (f *workspaceFile) set(w Workspace) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path != "" {
		text, err := json.MarshalIndent(w, "", "  ")
		if err != nil {
			return err
		}
		if err := replaceFile(f.path, append(text, '\n')); err != nil {
			return &sockeye.Error{Kind: sockeye.System, Op: "write", Target: f.path, Err: err}
		}
	}
	f.now = w
	return nil
}

// replaceFile writes a private file beside the old one and puts it in its place.
func replaceFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return err
	}
	_, err = fresh.Write(text)
	if closeErr := fresh.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		os.Remove(fresh.Name())
	}
	return err
}

func (c *call) setWorkspace(in Workspace) (Workspace, error) {
	in = filled(in)
	var wrong fieldErrors
	if max(len(in.Aliases), len(in.Messages), len(in.Endpoints)) > mostKept {
		wrong.add("workspace", fmt.Sprintf("more than %d of a kind", mostKept), fmt.Sprintf("每类最多 %d 个", mostKept))
	}
	for i, a := range in.Aliases {
		from, err := netip.ParseAddr(a.Address)
		if err != nil {
			wrong.add(fmt.Sprintf("aliases[%d].address", i), fmt.Sprintf("%q is not an IP address", a.Address), fmt.Sprintf("%q 不是 IP 地址", a.Address))
		} else if err := c.bench.Remember(from, a.Alias); err != nil {
			wrong.add(fmt.Sprintf("aliases[%d].alias", i), sockeye.ErrorOf(err).Reason(sockeye.English), sockeye.ErrorOf(err).Reason(sockeye.Chinese))
		}
	}
	for i, e := range in.Endpoints {
		if _, _, err := endpointOf(e.Open); err != nil {
			wrong.add(fmt.Sprintf("endpoints[%d].open", i), sockeye.ErrorOf(err).In(sockeye.English), sockeye.ErrorOf(err).In(sockeye.Chinese))
		}
	}
	if len(wrong) > 0 {
		return Workspace{}, wrong.join()
	}
	if err := c.workspace.set(in); err != nil {
		return Workspace{}, err
	}
	return in, nil
}
