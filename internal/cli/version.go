package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"sockeye/internal/terminal"
)

func (a *app) versionCommand() *cobra.Command {
	var asJSON, verbose bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: a.t("Show the version", "显示版本"),
		Long: a.t(`Show the version, the commit it was built from, and the platform; with --verbose also
where your configuration, data and state are.`, "显示版本、构建所用的提交和运行平台；加 --verbose 还显示配置、数据和状态的位置。"),
		Example: `  sockeye version
  sockeye version --verbose
  sockeye version --json`,
		Args: terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			b := terminal.ThisBuild()
			if verbose {
				b.Config, _ = a.configPath()
				b.Data, b.State = a.DataDir(), a.StateDir()
			}
			return a.version(b, asJSON)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, a.t("show where your files are, too", "同时显示配置、数据和状态的位置"))
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

func (a *app) version(b terminal.Build, asJSON bool) error {
	if asJSON {
		return a.PrintJSON(b)
	}
	line := "sockeye " + b.Version
	if b.Commit != "" {
		line += a.t(", commit ", "，提交 ") + b.Commit[:min(12, len(b.Commit))]
		if b.Modified {
			line += a.t(" (modified)", "（有改动）")
		}
	}
	line = fmt.Sprintf("%s, %s, %s/%s\n", line, b.Go, b.OS, b.Arch)
	for _, place := range []struct{ name, path string }{
		{a.t("configuration", "配置"), b.Config}, {a.t("data", "数据"), b.Data}, {a.t("state", "状态"), b.State},
	} {
		if place.path != "" {
			line += fmt.Sprintf("%s: %s\n", place.name, terminal.Safe(place.path))
		}
	}
	_, err := fmt.Fprint(a.Out, line)
	return err
}
