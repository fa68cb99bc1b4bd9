package terminal

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
)

// HelpHint is the hint that names the help with the flags of a command.
func HelpHint(cmd *cobra.Command) sockeye.Text {
	return sockeye.Text{
		En: fmt.Sprintf("%q lists the flags", cmd.CommandPath()+" --help"),
		Zh: fmt.Sprintf("用 %q 查看全部选项", cmd.CommandPath()+" --help")}
}

// OnlyKnownCommands refuses a first word that is no command, and names the
// nearest one.
func OnlyKnownCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	hint := sockeye.Text{En: "the commands are: " + strings.Join(names, ", "), Zh: "可用命令：" + strings.Join(names, "、")}
	if near := Nearest(args[0], names); near != "" {
		hint = sockeye.Text{En: fmt.Sprintf("did you mean %q?", near), Zh: fmt.Sprintf("是否想输入 %q？", near)}
	}
	return Usage("", sockeye.Text{En: fmt.Sprintf("unknown command %q", args[0]), Zh: fmt.Sprintf("未知的命令 %q", args[0])}, hint)
}

// NoArguments refuses any word after a command that takes only flags, and names the
// nearest of its commands.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := HelpHint(cmd)
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if near := Nearest(args[0], names); near != "" {
		hint = DidYouMean(near)
	}
	return Usage("", TooMany(args[0]), hint)
}

// ExpectArguments refuses more words than a command takes.
func ExpectArguments(cmd *cobra.Command, args []string, most int) error {
	if len(args) <= most {
		return nil
	}
	return Usage("", TooMany(args[most]), HelpHint(cmd))
}
