package terminal

import (
	"errors"
	"fmt"
	"os"

	"sockeye"
	"sockeye/internal/payload"
)

// ShowError prints one line with the fault and one with the hint, for each error
// of a joined one.
func (a *Terminal) ShowError(err error) {
	for _, line := range a.ErrorLines(err) {
		fmt.Fprintln(a.Err, line)
	}
}

// ErrorLines is an error as people see it, safe for a terminal.
func (a *Terminal) ErrorLines(err error) []string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, e := range joined.Unwrap() {
			all = append(all, a.ErrorLines(e)...)
		}
		return all
	}
	e, ok := errors.AsType[*sockeye.Error](err)
	if !ok {
		return []string{"sockeye: " + payload.SafeString(a.named(err.Error()))}
	}
	lines := []string{"sockeye: " + payload.SafeString(a.named(e.In(a.Lang)))}
	if hint := e.Hint.In(a.Lang); hint != "" {
		lines = append(lines, a.T("hint: ", "提示：")+payload.SafeString(a.namedInHint(hint)))
	}
	if at, ok := forDoctor(e); ok {
		lines = append(lines, a.T("find out why: ", "查找原因：")+"sockeye doctor "+payload.SafeString(at.String()))
	}
	return lines
}

// forDoctor returns the doctor's argument for a failure that the doctor may explain: one in which
// nobody was reached. A path is left out: it does not matter for the way, and a shell would
// interpret some of its characters.
func forDoctor(e *sockeye.Error) (sockeye.Address, bool) {
	switch e.Kind {
	case sockeye.Refused, sockeye.TimedOut, sockeye.HostUnreachable, sockeye.NetworkUnreachable:
		at, err := sockeye.ParseAddress(e.Target)
		at.Path = ""
		return at, e.Op == "connect" && err == nil && at.Network.Traits().IP && at.Port != 0
	}
	return sockeye.Address{}, false
}

// Usage returns an error about the command line itself.
func Usage(target string, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Target: target, Message: message, Hint: hint}
}

// DidYouMean returns a hint with the word that was probably meant.
func DidYouMean(word string) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf("did you mean %q?", word), Zh: fmt.Sprintf("是否想输入 %q？", word)}
}

// TooMany returns the message about a word that is one more than the command takes.
func TooMany(word string) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf("unexpected word %q", word), Zh: fmt.Sprintf("多余的参数 %q", word)}
}

// FileError explains why a file cannot be used.
func FileError(op, path string, err error) error {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	e := &sockeye.Error{Kind: sockeye.System, Op: op, Target: path, Err: err}
	switch {
	case errors.Is(err, os.ErrNotExist):
		e.Kind = sockeye.NotFound
		e.Message = sockeye.Text{En: "no such file", Zh: "文件不存在"}
		e.Hint = sockeye.Text{En: "the path is relative to where sockeye was started", Zh: "相对路径以启动 sockeye 时的目录为准"}
	case errors.Is(err, os.ErrPermission):
		e.Kind = sockeye.AccessDenied
		e.Message = sockeye.Text{En: "not allowed to read it", Zh: "没有读取权限"}
	}
	return e
}
