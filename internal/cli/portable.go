package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"sockeye"
)

// portableHome is the folder of --portable: sockeye-data beside the program, wherever the
// link leads by which it was started.
func portableHome() (string, error) {
	program, err := os.Executable()
	if err == nil {
		program, err = filepath.EvalSymlinks(program)
	}
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return "", &sockeye.Error{Kind: sockeye.System, Target: "--portable", Err: err,
			Message: sockeye.Text{En: "cannot tell where this program is", Zh: "无法确定本程序所在的位置"}, Hint: portableHint}
	}
	return filepath.Join(filepath.Dir(program), "sockeye-data"), nil
}

var portableHint = sockeye.Text{
	En: "put the program in a folder that you may write to, or name another folder: SOCKEYE_HOME=FOLDER",
	Zh: "请把程序放到可写的目录，或用 SOCKEYE_HOME=目录 指定其他目录"}

// checkWritable makes a folder if need be, and a file in it that goes again.
func checkWritable(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(dir, ".write-*"); err == nil {
			f.Close()
			err = os.Remove(f.Name())
		}
	}
	if err == nil {
		return nil
	}
	if inner, ok := errors.AsType[*os.PathError](err); ok {
		err = inner.Err
	}
	return &sockeye.Error{Kind: sockeye.System, Target: "--portable: " + dir, Err: err,
		Message: sockeye.Text{En: "this folder cannot be written: " + err.Error(), Zh: "无法写入该目录：" + err.Error()}, Hint: portableHint}
}

// withHome is an environment in which SOCKEYE_HOME is a folder.
func withHome(env func(string) string, home string) func(string) string {
	return func(name string) string {
		if name == "SOCKEYE_HOME" {
			return home
		}
		return env(name)
	}
}

// saysPortable guesses --portable before the flags are parsed: the language of their
// help may be in the configuration.
func saysPortable(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "--portable") || slices.Contains(args, "--portable=true")
}
