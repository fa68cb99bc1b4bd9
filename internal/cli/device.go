package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/boards"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

// deviceFlags are the flags of device.
type deviceFlags struct {
	endpointFlags
	viewFlags
	terminal.PayloadFlags
	board terminal.BoardFlags
	allow guardFlag
	boards.AnnounceFlag
	boards.MeasureFlags
}

func (a *app) deviceCommand() *cobra.Command {
	var f deviceFlags
	cmd := &cobra.Command{
		Use:   "device [ADDRESS | FILE.toml]",
		Short: a.t("Play the board: say hello and echo, or measure and send", "扮演开发板：问好并回传，或测量并发送"),
		Long: a.t(`Play the board of the experiment (default address localhost:10000): connect, send
the hello, print what comes and send it back. It leaves when the PC closes.

With a device file it measures: it reads sensors at their rates and sends the values to
targets, each with a queue on disk. --read or --simulate do so for one sensor.`,
			`扮演实验中的开发板（默认地址 localhost:10000）：连接、发送问候，
打印收到的数据并回传。电脑端关闭时退出。

给出设备文件时则进行测量：按各自的频率读取传感器，把数值发往各个目标，每个目标在磁盘上有自己的队列。
--read 或 --simulate 用于只有一个传感器的情形。`),
		Example: `  sockeye device 192.168.1.111:10000
  sockeye device --reconnect 192.168.1.111:10000
  sockeye device --count 30 --hello 'board here\r\n' localhost:10000
  sockeye device greenhouse.toml
  sockeye device --read thermal/thermal_zone0 --every 100ms --format firewater 192.168.1.111:10000`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.plan(a, cmd, args)
			switch {
			case err != nil:
				return err
			case p.file != nil:
				return a.measure(&f, p)
			}
			return a.device(&f, p)
		},
	}
	a.checks(cmd, 0, func(words []string) error {
		_, err := f.plan(a, cmd, words)
		return err
	})
	fs := cmd.Flags()
	f.endpointFlags.register(a, fs)
	cmd.ValidArgsFunction = f.completeAddress
	f.registerConnect(a, fs)
	f.DisplayFlags.Register(a.Terminal, fs)
	f.RecordFlags.Register(a.Terminal, fs)
	f.board.RegisterHello(a.Terminal, fs)
	f.PayloadFlags.Register(a.Terminal, fs)
	f.board.RegisterInterval(a.Terminal, fs)
	fs.IntVar(&f.o.ReadSize, "recv", terminal.BoardReadSize, a.t("most bytes taken at a time", "单次最多接收的字节数"))
	f.allow.register(a, fs)
	fs.IntVar(&f.Count, "count", 1, a.t("how many boards to play", "模拟多少块板子"))
	f.MeasureFlags.Register(a.Terminal, fs)
	f.pageFlags.register(a, fs)
	f.HubFlags.Register(a.Terminal, fs)
	f.AnnounceFlag.Register(a.Terminal, fs)
	fs.MarkHidden("read-size")
	return cmd
}

// devicePlan is what the command line of device means.
type devicePlan struct {
	ep     sockeye.Endpoint
	file   *boards.DeviceFile // of a device that measures; nil plays the board of the experiment
	show   terminal.OutputFormat
	answer terminal.Answer
}

// plan reads the command line; the error is everything that is wrong with it.
func (f *deviceFlags) plan(a *app, cmd *cobra.Command, words []string) (p devicePlan, err error) {
	badAttach, badNumbers := f.pageFlags.check(a, cmd), f.outOfRange()
	var badTarget, badGuards, badBoard, badForm error
	if f.Unheard = boards.IsDeviceFile(words) || f.Measures(); f.Unheard {
		p.file, badTarget = f.File(words, &f.HubFlags, func() (sockeye.Address, error) {
			ep, err := f.endpoint(sockeye.Connect, words, "localhost", a.defaultPort())
			return ep.Address, err
		})
		badBoard = f.noAttach()
	} else {
		p.ep, badTarget = f.endpoint(sockeye.Connect, words, "localhost", a.defaultPort())
		allow, wrong := workspace.Allowed(f.allow.words)
		badGuards = guardFault(wrong)
		p.answer, badBoard = f.board.Answer(&f.PayloadFlags)
		p.answer.Allow = allow
	}
	p.show, badForm = f.RecordFlags.Form(a.Terminal, &f.DisplayFlags)
	return p, terminal.Together(badAttach, badNumbers, badTarget, badGuards, badBoard, badForm, f.AnnounceFlag.Check())
}

// measure plays a device that reads sensors.
func (a *app) measure(f *deviceFlags, p devicePlan) error {
	if err := f.HubFlags.Prepare(a.Terminal, &f.RecordFlags); err != nil {
		return err
	}
	c := f.Client()
	l, err := a.StartIn(c, p.show, &f.DisplayFlags, false, &f.RecordFlags, sockeye.Endpoint{Mode: sockeye.Connect})
	if err != nil {
		return err
	}
	if err := f.serve(a, l); err != nil {
		return err
	}
	if err := f.Board(a.Terminal, l); err != nil {
		return l.Finish(err)
	}
	return l.Finish(f.Measure(a.Terminal, l, c, p.file, &f.DisplayFlags))
}

func (f *deviceFlags) noAttach() error {
	if !f.attach {
		return nil
	}
	return terminal.Usage("--attach", sockeye.Text{En: "a device that measures runs in a process of its own", Zh: "测量的设备在自己的进程中运行"}, sockeye.Text{En: "leave it out; --ui shows this process in a browser", Zh: "请去掉；--ui 可在浏览器中查看本进程"})
}

// outOfRange says which numbers are no numbers of bytes or boards.
func (f *deviceFlags) outOfRange() error {
	var badSize, badCount error
	if f.o.ReadSize < 1 {
		badSize = terminal.Usage("--recv", sockeye.Text{
			En: fmt.Sprintf("%d: at least one byte has to be taken at a time", f.o.ReadSize), Zh: fmt.Sprintf("%d：每次至少接收 1 字节", f.o.ReadSize)},
			sockeye.Text{En: "the tutorial's program takes 128", Zh: "教程程序每次接收 128 字节"})
		f.o.ReadSize = terminal.BoardReadSize // the option need not be refused, too
	}
	if f.Count < 1 || f.Count > 20_000 {
		badCount = terminal.Usage("--count", sockeye.Text{
			En: fmt.Sprintf("%d is not between 1 and 20000", f.Count), Zh: fmt.Sprintf("%d 不在 1 和 20000 之间", f.Count)}, sockeye.Text{})
	}
	return terminal.Together(badSize, badCount, f.MeasureFlags.Check())
}

func (a *app) device(f *deviceFlags, p devicePlan) error {
	ep, show, answer := p.ep, p.show, p.answer
	f.Charset = f.ViewCharset()
	if f.attach {
		board, err := f.board.Device(&f.PayloadFlags)
		if err != nil {
			return err
		}
		return f.pageFlags.open(a, terminal.Attachment{Endpoint: ep, Open: &client.OpenOptions{Device: board, LiftGuards: f.allow.words}, Display: &f.DisplayFlags, Format: show})
	}
	l, err := f.begin(a, show, false, ep)
	if err != nil {
		return err
	}
	l.Bench.SetLookup(a.Lookup(&f.PayloadFlags))
	answer.Changeable = f.ui
	if err := f.Board(a.Terminal, l); err != nil {
		return l.Finish(err)
	}
	return l.Finish(l.Play(ep, answer, f.Count))
}
