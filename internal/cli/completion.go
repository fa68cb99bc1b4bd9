package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/terminal"
)

// shells write their completion script for the whole command tree.
var shells = []struct {
	name     string
	generate func(a *app, root *cobra.Command) error
}{
	{"bash", func(a *app, root *cobra.Command) error { return root.GenBashCompletionV2(a.Out, true) }},
	{"zsh", func(a *app, root *cobra.Command) error { return root.GenZshCompletion(a.Out) }},
	{"fish", func(a *app, root *cobra.Command) error { return root.GenFishCompletion(a.Out, true) }},
	{"powershell", func(a *app, root *cobra.Command) error { return root.GenPowerShellCompletionWithDesc(a.Out) }},
}

func (a *app) completionCommand() *cobra.Command {
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: a.t("Print the completion script for a shell", "输出命令行补全脚本"),
		Long: a.t(`Print the script that makes a shell complete Sockeye's commands and flags.
SHELL is bash, zsh, fish or powershell.

  bash        source <(sockeye completion bash)
              for every shell to come: sockeye completion bash > /etc/bash_completion.d/sockeye
  zsh         sockeye completion zsh > "${fpath[1]}/_sockeye"
  fish        sockeye completion fish > ~/.config/fish/completions/sockeye.fish
  powershell  sockeye completion powershell | Out-String | Invoke-Expression`,
			`输出让 shell 能够补全 Sockeye 命令与选项的脚本。
SHELL 可以是 bash、zsh、fish 或 powershell。

  bash        source <(sockeye completion bash)
              对以后的 shell 都生效：sockeye completion bash > /etc/bash_completion.d/sockeye
  zsh         sockeye completion zsh > "${fpath[1]}/_sockeye"
  fish        sockeye completion fish > ~/.config/fish/completions/sockeye.fish
  powershell  sockeye completion powershell | Out-String | Invoke-Expression`),
		Example:   `  source <(sockeye completion bash)`,
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.completion(cmd.Root(), args, names)
		},
	}
}

func (a *app) completion(root *cobra.Command, args, names []string) error {
	known := sockeye.Text{En: "choose one of " + strings.Join(names, ", "), Zh: "可选：" + strings.Join(names, "、")}
	switch {
	case len(args) == 0:
		return terminal.Usage("SHELL", sockeye.Text{En: "which shell is missing", Zh: "缺少 shell 名"}, known)
	case len(args) > 1:
		return terminal.Usage("", terminal.TooMany(args[1]), known)
	}
	for _, s := range shells {
		if s.name == args[0] {
			return s.generate(a, root)
		}
	}
	if near := terminal.Nearest(args[0], names); near != "" {
		known = terminal.DidYouMean(near)
	}
	return terminal.Usage("", sockeye.Text{En: fmt.Sprintf("unknown shell %q", args[0]), Zh: fmt.Sprintf("未知的 shell %q", args[0])}, known)
}
