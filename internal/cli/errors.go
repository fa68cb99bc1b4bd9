package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// badFlag explains what pflag refused.
func (a *app) badFlag(cmd *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, e.GetSpecifiedName())
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		name := flagName(e.GetFlag())
		return terminal.Usage(name, sockeye.Text{En: "needs a value", Zh: "需要一个值"}, terminal.HelpHint(cmd))
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return badValue(cmd, e.GetFlag(), e.GetValue(), e.Unwrap())
	}
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	return terminal.Usage("", sockeye.Text{En: err.Error()}, terminal.HelpHint(cmd))
}

func unknownFlag(cmd *cobra.Command, name string) error {
	dashed := "--" + name
	if len(name) == 1 {
		dashed = "-" + name
	}
	hint := terminal.HelpHint(cmd)
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near := terminal.Nearest(name, names); near != "" && len(name) > 1 {
		hint = sockeye.Text{En: fmt.Sprintf("did you mean --%s?", near), Zh: fmt.Sprintf("是否想输入 --%s？", near)}
	}
	if name == "#" { // a list of standard input
		hint = sockeye.Text{En: "what is no flag stands behind --, as in: -- -#NAME", Zh: "不是选项的内容写在 -- 之后，例如：-- -#名称"}
	}
	return terminal.Usage("", sockeye.Text{En: "unknown flag " + dashed, Zh: "未知的选项 " + dashed}, hint)
}

// withHint adds where to look to an error of the command line that has no better
// hint.
func withHint(cmd *cobra.Command, err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, withHint(cmd, one))
		}
		return errors.Join(all...)
	}
	e, ok := errors.AsType[*sockeye.Error](err)
	if !ok || e.Kind != sockeye.Invalid || !e.Hint.IsZero() {
		return err
	}
	out := *e
	out.Hint = terminal.HelpHint(cmd)
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
