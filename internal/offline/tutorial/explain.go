package tutorial

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/glossary"
	"sockeye/internal/terminal"
)

func (a *tutorialCommands) explainCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain [WORD]",
		Short: a.t("Explain a word of sockets: window, RST, backlog …", "解释网络术语：窗口、RST、backlog……"),
		Long: a.t(`Explain a word of sockets and networks: a short text, a picture where it helps, the
command that shows it on this machine, and where it is laid down. Without WORD it lists the words.`,
			`解释套接字和网络的术语：一段简短的说明、有帮助时附图、在本机查看它的命令，以及出处。
不写术语则列出全部。`),
		Example: `  sockeye explain window
  sockeye explain sticky packets
  sockeye explain --json TIME_WAIT`,
		RunE: func(_ *cobra.Command, args []string) error { return a.explain(strings.Join(args, " "), asJSON) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return glossary.Names(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

// wordLine is the --json form of a word.
type wordLine struct {
	V       int      `json:"v"`
	Word    string   `json:"word"`
	Name    string   `json:"name"`
	Also    []string `json:"also,omitempty"`
	Text    string   `json:"text"`
	Picture string   `json:"picture,omitempty"`
	Command string   `json:"command"`
	RFC     string   `json:"rfc,omitempty"`
}

func (a *tutorialCommands) explain(word string, asJSON bool) error {
	if word == "" {
		return a.listWords(asJSON)
	}
	e, ok := glossary.Find(word)
	if !ok {
		hint := sockeye.Text{En: "sockeye explain lists the words", Zh: "sockeye explain 列出全部术语"}
		if near := terminal.Nearest(strings.ToLower(word), glossary.Names()); near != "" {
			hint = terminal.DidYouMean(near)
		}
		return terminal.Usage(word, sockeye.Text{En: "this word is not explained here", Zh: "这里没有解释这个术语"}, hint)
	}
	if asJSON {
		return a.PrintJSON(a.wordJSON(e))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", e.Name().In(a.Lang), e.Text().In(a.Lang))
	if picture := e.Drawing().In(a.Lang); picture != "" {
		fmt.Fprintf(&b, "\n    %s\n", strings.ReplaceAll(picture, "\n", "\n    "))
	}
	fmt.Fprintf(&b, "\n%s%s\n", a.t("see it here: ", "在本机查看："), e.Command)
	if e.RFC != "" {
		fmt.Fprintf(&b, "%s%s\n", a.t("laid down in: ", "出处："), e.RFC)
	}
	_, err := fmt.Fprint(a.Out, b.String())
	return err
}

func (a *tutorialCommands) wordJSON(e glossary.Entry) wordLine {
	return wordLine{1, e.Word, e.Name().In(a.Lang), e.Also, e.Text().In(a.Lang), e.Drawing().In(a.Lang), e.Command, e.RFC}
}

func (a *tutorialCommands) listWords(asJSON bool) error {
	rows := [][]string{{a.t("word", "术语"), a.t("in Chinese", "中文"), a.t("also", "又作")}}
	for _, e := range glossary.All() {
		if asJSON {
			if err := a.PrintJSON(a.wordJSON(e)); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{e.Word, e.Zh, strings.Join(e.Also, ", ")})
	}
	if asJSON {
		return nil
	}
	return a.PrintTable(rows, "")
}
