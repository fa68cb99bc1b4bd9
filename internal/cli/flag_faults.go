package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// badFlags explains what pflag refused. It stops at the first value that is wrong; the
// others of the command line are told with it.
func (a *app) badFlags(cmd *cobra.Command, err error) error {
	if _, isValue := errors.AsType[*pflag.InvalidValueError](err); !isValue {
		return a.badFlag(cmd, err)
	}
	_, words, findErr := cmd.Root().Find(a.args)
	if findErr != nil {
		return a.badFlag(cmd, err)
	}
	var all []error
	rest := cmd.Flags().ParseAll(words, func(f *pflag.Flag, value string) error {
		if err := f.Value.Set(value); err != nil {
			all = append(all, withHint(cmd, badValue(cmd, f, value, err)))
		} else if option, ok := f.Value.(*optionFlag); ok {
			all = append(all, option.faults()...)
		}
		return nil
	})
	if rest != nil {
		all = append(all, a.badFlag(cmd, rest))
	}
	if len(all) == 0 {
		return a.badFlag(cmd, err)
	}
	return errors.Join(all...)
}

// badValue explains why a flag does not take a value.
func badValue(cmd *cobra.Command, f *pflag.Flag, value string, err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, badValue(cmd, f, value, one))
		}
		return errors.Join(all...)
	}
	if own, ok := errors.AsType[*sockeye.Error](err); ok {
		out := *own
		out.Op, out.Target = "", flagName(f)
		return &out
	}
	return terminal.Usage(flagName(f), sockeye.Text{
		En: fmt.Sprintf("%q is not %s", value, typeName(f).En),
		Zh: fmt.Sprintf("%q 不是%s", value, typeName(f).Zh)}, terminal.HelpHint(cmd))
}

// faults are what is wrong with the value that was set.
func (v *optionFlag) faults() (all []error) {
	joined, _ := v.option.Check(&v.into.o).(interface{ Unwrap() []error })
	if joined == nil {
		return nil
	}
	for _, err := range joined.Unwrap() {
		e := *sockeye.ErrorOf(err)
		e.Op, e.Target = "", "--"+v.name
		all = append(all, &e)
	}
	return all
}
