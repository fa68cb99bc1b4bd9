package terminal

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"sockeye"
)

// MayAsk reports whether a person is there to be asked.
func (a *Terminal) MayAsk() bool { return IsTerminal(a.In) && IsTerminal(a.Err) }

// AskSecret asks a person at the terminal for a secret, which is not shown and not kept.
func (a *Terminal) AskSecret(question sockeye.Text) (string, error) {
	in, ok := a.In.(*os.File)
	if !ok || !a.MayAsk() {
		return "", Usage("", sockeye.Text{En: "nobody is there to be asked for a password", Zh: "没有终端可供输入密码"}, sockeye.Text{En: "use a key: ssh-copy-id puts it there", Zh: "请使用密钥：ssh-copy-id 可以安装公钥"})
	}
	fmt.Fprint(a.Err, question.In(a.Lang))
	secret, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(a.Err)
	return string(secret), err
}

// AskYes asks a person at the terminal a question; without one the answer is no.
func (a *Terminal) AskYes(question string) bool {
	if !a.MayAsk() {
		return false
	}
	fmt.Fprint(a.Err, question+" [y/N] ")
	line, _ := bufio.NewReaderSize(a.In, 16).ReadString('\n')
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes" || answer == "是"
}
