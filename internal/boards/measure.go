package boards

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/device"
	"sockeye/internal/memlimit"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

// MeasureFlags are the flags of a device that measures. Count is how many boards it plays;
// what registers --count sets it.
type MeasureFlags struct {
	read, simulate, format, root string
	every                        time.Duration
	ramp                         float64

	Count int
}

// Register adds the flags to those of device.
func (f *MeasureFlags) Register(a *terminal.Terminal, fs *pflag.FlagSet) {
	fs.StringVar(&f.read, "read", "", a.T("send this sensor, as sockeye sensors lists it", "发送该传感器的值（路径见 sockeye sensors）"))
	fs.StringVar(&f.simulate, "simulate", "", a.T("send a simulated sensor: sine, noise, steps or random-walk", "发送模拟传感器的值：sine、noise、steps 或 random-walk"))
	fs.Var(terminal.DurationOf(&f.every), "every", a.T("how often it is read (default 1s)", "读取间隔（默认 1s）"))
	fs.StringVar(&f.format, "format", "", a.T("how values are written: line, csv, json, firewater, justfloat or influx (default line)", "数值格式：line、csv、json、firewater、justfloat 或 influx（默认 line）"))
	fs.Float64Var(&f.ramp, "ramp", 0, a.T("with --count and a file: start this many boards a second (default all at once)", "配合 --count 与文件：每秒启动多少块板（默认同时启动）"))
	fs.StringVar(&f.root, "sysfs", "/", a.T("read sensors in a copy of a machine's sys, proc and dev in this folder", "在此目录中的 sys、proc、dev 副本里读取传感器"))
}

// Measures reports whether flags say what one sensor is.
func (f *MeasureFlags) Measures() bool { return f.read != "" || f.simulate != "" }

// Check says that a ramp is no number of boards.
func (f *MeasureFlags) Check() error {
	if f.ramp >= 0 && f.ramp <= 20_000 { // also refuses what is no number
		return nil
	}
	return terminal.Usage("--ramp", sockeye.Text{En: fmt.Sprintf("%g is not between 0 and 20000", f.ramp), Zh: fmt.Sprintf("%g 不在 0 和 20000 之间", f.ramp)},
		sockeye.Text{En: "it is how many boards start in a second; 0 is all at once", Zh: "它是每秒启动的板数；0 表示同时启动"})
}

// DeviceFile is what a board measures and where it sends that, as commands hold it.
type DeviceFile = device.Config

// IsDeviceFile says whether what was typed is a device file and no address.
func IsDeviceFile(words []string) bool {
	return len(words) == 1 && strings.EqualFold(filepath.Ext(words[0]), ".toml") && !strings.Contains(words[0], "://")
}

// File is the device file that the words name, or what the flags say of one sensor whose
// values go to target, or to the hub that --hub names where no address is typed.
func (f *MeasureFlags) File(words []string, h *HubFlags, target func() (sockeye.Address, error)) (*device.Config, error) {
	if IsDeviceFile(words) {
		if f.Measures() || f.every != 0 || f.format != "" {
			return nil, terminal.Usage("--read --simulate --every --format", sockeye.Text{En: "the file says that", Zh: "这些由文件决定"}, sockeye.Text{En: "write it into the file, or leave the file out", Zh: "请写进文件，或不要给出文件"})
		}
		file, err := device.Read(words[0])
		if err == nil && h.Named() && file.HasHub() {
			err = terminal.Usage("--hub", sockeye.Text{En: "a hub is a target of the file already", Zh: "文件中已有集线服务作为目标"}, sockeye.Text{En: "the target sends rows, the flag publishes everything that the program does: keep one of them", Zh: "目标只发送数据行，该选项发布程序的全部事件：请只保留一个"})
		}
		return file, err
	}
	if len(words) == 0 && h.Named() {
		if h.send || h.rate > 0 {
			return nil, terminal.Usage("--hub-send --hub-rate", sockeye.Text{En: "a hub that is the target takes rows only", Zh: "作为目标的集线服务只接收数据行"}, sockeye.Text{En: "type an address, too: then the hub has everything that the program does", Zh: "再写一个地址：这样集线服务会收到程序的全部事件"})
		}
		file, err := device.One(f.read, f.simulate, f.every, "", h.asTarget(), device.RowFormat(f.format))
		return file, asFlagsOfDevice(err)
	}
	to, err := target()
	if err != nil {
		return nil, err
	}
	file, err := device.One(f.read, f.simulate, f.every, to.String(), "", device.RowFormat(f.format))
	return file, asFlagsOfDevice(err)
}

// asFlagsOfDevice names the flags that a key of a file stands for.
func asFlagsOfDevice(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var all []error
	for _, err := range joined.Unwrap() {
		e := *sockeye.ErrorOf(err)
		if _, key, ok := strings.Cut(e.Target, "]."); ok {
			e.Target = "--" + key
		} else if strings.HasPrefix(e.Target, "sensor[") {
			e.Target = "--read --simulate"
		}
		all = append(all, &e)
	}
	return errors.Join(all...)
}

// A board has little memory: deviceMemory bounds the record of a device that measures, and
// collecting garbage more often costs less than what it saves (22.0 of 23.9 MB).
const (
	deviceMemory    = 2 << 20
	deviceGCPercent = 40
)

// Client makes the workbench of a device that measures: a small one.
func (f *MeasureFlags) Client() client.Client {
	debug.SetGCPercent(deviceGCPercent)
	return client.New(client.LocalOptions{Memory: deviceMemory})
}

// stateDir is the folder of the queues of targets.
func (a *boardCommands) stateDir() (string, error) {
	state := a.StateDir()
	if state == "" {
		return "", terminal.Usage("", sockeye.Text{En: "there is no folder for the queues: no home directory is known", Zh: "没有存放队列的目录：未知主目录"}, sockeye.Text{En: "set SOCKEYE_HOME or XDG_STATE_HOME", Zh: "请设置 SOCKEYE_HOME 或 XDG_STATE_HOME"})
	}
	return filepath.Join(state, "device"), nil
}

// Measure plays the boards of a file in the workbench of c, until the person ends it. It
// says what becomes of targets and sensors, and in the end, unless quiet, of the rows.
func (f *MeasureFlags) Measure(x *terminal.Terminal, l *terminal.Runner, c client.Client, file *device.Config, show *terminal.DisplayFlags) error {
	a := &boardCommands{x}
	state, err := a.stateDir()
	if err != nil {
		return err
	}
	say := func(lines []string) {
		for _, line := range lines {
			l.Print(line)
		}
	}
	begun := sync.OnceFunc(memlimit.ReleaseProgram)
	statuses, err := device.Run(a.Ctx, file, device.RunOptions{Client: c, Root: f.root, State: state, Data: a.DataDir(), Version: terminal.ThisBuild().Version, Count: f.Count, Ramp: f.ramp, Drain: show.Drain, Env: a.Env,
		SafeMode: func(why *sockeye.Error) {
			say([]string{why.In(a.Lang), a.t("hint: ", "提示：") + why.Hint.In(a.Lang)})
		},
		Report: func(s device.TargetStatus) { say(a.targetLines(s)); begun() },
		Broken: func(board, sensor string, err error) { l.Print(a.sensorLine(board, sensor, err)) }})
	if err != nil {
		return err
	}
	if !show.Quiet {
		say(a.deviceSummary(statuses))
	}
	return a.Interrupted()
}

// targetLines say that a target came or went.
func (a *boardCommands) targetLines(s device.TargetStatus) []string {
	name := payload.SafeString(s.Board + " → " + s.Target)
	waiting := fmt.Sprintf(a.t("rows that wait: %d", "等待发送的行数：%d"), s.Queue.Waiting)
	if s.Err == nil {
		return []string{fmt.Sprintf(a.t("%s: connected (%s)", "%s：已连接（%s）"), name, waiting)}
	}
	lines := []string{fmt.Sprintf(a.t("%s: away (%s): %s", "%s：不可用（%s）：%s"), name, waiting, payload.SafeString(s.Err.In(a.Lang)))}
	if s.State == device.Connected { // it refused rows, and is there
		lines[0] = fmt.Sprintf(a.t("%s: rows lost (%s): %s", "%s：有行未能送达（%s）：%s"), name, waiting, payload.SafeString(s.Err.In(a.Lang)))
	}
	if !s.Err.Hint.IsZero() {
		lines = append(lines, a.t("hint: ", "提示：")+s.Err.Hint.In(a.Lang))
	}
	return lines
}

func (a *boardCommands) sensorLine(board, sensor string, err error) string {
	name := payload.SafeString(board + "." + sensor)
	if err == nil {
		return fmt.Sprintf(a.t("%s: is read again", "%s：恢复读取"), name)
	}
	return fmt.Sprintf(a.t("%s: cannot be read: %s", "%s：无法读取：%s"), name, payload.SafeString(sockeye.ErrorOf(err).In(a.Lang)))
}

// deviceSummary says what became of the rows, of all boards of a target together.
func (a *boardCommands) deviceSummary(all []device.TargetStatus) []string {
	var names []string
	sums := map[string]*device.TargetStatus{}
	for _, s := range all {
		sum := sums[s.Target]
		if sum == nil {
			sum = &device.TargetStatus{}
			sums[s.Target] = sum
			names = append(names, s.Target)
		}
		sum.Queue.Confirmed += s.Queue.Confirmed
		sum.Queue.Waiting += s.Queue.Waiting
		sum.Queue.Dropped += s.Queue.Dropped
		sum.Queue.Unwritten += s.Queue.Unwritten
		sum.Queue.Damaged += s.Queue.Damaged
		sum.Again += s.Again
		sum.Rejected += s.Rejected
	}
	var lines []string
	for _, name := range names {
		s := sums[name]
		lines = append(lines, fmt.Sprintf(a.t("%s: %d rows delivered, %d sent again, %d rejected, %d dropped, %d not written, %d damaged, %d wait",
			"%s：已送达 %d 行，重发 %d，被拒 %d，丢弃 %d，未写入 %d，损坏 %d，等待 %d"), payload.SafeString(name), s.Queue.Confirmed, s.Again, s.Rejected, s.Queue.Dropped, s.Queue.Unwritten, s.Queue.Damaged, s.Queue.Waiting))
	}
	return lines
}
