package tutorial

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/core"
	"sockeye/internal/terminal"
)

// codeFlags are the flags of code.
type codeFlags struct {
	language, hello, pin, host, frame, check string
}

func (a *tutorialCommands) codeCommand() *cobra.Command {
	var f codeFlags
	var names []string
	for _, l := range core.ProgramLanguages() {
		names = append(names, l.Name)
	}
	cmd := &cobra.Command{
		Use:   "code [SESSION | ADDRESS]",
		Short: a.t("Write a program for the other side of a session", "为会话的对端生成程序"),
		Long: a.t(`Write a short program for the other side of a session: it connects, says hello, finds
messages in the stream, checks and answers them, and connects again when the other side
ends. SESSION is one that listens in the running workbench (the first one, if it is left
out): the program has its address and, for TLS, the pin of its key. For an ADDRESS nothing is
asked.`,
			`为会话的对端生成一个简短的程序：连接、发送问候、在字节流中找出消息、校验并应答，
对方结束后自动重连。SESSION 是正在运行的工作台中监听的会话（省略时取第一个），
程序带有它的地址，TLS 时还有公钥指纹。给出 ADDRESS 时不询问任何人。`),
		Example: `  sockeye code 192.168.1.111:10000 --for python > board.py
  sockeye code s1 --for micropython
  sockeye code udp://192.168.1.111:10000 --for c --frame length:size=2 --check crc16modbus
  sockeye code tls://192.168.1.111 --for go --pin sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.code(cmd, &f, args) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.language, "for", "python", a.t("the language: ", "编程语言：")+strings.Join(names, ", "))
	fs.StringVar(&f.hello, "hello", "Hello", a.t("the first message, text with escapes; \"\" is none", "第一条消息，文本可带转义；\"\" 表示没有"))
	fs.Var(terminal.FramingText(&f.frame), "frame", a.t("how messages are found in the stream (default: as the session's endpoint says, else as they are read)", "如何在字节流中分帧（默认：按会话的端点，否则按收到的块）"))
	fs.Var(terminal.ChecksumText(&f.check), "check", a.t("the checksum that frames end with, such as crc16modbus", "帧尾的校验，例如 crc16modbus"))
	fs.StringVar(&f.pin, "pin", "", a.t("the key of a TLS server, sha256//…", "TLS 服务器的公钥指纹，sha256//…"))
	fs.StringVar(&f.host, "host", "", a.t("what the other side calls this machine (default: the address that a board most likely reaches)", "对端使用的本机地址（默认：开发板最可能访问到的地址）"))
	cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// sessionName is what sessions are called.
var sessionName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^s\d+$`)
})

func (a *tutorialCommands) code(cmd *cobra.Command, f *codeFlags, args []string) error {
	if len(args) > 1 {
		return terminal.Usage(args[1], terminal.TooMany(args[1]), terminal.HelpHint(cmd))
	}
	text := ""
	if len(args) == 1 && !sessionName().MatchString(args[0]) {
		at, err := sockeye.ParseAddressPort(args[0], a.defaultPort())
		if err != nil {
			return err
		}
		if at.Host == "" && at.Network.Traits().IP {
			at.Host = f.host
		}
		if at.Host == "" && at.Network.Traits().IP {
			_, board, err := core.Reachable()
			if err != nil {
				return err
			}
			if at.Host = "127.0.0.1"; board.IsValid() {
				at.Host = board.String()
			}
		}
		p, err := core.WriteProgram(at, core.ProgramRequest{Language: f.language, Frame: f.frame, Check: f.check, Hello: f.hello, Pin: f.pin, Comments: a.Lang})
		if err != nil {
			return f.usage(err)
		}
		text = p.Text
	} else {
		var err error
		if text, err = a.sessionCode(f, args); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(a.Out, text)
	return err
}

// usage makes faults of the request faults of flags.
func (f *codeFlags) usage(err error) error {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for i, one := range all {
		e := sockeye.ErrorOf(one)
		target := e.Target
		switch target {
		case "for", "frame", "check", "hello":
			target = "--" + target
		}
		all[i] = terminal.Usage(target, e.Message, e.Hint)
	}
	return terminal.Together(all...)
}

// sessionCode asks the workbench that runs for the program.
func (a *tutorialCommands) sessionCode(f *codeFlags, args []string) (string, error) {
	c, err := client.Attach(a.Ctx, &client.AttachOptions{Language: a.Lang, Getenv: a.Env})
	if err != nil {
		return "", err
	}
	defer c.Close()
	id := ""
	if len(args) == 1 {
		id = args[0]
	} else if id, err = a.firstListener(c); err != nil {
		return "", err
	}
	q := url.Values{"for": {f.language}, "hello": {f.hello}, "lang": {string(a.Lang)}}
	for name, value := range map[string]string{"host": f.host, "frame": f.frame, "check": f.check} {
		if value != "" {
			q.Set(name, value)
		}
	}
	var p api.Program
	err = c.(interface{ API() *api.HTTPClient }).API().Ask(a.Ctx, "GET", "/sessions/"+id+"/program?"+q.Encode(), nil, &p)
	return p.Code, err
}

// firstListener is the first session that listens.
func (a *tutorialCommands) firstListener(c client.Client) (string, error) {
	all, err := c.Sessions(a.Ctx)
	if err != nil {
		return "", err
	}
	for _, s := range all {
		if s.State == client.Open && s.Endpoint.Mode == sockeye.Listen {
			return s.ID, nil
		}
	}
	return "", &sockeye.Error{Kind: sockeye.NotFound, Op: "write", Target: "SESSION",
		Message: sockeye.Text{En: "no session listens", Zh: "没有监听的会话"}, Hint: sockeye.Text{En: "open one, or give an address", Zh: "请先打开一个，或给出地址"}}
}
