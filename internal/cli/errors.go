package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/payload"
)

// showError prints one line with the fault and one with the hint, for each error
// of a joined one.
func (a *app) showError(err error) {
	for _, line := range a.errorLines(err) {
		fmt.Fprintln(a.Err, line)
	}
}

// errorLines is an error as people see it, safe for a terminal.
func (a *app) errorLines(err error) []string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, e := range joined.Unwrap() {
			all = append(all, a.errorLines(e)...)
		}
		return all
	}
	e, ok := errors.AsType[*sockeye.Error](err)
	if !ok {
		return []string{"sockeye: " + payload.SafeString(a.named(err.Error()))}
	}
	lines := []string{"sockeye: " + payload.SafeString(a.named(e.In(a.lang)))}
	if hint := e.Hint.In(a.lang); hint != "" {
		lines = append(lines, a.t("hint: ", "提示：")+payload.SafeString(a.named(hint)))
	}
	return lines
}

// usage is an error of the command line itself.
func usage(target string, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Target: target, Message: message, Hint: hint}
}

// onlyKnownCommands refuses a first word that is no command, and names the
// nearest one.
func (a *app) onlyKnownCommands(cmd *cobra.Command, args []string) error {
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
	if near := nearest(args[0], names); near != "" {
		hint = sockeye.Text{En: fmt.Sprintf("did you mean %q?", near), Zh: fmt.Sprintf("是否想输入 %q？", near)}
	}
	return usage("", sockeye.Text{En: fmt.Sprintf("unknown command %q", args[0]), Zh: fmt.Sprintf("未知的命令 %q", args[0])}, hint)
}

// badFlag explains what pflag refused.
func (a *app) badFlag(cmd *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, e.GetSpecifiedName())
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		name := flagName(e.GetFlag())
		return usage(name, sockeye.Text{En: "needs a value", Zh: "需要一个值"}, helpHint(cmd))
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		if own, ok := errors.AsType[*sockeye.Error](e.Unwrap()); ok {
			out := *own
			out.Op, out.Target = "", flagName(e.GetFlag())
			return &out
		}
		return usage(flagName(e.GetFlag()), sockeye.Text{
			En: fmt.Sprintf("%q is not %s", e.GetValue(), typeName(e.GetFlag()).En),
			Zh: fmt.Sprintf("%q 不是%s", e.GetValue(), typeName(e.GetFlag()).Zh)}, helpHint(cmd))
	}
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	return usage("", sockeye.Text{En: err.Error()}, helpHint(cmd))
}

func unknownFlag(cmd *cobra.Command, name string) error {
	dashed := "--" + name
	if len(name) == 1 {
		dashed = "-" + name
	}
	hint := helpHint(cmd)
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near := nearest(name, names); near != "" && len(name) > 1 {
		hint = sockeye.Text{En: fmt.Sprintf("did you mean --%s?", near), Zh: fmt.Sprintf("是否想输入 --%s？", near)}
	}
	return usage("", sockeye.Text{En: "unknown flag " + dashed, Zh: "未知的选项 " + dashed}, hint)
}

// withHint adds where to look to an error of the command line that has no better
// hint.
func withHint(cmd *cobra.Command, err error) error {
	e, ok := errors.AsType[*sockeye.Error](err)
	if !ok || e.Kind != sockeye.Invalid || !e.Hint.IsZero() {
		return err
	}
	out := *e
	out.Hint = helpHint(cmd)
	return &out
}

func flagName(f *pflag.Flag) string { return "--" + f.Name }

func typeName(f *pflag.Flag) sockeye.Text {
	switch f.Value.Type() {
	case "int", "int64", "uint", "uint16", "uint64":
		return sockeye.Text{En: "a number that fits", Zh: "有效的数字"}
	case "bool":
		return sockeye.Text{En: "true or false", Zh: " true 或 false"}
	}
	return sockeye.Text{En: "a valid value", Zh: "有效的值"}
}

func helpHint(cmd *cobra.Command) sockeye.Text {
	return sockeye.Text{
		En: fmt.Sprintf("%q lists the flags", cmd.CommandPath()+" --help"),
		Zh: fmt.Sprintf("用 %q 查看全部选项", cmd.CommandPath()+" --help")}
}

// nearest is the candidate within two edits of a word (one for short words), or "".
func nearest(word string, candidates []string) string {
	best, most := "", 2
	if len(word) < 4 {
		most = 1
	}
	for _, c := range candidates {
		if d := edits(word, c); d <= most {
			best, most = c, d-1
		}
	}
	return best
}

// edits is the number of letters to add, drop, change or swap with their
// neighbour to get from one word to another (optimal string alignment).
func edits(from, to string) int {
	a, b := []rune(from), []rune(to)
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
