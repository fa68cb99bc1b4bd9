package device

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sockeye"
)

// A service that its manager starts again and again may be ended by what it does, such as a
// command that takes all memory, or by a power supply that breaks down under it. After
// fastEnds starts that lasted less than steadyAfter it begins in safe mode.
const (
	fastEnds    = 3
	steadyAfter = time.Minute
)

// startCount counts the starts of a service that did not last, in a file that has a byte for
// each: what was counted when the power goes is not lost.
type startCount struct{ path string }

// startCountOf is that of the boards of a file, whose state is in a folder.
func startCountOf(f *Config, folder string) startCount {
	return startCount{filepath.Join(folder, f.Name+".starts")}
}

// begin counts this start, and says how many before it did not last.
func (c startCount) begin() (before int, err error) {
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return 0, err
	}
	file, err := os.OpenFile(c.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	_, err = file.Write([]byte{'\n'})
	return int(info.Size()), errors.Join(err, file.Sync())
}

// lasted forgets the starts: this one has lasted, or ended in good order.
func (c startCount) lasted() error {
	if err := os.Remove(c.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// safe is the file of a board in safe mode: it runs no programs, and takes no commands.
func (f *Config) safe() *Config {
	one := *f
	one.safeMode = true
	return &one
}

// counted counts the start of a service, and gives the file that it plays, with what is to
// be called when the service has lasted. What cannot be counted is no reason not to measure.
func counted(f *Config, o *RunOptions) (*Config, func()) {
	if !newNotifier(o.env()).isService() {
		return f, func() {}
	}
	starts := startCountOf(f, o.State)
	before, err := starts.begin()
	if err == nil && before >= fastEnds {
		f = f.safe()
		if o.SafeMode != nil {
			o.SafeMode(safeModeError("start", f.Name))
		}
	}
	return f, func() { starts.lasted() }
}

// safeModeError is the error of what is not done in safe mode.
func safeModeError(op, target string) *sockeye.Error {
	return &sockeye.Error{Kind: sockeye.NotPermitted, Op: op, Target: target,
		Message: text("safe mode without commands: %d starts in a row did not last %v", "安全模式（不执行任何命令）：连续 %d 次启动未能坚持 %v", fastEnds, steadyAfter),
		Hint: text("look for the cause in the log of the service (sockeye service logs); once this one has lasted %v, the next start is a usual one",
			"请在服务日志中查找原因（sockeye service logs）；本次运行满 %v 后，下次启动恢复正常", steadyAfter)}
}

// safeSource stands for a program that is not run in safe mode.
type safeSource struct{ unit, name string }

// Read fails.
func (s safeSource) Read(context.Context) (float64, error) { return 0, safeModeError("read", s.name) }

// Unit is that of the program's numbers.
func (s safeSource) Unit() string { return s.unit }

// Close does nothing.
func (safeSource) Close() error { return nil }
