package access

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"

	"sockeye"
	"sockeye/internal/private"
)

// WorkbenchState is how this user's shells find the running workbench: a file that nobody
// else may read.
type WorkbenchState struct {
	URL   string `json:"url"` // with a slash at the end
	Token string `json:"token"`
	PID   int    `json:"pid"`
	// Certificate is the SHA-256 of the TLS certificate in hex, "" for plain HTTP.
	Certificate string `json:"certificate,omitempty"`
	// Socket is the Unix socket for shells, "" where there is none.
	Socket string `json:"socket,omitempty"`
}

func stateFile(dir string) string { return filepath.Join(dir, "workbench.json") }

// WriteState makes the workbench known in a directory.
func WriteState(dir string, st WorkbenchState) error {
	text, err := json.Marshal(st)
	if err == nil {
		err = private.WriteFile(stateFile(dir), append(text, '\n'))
	}
	if err != nil {
		return stateError(stateFile(dir), err)
	}
	return nil
}

// ReadState is the workbench that was made known last; it may have ended since.
func ReadState(dir string) (WorkbenchState, error) {
	var st WorkbenchState
	text, err := private.ReadFile(stateFile(dir))
	if err == nil {
		if err := private.CheckDir(dir); err != nil {
			return st, err
		}
		err = json.Unmarshal(text, &st)
	}
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return st, e
	}
	if err != nil || st.URL == "" {
		return st, NoWorkbench(err)
	}
	return st, nil
}

// Publish lets this user's shells find the workbench by a state directory, until the
// function that it returns is called. owner is where they connect, to be served by
// whoever calls; nil on a system that cannot tell who connects.
func (g *Guard) Publish(dir string) (owner net.Listener, unpublish func(), err error) {
	st := WorkbenchState{URL: g.URL(), Token: g.ShellToken(), PID: os.Getpid()}
	if c := g.config.TLS; c != nil {
		sum := sha256.Sum256(c.Certificates[0].Certificate[0])
		st.Certificate = hex.EncodeToString(sum[:])
	}
	if owner, err = ListenOwner(dir); err != nil {
		return nil, func() {}, err
	}
	if owner != nil {
		st.Socket = owner.Addr().String()
	}
	return owner, func() {
		RemoveState(dir, st)
		if owner != nil {
			owner.Close()
		}
	}, WriteState(dir, st)
}

// RemoveState takes back what WriteState made known, unless another workbench has
// taken its place.
func RemoveState(dir string, st WorkbenchState) {
	if now, err := ReadState(dir); err == nil && now == st {
		os.Remove(stateFile(dir))
	}
}

// NoWorkbench is the error of a shell that finds none.
func NoWorkbench(err error) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: "workbench", Err: err,
		Message: sockeye.Text{En: "no workbench is running", Zh: "没有正在运行的工作台"},
		Hint:    sockeye.Text{En: "start one: sockeye ui", Zh: "请先启动：sockeye ui"}}
}
