package api

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"sockeye"
)

// State is how this user's shells find the running workbench: a file that nobody
// else may read.
type State struct {
	URL   string `json:"url"` // with a slash at the end
	Token string `json:"token"`
	PID   int    `json:"pid"`
	// Certificate is the SHA-256 of the TLS certificate in hex, "" for plain HTTP.
	Certificate string `json:"certificate,omitempty"`
	// Socket is the Unix socket for shells, "" where there is none.
	Socket string `json:"socket,omitempty"`
}

// StateDir is the directory for what is true while the program runs, and DataDir
// the one for what a person keeps: the folders state and share of SOCKEYE_HOME, else
// the XDG base directories, or what the platform has in their place. They are "" where there is no home.
func StateDir(env func(string) string) string {
	return userDir(env, "XDG_STATE_HOME", filepath.Join(".local", "state"))
}

// DataDir is explained at StateDir.
func DataDir(env func(string) string) string {
	return userDir(env, "XDG_DATA_HOME", filepath.Join(".local", "share"))
}

// ConfigDir is the directory for what a person sets: the folder config of SOCKEYE_HOME,
// else sockeye in os.UserConfigDir. It is "" where there is no home.
func ConfigDir(env func(string) string) string {
	if dir := env("SOCKEYE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "config")
	}
	var dir string
	switch runtime.GOOS {
	case "windows":
		dir = env("AppData")
	case "darwin":
		if home := env("HOME"); home != "" {
			dir = filepath.Join(home, "Library", "Application Support")
		}
	default:
		if dir = env("XDG_CONFIG_HOME"); !filepath.IsAbs(dir) {
			if dir = env("HOME"); dir != "" {
				dir = filepath.Join(dir, ".config")
			}
		}
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "sockeye")
}

func userDir(env func(string) string, xdg, unix string) string {
	if dir := env("SOCKEYE_HOME"); filepath.IsAbs(dir) { // all in one place, such as a USB stick
		return filepath.Join(dir, filepath.Base(unix))
	}
	if dir := env(xdg); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sockeye")
	}
	home := env("HOME")
	switch runtime.GOOS {
	case "windows":
		home, unix = env("LOCALAPPDATA"), ""
	case "darwin":
		unix = filepath.Join("Library", "Application Support")
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, unix, "sockeye")
}

func stateFile(dir string) string { return filepath.Join(dir, "workbench.json") }

// WriteState makes the workbench known in a directory.
func WriteState(dir string, st State) error {
	text, err := json.Marshal(st)
	if err == nil {
		err = replaceFile(stateFile(dir), append(text, '\n'))
	}
	if err != nil {
		return stateError(stateFile(dir), err)
	}
	return nil
}

// ReadState is the workbench that was made known last; it may have ended since.
func ReadState(dir string) (State, error) {
	var st State
	text, err := readPrivate(stateFile(dir))
	if err == nil {
		if err := checkPrivateDir(dir); err != nil {
			return st, err
		}
		err = json.Unmarshal(text, &st)
	}
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return st, e
	}
	if err != nil || st.URL == "" {
		return st, noWorkbench(err)
	}
	return st, nil
}

// RemoveState takes back what WriteState made known, unless another workbench has
// taken its place.
func RemoveState(dir string, st State) {
	if now, err := ReadState(dir); err == nil && now == st {
		os.Remove(stateFile(dir))
	}
}

func noWorkbench(err error) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: "workbench", Err: err,
		Message: sockeye.Text{En: "no workbench is running", Zh: "没有正在运行的工作台"},
		Hint:    sockeye.Text{En: "start one: sockeye ui", Zh: "请先启动：sockeye ui"}}
}

// replaceFile writes a private file beside the old one and puts it in its place.
func replaceFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := checkPrivateDir(filepath.Dir(path)); err != nil {
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
