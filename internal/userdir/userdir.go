// Package userdir says where the files of this user are: by the environment, and nothing
// else. It opens none of them.
package userdir

import (
	"fmt"
	"path/filepath"
	"runtime"
)

// State is the directory for what is true while the program runs, and Data
// the one for what a person keeps: the folders state and share of SOCKEYE_HOME, else
// the XDG base directories, or what the platform has in their place. They are "" where there is no home.
func State(env func(string) string) string {
	return folder(env, "XDG_STATE_HOME", filepath.Join(".local", "state"))
}

// ControlSocket is the Unix socket in a state directory by which the owner's shells reach the
// workbench of a process.
func ControlSocket(state string, pid int) string {
	return filepath.Join(state, fmt.Sprintf("workbench-%d.sock", pid))
}

// IsControlSocket says whether a path is a ControlSocket, by its name.
func IsControlSocket(path string) bool {
	isOne, _ := filepath.Match("workbench-[0-9]*.sock", filepath.Base(path))
	return isOne
}

// Data is explained at State.
func Data(env func(string) string) string {
	return folder(env, "XDG_DATA_HOME", filepath.Join(".local", "share"))
}

// CA is the directory of the user's own certificate authority, "" where there is no home.
func CA(env func(string) string) string {
	if dir := Data(env); dir != "" {
		return filepath.Join(dir, "ca")
	}
	return ""
}

// Config is the directory for what a person sets: the folder config of SOCKEYE_HOME,
// else sockeye in os.UserConfigDir. It is "" where there is no home.
func Config(env func(string) string) string {
	if dir := home(env); dir != "" {
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

// home is the folder of SOCKEYE_HOME, which holds everything, such as one on a USB stick; "" if it is
// not set. A relative one is seen from the working directory.
func home(env func(string) string) string {
	dir := env("SOCKEYE_HOME")
	if dir == "" {
		return ""
	}
	if absolute, err := filepath.Abs(dir); err == nil {
		return absolute
	}
	return dir
}

func folder(env func(string) string, xdg, unix string) string {
	if dir := home(env); dir != "" {
		return filepath.Join(dir, filepath.Base(unix))
	}
	if dir := env(xdg); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sockeye")
	}
	user := env("HOME")
	switch runtime.GOOS {
	case "windows":
		user, unix = env("LOCALAPPDATA"), ""
	case "darwin":
		unix = filepath.Join("Library", "Application Support")
	}
	if user == "" {
		return ""
	}
	return filepath.Join(user, unix, "sockeye")
}
