package host

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/doctor"
	"sockeye/internal/netinfo"
	"sockeye/internal/terminal"
)

// doctorFlags are the flags of doctor.
type doctorFlags struct {
	json, verbose, listen, ask, code, serve, shorten bool
	with, share                                      string
}

func (a *hostCommands) doctorCommand() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor [ADDRESS]",
		Short: a.t("Find why a connection does not work", "诊断连接为什么不通"),
		Long: a.t(`Find why a connection does not work, and say the one thing to do. With an address it
tries the way to it; with a port alone (:10000) it looks at this machine's own server;
with nothing at the machine's network. It takes at most 5 seconds, needs no root, and sends
to nobody but the address asked for and, for a name, the name server.

What one side cannot see the other one can: run doctor --code there, and give its code to
--with here; or doctor --serve there, and doctor its address here.

The exit code is 0 if all is well, 3 if a cause was found, 1 if it could not be told.`,
			`诊断连接为什么不通，并给出该做的一件事。给出地址则检查通往它的通路；只给端口（:10000）
则检查本机自己的服务器；什么都不给则检查本机网络。最多 5 秒，不需要 root，除所问地址
（和查询域名时的域名服务器）外不向任何机器发送数据。

一方看不到的，另一方能看到：在对方机器运行 doctor --code，把代码交给这里的 --with；
或在对方运行 doctor --serve，再在这里诊断它的地址。

退出码：0 一切正常，3 找到原因，1 无法判断。`),
		Example: `  sockeye doctor 192.168.1.9:10000
  sockeye doctor udp://192.168.1.9:10000
  sockeye doctor :10000
  sockeye doctor --code :10000
  sockeye doctor --json 127.0.0.1:10000`,
	}
	fs := cmd.Flags()
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if fs.Changed("with") && f.with == "" {
			return terminal.Usage("--with", sockeye.Text{En: "is empty", Zh: "为空"},
				sockeye.Text{En: "give it the code that sockeye doctor --code prints on the other machine: is a variable of the shell unset?", Zh: "请给出另一台机器上 sockeye doctor --code 输出的代码：是否有 shell 变量未设置？"})
		}
		if fs.Changed("share") && f.share == "" {
			return terminal.Usage("--share", sockeye.Text{En: "is empty", Zh: "为空"},
				sockeye.Text{En: "give the name of a new file", Zh: "请给出一个新文件的名称"})
		}
		return a.doctor(args, f)
	}
	fs.BoolVar(&f.json, "json", false, a.t("print the report as JSON", "以 JSON 输出报告"))
	fs.BoolVarP(&f.verbose, "verbose", "v", false, a.t("show the evidence: the system's own words and numbers", "显示依据：系统给出的原文和数字"))
	fs.BoolVar(&f.listen, "listen", false, a.t("say whether a server could listen on the address", "检查服务器能否监听这个地址"))
	fs.BoolVar(&f.ask, "ask", false, a.t("send a silent server a TLS hello and a line of HTTP, to learn what it speaks", "向不说话的服务器发送 TLS 握手和一行 HTTP，了解它使用的协议"))
	fs.BoolVar(&f.code, "code", false, a.t("print what this machine is and listens on as a code, for --with on the other one", "以代码形式输出本机的地址和监听情况，供另一台机器的 --with 使用"))
	fs.StringVar(&f.with, "with", "", a.t("the code that doctor --code printed on the other machine", "另一台机器上 doctor --code 输出的代码"))
	fs.BoolVar(&f.serve, "serve", false, a.t("answer the doctor of another machine at this port, until Ctrl-C", "在这个端口应答另一台机器的诊断，直到按 Ctrl-C"))
	fs.StringVar(&f.share, "share", "", a.t("write the report to a file, for a forum or a teacher", "把报告写入文件，便于求助"))
	fs.BoolVar(&f.shorten, "shorten", false, a.t("shorten addresses of the Internet and hardware addresses in the shared file", "在分享的文件中缩短公网地址和硬件地址"))
	return cmd
}

func (a *hostCommands) doctor(args []string, f doctorFlags) error {
	address := ""
	switch {
	case len(args) > 2:
		return terminal.Usage("", terminal.TooMany(args[2]), sockeye.Text{En: "write one ADDRESS", Zh: "请只写一个地址"})
	case len(args) > 0:
		address = strings.Join(args, " ")
	}
	if f.code || f.serve {
		return a.otherSide(address, f)
	}
	if f.shorten && f.share == "" {
		return terminal.Usage("--shorten", sockeye.Text{En: "needs --share", Zh: "需要 --share"}, sockeye.Text{En: "add --share FILE", Zh: "请加上 --share 文件"})
	}
	other, err := a.otherFacts(f.with)
	if err != nil {
		return err
	}
	d := a.examine(doctor.Question{Address: address, ToListen: f.listen, Ask: f.ask}, other)
	if a.Ctx.Err() != nil {
		return a.Interrupted()
	}
	report := d.Report(a.Lang)
	if f.share != "" {
		if err := a.shareReport(report, f); err != nil {
			return err
		}
	}
	if f.json {
		err = a.PrintJSON(report)
	} else {
		_, err = fmt.Fprint(a.Out, report.String(a.Lang, f.verbose))
	}
	if err != nil {
		return err
	}
	switch report.Verdict {
	case doctor.Wrong:
		return terminal.Exit{Code: terminal.ExitExpectation}
	case doctor.CannotTell:
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	return nil
}

func (a *hostCommands) otherFacts(code string) (*doctor.Facts, error) {
	if code == "" {
		return nil, nil
	}
	other, err := doctor.ParseCode(code)
	if err != nil {
		return nil, terminal.Usage("--with", sockeye.ErrorOf(err).Message, sockeye.ErrorOf(err).Hint)
	}
	return other, nil
}

// examine asks the doctor, with a countdown on a terminal.
func (a *hostCommands) examine(q doctor.Question, other *doctor.Facts) *doctor.Diagnosis {
	done := make(chan *doctor.Diagnosis, 1)
	go func() { done <- core.Examine(a.Ctx, q, other) }()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for left := int(doctor.Longest.Round(time.Second).Seconds()); ; {
		select {
		case d := <-done:
			if terminal.IsTerminal(a.Err) {
				fmt.Fprint(a.Err, "\r\x1b[K")
			}
			return d
		case <-tick.C:
			if left--; terminal.IsTerminal(a.Err) {
				fmt.Fprintf(a.Err, a.t("\r\x1b[Klooking … %d s left at most", "\r\x1b[K正在检查……最多还需 %d 秒"), max(left, 0))
			}
		}
	}
}

// otherSide prints the code of this machine, or answers for it.
func (a *hostCommands) otherSide(address string, f doctorFlags) error {
	network, port, connects := sockeye.TCP, a.defaultPort(), false
	if address != "" {
		at, err := sockeye.ParseAddressPort(address, port)
		if err != nil {
			return err
		}
		network, port, connects = at.Network, at.Port, at.Host != ""
	}
	if f.code {
		own := doctor.OwnFacts(a.Ctx, network, port)
		own.Connects = own.Connects || connects
		code := own.Code()
		if f.json {
			return a.PrintJSON(map[string]any{"v": 1, "port": port, "code": code})
		}
		if terminal.IsTerminal(a.Out) {
			fmt.Fprint(a.Out, terminal.QRCode(code))
		}
		_, err := fmt.Fprintln(a.Out, code)
		return err
	}
	fmt.Fprintf(a.Err, a.t("answering at port %d; on the other machine run: sockeye doctor THIS-MACHINE:%d\n", "正在端口 %d 应答；请在另一台机器运行：sockeye doctor 本机地址:%d\n"), port, port)
	err := doctor.Serve(a.Ctx, port, func(from string) { fmt.Fprintf(a.Err, a.t("told %s\n", "已告知 %s\n"), from) })
	if err != nil {
		return netinfo.Explain("listen", fmt.Sprintf(":%d", port), err)
	}
	return a.Interrupted()
}

// shareReport writes a report to a new file, as text and as JSON below.
func (a *hostCommands) shareReport(report doctor.Report, f doctorFlags) error {
	if f.shorten {
		report = report.Shortened()
	}
	text, err := report.File(a.Lang)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(f.share, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		_, err = file.WriteString(text)
		if closing := file.Close(); err == nil {
			err = closing
		}
	}
	if err != nil {
		return &sockeye.Error{Kind: sockeye.System, Op: "write", Target: f.share, Err: err,
			Hint: sockeye.Text{En: "give the name of a new file", Zh: "请给出一个新文件的名称"}}
	}
	return nil
}
