package cli

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// localizeHelp gives the command tree everything cobra would say by itself: help,
// usage, the help command and the help and version flags, in the language of
// this run.
func (a *app) localizeHelp(root *cobra.Command) {
	root.PersistentFlags().BoolP("help", "h", false, a.t("show this help", "显示帮助"))
	root.Version = terminal.ThisBuild().Version
	root.Flags().Bool("version", false, a.t("show the version", "显示版本"))
	root.PersistentPreRunE = a.prepare
	root.SetHelpCommand(a.helpCommand())
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { a.helpErr = a.helpOrUnknown(cmd) })
	root.SetUsageFunc(func(cmd *cobra.Command) error { return a.writeHelp(cmd) })
	root.PersistentFlags().SortFlags = false
	for cmd := range Every(root) {
		cmd.Flags().SortFlags = false // they are registered in the order they are shown
		a.completeOptions(cmd)
	}
}

// Every is a command and all below it.
func Every(cmd *cobra.Command) iter.Seq[*cobra.Command] {
	return func(yield func(*cobra.Command) bool) {
		if !yield(cmd) {
			return
		}
		for _, sub := range cmd.Commands() {
			for c := range Every(sub) {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// helpOrUnknown is what --help does: the help, unless the words before it name a
// command that there is none of.
func (a *app) helpOrUnknown(cmd *cobra.Command) error {
	if words := cmd.Flags().Args(); cmd.HasSubCommands() && len(words) > 0 {
		return terminal.OnlyKnownCommands(cmd, words)
	}
	return a.writeHelp(cmd)
}

// checkLang refuses a language that Sockeye does not speak; see app.language,
// which has chosen it by now.
func (a *app) checkLang(cmd *cobra.Command, _ []string) error {
	lang := cmd.Flag("lang")
	v := strings.ToLower(lang.Value.String())
	if !lang.Changed || strings.HasPrefix(v, "en") || strings.HasPrefix(v, "zh") {
		return nil
	}
	return terminal.Usage("--lang", sockeye.Text{En: fmt.Sprintf("%q is not a language of Sockeye", v), Zh: fmt.Sprintf("Sockeye 没有 %q 这种语言", v)},
		sockeye.Text{En: "write en or zh", Zh: "请写 en 或 zh"})
}

// Tree is the command tree in English as manual pages need it: with the usage
// lines of the help. It is for generators; its commands are not to be run.
func Tree() *cobra.Command {
	a := &app{Terminal: &terminal.Terminal{Lang: sockeye.English, Streams: terminal.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Env: func(string) string { return "" }}}}
	root := a.root()
	lines := map[*cobra.Command]string{}
	for cmd := range Every(root) {
		lines[cmd] = a.usageLine(cmd)
	}
	for cmd, line := range lines {
		if cmd.HasParent() {
			line = strings.TrimPrefix(line, cmd.Parent().CommandPath()+" ")
		}
		cmd.Use = line
		cmd.DisableFlagsInUseLine = true
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			f.Usage += a.defaultOf(f)
			f.DefValue = placeholder(f)
		})
	}
	return root
}

func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: a.t("Show the help of a command", "显示命令的帮助"),
		Long:  a.t("Show the help of a command, or of Sockeye. help options lists all options of endpoints.", "显示某个命令的帮助，或 Sockeye 的帮助。help options 列出端点的全部选项。"),
		Example: `  sockeye help listen
  sockeye help options`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (out []cobra.Completion, _ cobra.ShellCompDirective) {
			for _, c := range cmd.Root().Commands() {
				if len(args) == 0 && c.IsAvailableCommand() {
					out = append(out, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			if len(args) == 0 {
				out = append(out, cobra.CompletionWithDesc(optionsTopic, a.T("Options of endpoints", "端点选项")))
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == optionsTopic {
				return a.writeOptions(sockeye.AllOptions)
			}
			topic, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if err := terminal.OnlyKnownCommands(topic, rest); err != nil {
				return err
			}
			return a.writeHelp(topic)
		},
	}
}

// expertFlags are the flags that the experiment can do without, besides the options that
// are declared so. They stand under their own heading.
var expertFlags = []string{
	"append-output", "drain", "sync", "record-size", "record-time", "record-total", "record-age",
	"bind", "cert", "key", "password-file", "host",
}

// placeholders are the words for a flag's value, by flag; see placeholder for
// the others.
var placeholders = map[string]string{
	"lang": "en|zh", "exec": "COMMAND", "sh-exec": "LINE", "hex-dump": "FILE",
	"send-hex": "HEX", "expect-hex": "HEX", "recv": "BYTES",
	"port": "PORT", "peer": "PEER", "session": "SESSION", "direction": "received|sent", "since": "TIME", "until": "TIME", "bytes": "HEX",
	"output": "PATH", "record": "PLACE", "sync": "relaxed|always", "format": "FORMAT", "from": "N",
	"bind": "IP", "cert": "FILE", "key": "FILE", "password-file": "FILE", "host": "NAME", "to": "PEER", "line-ending": "lf|crlf|cr",
	"charset": "NAME", "checksum": "NAME", "send-list": "FILE", "send-file": "FILE", "repeat": "N", "var": "NAME=VALUE", "fields": "SPEC", "value": "NAME", "as": "NAME", "decode": "NAME", "registers": "FILE", "schema": "FILE", "requests": "received|sent", "id-field": "NAME", "sequence": "NAME",
	"fault": "FAULT", "upstream": "ADDRESS",
}

func placeholder(f *pflag.Flag) string {
	if v, ok := f.Value.(*optionFlag); ok {
		return v.option.ValueName()
	}
	if p, ok := placeholders[f.Name]; ok {
		return p
	}
	switch f.Value.Type() {
	case "bool":
		return ""
	case "duration":
		return "TIME"
	case "size":
		return "SIZE"
	case "string", "words":
		return "TEXT"
	}
	return "N"
}

// writeHelp prints the help of a command to standard output.
func (a *app) writeHelp(cmd *cobra.Command) error {
	out := bufio.NewWriter(a.Out)
	section := func(title, body string) {
		if body != "" {
			out.WriteString("\n" + title + "\n" + body)
		}
	}
	out.WriteString(strings.TrimSpace(cmd.Long) + "\n")
	section(a.t("Usage:", "用法："), "  "+a.usageLine(cmd)+"\n")
	if cmd.HasAvailableSubCommands() {
		section(a.t("Commands:", "命令："), commandList(cmd))
	}
	if cmd.HasExample() {
		section(a.t("Examples:", "示例："), strings.TrimRight(cmd.Example, "\n")+"\n")
	}
	isExpert := func(f *pflag.Flag) bool {
		v, isOption := f.Value.(*optionFlag)
		return isOption && v.option.Expert || slices.Contains(expertFlags, f.Name)
	}
	common := cmd.Root().PersistentFlags()
	isCommon := func(f *pflag.Flag) bool { return common.Lookup(f.Name) != nil }
	section(a.t("Flags:", "选项："), a.flagList(cmd.Flags(), func(f *pflag.Flag) bool { return !isExpert(f) && !isCommon(f) }))
	section(a.t("Expert flags:", "高级选项："), a.flagList(cmd.Flags(), isExpert))
	section(a.t("Flags of every command:", "通用选项："), a.flagList(common, isCommon))
	if cmd.HasAvailableSubCommands() {
		if !cmd.HasParent() {
			section(a.t("As with ncat:", "与 ncat 相同的用法："), a.t(
				"  sockeye -l PORT     listen, for one connection; with -k for all\n  sockeye HOST PORT   connect\n",
				"  sockeye -l 端口     监听，服务一个连接；加 -k 服务全部\n  sockeye 主机 端口   连接\n"))
		}
		section(a.t("More:", "更多："), fmt.Sprintf(a.t(
			"  %s COMMAND --help shows the flags of a command.\n", "  %s 命令 --help 显示该命令的选项。\n"), cmd.CommandPath()))
	}
	return out.Flush()
}

// usageLine is the command with its flags before its words, as all examples write it.
func (a *app) usageLine(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return "sockeye " + a.t("COMMAND [flags] [ADDRESS]", "命令 [选项] [地址]")
	}
	_, words, _ := strings.Cut(cmd.Use, " ")
	command := ""
	if cmd.HasAvailableSubCommands() {
		command = a.t(" COMMAND", " 命令")
		words = strings.TrimPrefix(words, "COMMAND")
	}
	words = strings.NewReplacer("ADDRESS", a.t("ADDRESS", "地址"), "HOST", a.t("HOST", "主机"), "PORT", a.t("PORT", "端口"),
		"COMMAND", a.t("COMMAND", "命令"), "RECORDING", a.t("RECORDING", "记录"), "SESSION", a.t("SESSION", "会话"), "MODE", a.t("MODE", "模式"), "TEXT", a.t("TEXT", "文本"), "TO", a.t("TO", "目标")).Replace(words)
	return strings.TrimSpace(cmd.CommandPath() + command + a.t(" [flags] ", " [选项] ") + strings.TrimSpace(words))
}

// commandOrder is how the commands are listed: what a newcomer needs first. Those
// below another command stand by name.
var commandOrder = []string{"ui", "session", "demo", "listen", "connect", "relay", "device", "code", "deploy", "run", "hub", "rule", "log", "decode", "encode", "plot", "fields", "load", "payload", "crc", "ca", "addrs", "discover", "ports", "sensors", "service", "resolve", "doctor", "explain", "help", "completion", "version"}

func commandList(cmd *cobra.Command) string {
	commands := slices.Clone(cmd.Commands())
	if !cmd.HasParent() {
		slices.SortFunc(commands, func(a, b *cobra.Command) int {
			return slices.Index(commandOrder, a.Name()) - slices.Index(commandOrder, b.Name())
		})
	}
	var b strings.Builder
	for _, c := range commands {
		if c.IsAvailableCommand() || c.Name() == "help" {
			fmt.Fprintf(&b, "  %-12s%s\n", c.Name(), c.Short)
		}
	}
	return b.String()
}

// flagList prints those flags of a set that are wanted, one per line, in the
// order they were registered.
func (a *app) flagList(fs *pflag.FlagSet, want func(*pflag.Flag) bool) string {
	const indent = 33
	var b strings.Builder
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || !want(f) {
			return
		}
		left := "      --" + f.Name
		if f.Shorthand != "" {
			left = "  -" + f.Shorthand + ", --" + f.Name
		}
		switch p := placeholder(f); {
		case p == "":
		case f.NoOptDefVal != "": // it may be left out
			left += "[=" + p + "]"
		default:
			left += " " + p
		}
		b.WriteString(inColumns(left, f.Usage+a.defaultOf(f), indent) + "\n")
	})
	return b.String()
}

// inColumns sets a text beside what it is about, from column indent on; where there is no
// room, below it.
func inColumns(left, text string, indent int) string {
	if columns(left) >= indent {
		left += "\n" + strings.Repeat(" ", indent)
	}
	return wrap(fmt.Sprintf("%-*s", indent, left), text, indent)
}

// defaultOf is the default of a flag, unless it is nothing, or its text says it.
func (a *app) defaultOf(f *pflag.Flag) string {
	if slices.Contains([]string{"", "0", "false", "[]"}, f.DefValue) ||
		strings.Contains(f.Usage, "(default") || strings.Contains(f.Usage, "（默认") {
		return ""
	}
	def := f.DefValue
	if def == "true" {
		return a.t(" (on; off with --"+f.Name+"=false)", "（默认开启，用 --"+f.Name+"=false 关闭）")
	}
	if f.Value.Type() == "string" && placeholder(f) == "TEXT" {
		def = `"` + def + `"`
	}
	return a.t(" (default "+def+")", "（默认 "+def+"）")
}

// wrap breaks text at spaces so that lines stay under 100 columns, and indents
// what follows the first. A Chinese character takes two columns.
func wrap(left, text string, indent int) string {
	const most = 100
	line := left
	column := indent
	for n, word := range strings.Split(text, " ") {
		w := columns(word)
		switch {
		case n == 0:
		case column+1+w > most:
			line += "\n" + strings.Repeat(" ", indent)
			column = indent
		default:
			line += " "
			column++
		}
		line += word
		column += w
	}
	return line
}

func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x2e80 { // CJK and full-width forms
			n++
		}
	}
	return n
}
