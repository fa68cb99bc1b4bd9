package terminal

import (
	"fmt"
	"net/netip"
	"os/exec"
	"runtime"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/responder"
)

// ExecFlags say which program answers each peer.
type ExecFlags struct {
	exec, shell string
	flags       *pflag.FlagSet // they are registered with
}

// Register adds the flags to a command.
func (f *ExecFlags) Register(a *Terminal, fs *pflag.FlagSet) {
	f.flags = fs
	fs.StringVarP(&f.exec, "exec", "e", "", a.T("run this program for each peer, connected to it; no shell sees the words", "为每个连接对象运行此程序并与其相连；不经过 shell"))
	fs.StringVarP(&f.shell, "sh-exec", "c", "", a.T("the same for a shell's command line", "同上，内容为一条 shell 命令"))
}

// Program is what the flags mean; nil if they mean none.
func (f *ExecFlags) Program(a *Terminal) (*responder.ExecProgram, error) {
	byExec, byShell := f.flags != nil && f.flags.Changed("exec"), f.flags != nil && f.flags.Changed("sh-exec")
	if byExec && byShell {
		return nil, Usage("--exec --sh-exec", sockeye.Text{En: "only one of the two", Zh: "两者只能选一"}, sockeye.Text{En: "leave one out", Zh: "请去掉其中一个"})
	}
	var args []string
	switch {
	case byShell && strings.TrimSpace(f.shell) == "":
		return nil, Usage("--sh-exec", sockeye.Text{En: "which command?", Zh: "缺少命令"}, sockeye.Text{En: "write 'COMMAND ARGUMENT...'", Zh: "写成 '命令 参数...'"})
	case byShell && runtime.GOOS == "windows":
		args = []string{"cmd", "/C", f.shell}
	case byShell:
		args = []string{"/bin/sh", "-c", f.shell}
	case byExec:
		var err error
		if args, err = splitCommand(f.exec); err != nil {
			return nil, err
		}
	default:
		return nil, nil
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return nil, Usage("--exec", sockeye.Text{En: fmt.Sprintf("%q is no program that can be run", args[0]), Zh: fmt.Sprintf("%q 不是可以运行的程序", args[0])},
			sockeye.Text{En: "write its whole path; its arguments stand behind it, with spaces between", Zh: "请写完整路径；参数写在后面，用空格分隔"})
	}
	args[0] = path
	return &responder.ExecProgram{Args: args, Stderr: a.Err}, nil
}

// Answer says how a session answers its peers by itself.
type Answer = responder.Answer

// Answer returns an answer by the program of the flags, or by nobody.
func (f *ExecFlags) Answer(a *Terminal) (responder.Answer, error) {
	program, err := f.Program(a)
	return responder.Answer{Program: program}, err
}

// splitCommand splits a program and its arguments at spaces. Quotes keep spaces
// together, and outside Windows, where it is in paths, \ keeps the next character.
func splitCommand(line string) ([]string, error) {
	var args []string
	var word strings.Builder
	quote, escaped, begun := rune(0), false, false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'' && runtime.GOOS != "windows":
			escaped, begun = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case unicode.IsSpace(r):
			if begun {
				args = append(args, word.String())
				word.Reset()
			}
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if begun {
		args = append(args, word.String())
	}
	if quote != 0 || escaped {
		return nil, Usage("--exec", sockeye.Text{En: "a quote or \\ has no end", Zh: "引号或 \\ 没有结束"}, sockeye.Text{En: "write 'PROGRAM ARGUMENT...'", Zh: "写成 '程序 参数...'"})
	}
	if len(args) == 0 {
		return nil, Usage("--exec", sockeye.Text{En: "which program?", Zh: "缺少程序"}, sockeye.Text{En: "write 'PROGRAM ARGUMENT...'", Zh: "写成 '程序 参数...'"})
	}
	return args, nil
}

// execPeers is how many programs run at a time unless --max-peers says so: ncat's limit.
const execPeers = 100

func isLoopbackHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// WarnOfProgram warns if everybody who reaches the port can make the program run: if it is open to
// more than this computer and no peers were chosen.
func (a *Terminal) WarnOfProgram(p *responder.ExecProgram, ep sockeye.Endpoint) {
	if isLoopbackHost(ep.Address.Host) || len(ep.Options.AllowPeers) > 0 {
		return
	}
	fmt.Fprintf(a.Err, a.T("warning: whoever reaches this port has %s run as you\nhint: --allow-peers 192.168.1.0/24 lets only some in\n",
		"警告：任何能连接此端口的人都可以用你的身份运行 %s\n提示：用 --allow-peers 192.168.1.0/24 限制来源\n"), strings.Join(p.Args, " "))
}

// AnswerFlags say how a listening session answers by itself.
type AnswerFlags struct {
	ExecFlags
	Echo, Broker, Chat bool
}

// Answer returns how the session answers by itself. The flags may ask for one way only.
func (f *AnswerFlags) Answer(a *Terminal, ep *sockeye.Endpoint) (responder.Answer, error) {
	program, err := f.Program(a)
	if err != nil {
		return responder.Answer{}, err
	}
	answer := responder.Answer{Echo: f.Echo, Program: program}
	if f.Broker || f.Chat {
		answer.Broker = &responder.BrokerMode{Chat: f.Chat}
	}
	if program != nil && (f.Echo || answer.Broker != nil) || f.Echo && answer.Broker != nil {
		return answer, Usage("--echo --exec --broker", sockeye.Text{En: "only one of them can answer", Zh: "只能选择一种应答方式"}, sockeye.Text{En: "leave the others out", Zh: "请去掉其余选项"})
	}
	if program != nil {
		ForProgram(ep)
		if ep.Options.MaxPeers == 0 {
			ep.Options.MaxPeers = execPeers
		}
	}
	return answer, nil
}

// programHalfOpen is longer than any program should take to answer.
const programHalfOpen = 24 * time.Hour

// ForProgram makes a peer that finished sending stay until its program has sent everything.
func ForProgram(ep *sockeye.Endpoint) {
	if ep.Options.HalfOpen == 0 && ep.Takes("half-open") {
		ep.Options.HalfOpen = programHalfOpen
	}
}
