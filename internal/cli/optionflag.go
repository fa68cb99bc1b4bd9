package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// optionFlag is the flag of an option of endpoints, as the table declares it.
type optionFlag struct {
	option *sockeye.Option
	name   string // of this flag, which may be another one of the option's
	into   *endpointFlags
}

// registerOptions adds the flags of those options of a table that are of a mode alone,
// or of both.
func (f *endpointFlags) registerOptions(a *app, fs *pflag.FlagSet, table sockeye.OptionTable, mode sockeye.Mode) {
	for i := range table {
		d := &table[i]
		if d.Mode != mode {
			continue
		}
		f.registerOption(fs, d, d.Name, a.optionUsage(d))
		for _, other := range append(d.Aliases[:len(d.Aliases):len(d.Aliases)], d.FlagAliases...) {
			f.registerOption(fs, d, other, "").Hidden = true
		}
	}
}

func (f *endpointFlags) registerOption(fs *pflag.FlagSet, d *sockeye.Option, name, usage string) *pflag.Flag {
	short := ""
	if name == d.Name {
		short = d.Short
	}
	flag := fs.VarPF(&optionFlag{d, name, f}, name, short, usage)
	switch {
	case d.Kind == sockeye.OptionSwitch:
		flag.NoOptDefVal = "true"
	case d.Bare != 0 && name == d.Name: // fin-idle always had a value
		flag.NoOptDefVal = d.Bare.String()
	}
	return flag
}

// optionUsage is what help says of an option: what it does, where, and its default.
func (a *app) optionUsage(d *sockeye.Option) string {
	usage := d.Help.In(a.Lang)
	if d.System != "" {
		usage += fmt.Sprintf(a.t(" (%s)", "（%s）"), d.System)
	}
	switch def := d.DefaultText().In(a.Lang); {
	case def == "" || d.IsOnByDefault():
	case d.Defaults[0].Value != nil:
		usage += fmt.Sprintf(a.t(" (default %s)", "（默认 %s）"), def)
	default:
		usage += fmt.Sprintf(a.t(" (default: %s)", "（默认：%s）"), def)
	}
	return usage
}

func (v *optionFlag) Type() string {
	switch v.option.Kind {
	case sockeye.OptionSwitch:
		return "bool"
	case sockeye.OptionTime:
		return "duration"
	case sockeye.OptionBytes, sockeye.OptionCount, sockeye.OptionPort:
		return "int"
	case sockeye.OptionText, sockeye.OptionFile, sockeye.OptionChoice, sockeye.OptionInterface:
		return "string"
	}
	return string(v.option.Kind)
}

// String is the default of a switch that is on; what help says of other defaults is
// in the usage.
func (v *optionFlag) String() string {
	if v.option != nil && v.option.IsOnByDefault() {
		return "true"
	}
	return ""
}

func (v *optionFlag) Set(s string) error {
	if v.into.typed == nil {
		v.into.typed = map[string]string{}
	}
	v.into.typed[v.option.Name] = v.name
	return v.option.SetText(&v.into.o, s)
}

// complete gives a shell the values of an option.
func (v *optionFlag) complete(a *app) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) (out []cobra.Completion, _ cobra.ShellCompDirective) {
		if v.option.Kind == sockeye.OptionFile {
			return nil, cobra.ShellCompDirectiveDefault
		}
		switch v.option.Kind {
		case sockeye.OptionSwitch:
			out = []cobra.Completion{"on", "off"}
		case sockeye.OptionChoice:
			for _, w := range v.option.Words {
				out = append(out, cobra.CompletionWithDesc(w.Word, w.Help.In(a.Lang)))
			}
		case sockeye.OptionInterface:
			out = terminal.InterfaceNames()
		case sockeye.OptionAddresses:
			out = terminal.LocalAddresses()
		}
		return append(out, v.option.Suggest...), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeOptions registers the values of every option of a command for shells.
func (a *app) completeOptions(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if v, ok := f.Value.(*optionFlag); ok {
			cmd.RegisterFlagCompletionFunc(f.Name, v.complete(a))
		}
	})
}
