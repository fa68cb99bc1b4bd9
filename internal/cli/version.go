package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build says what this program was built from. It is also the --json form.
type build struct {
	V        int    `json:"v"`
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the sources differed from the commit
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// thisBuild reads what the Go linker noted; a build outside a repository knows
// no commit.
func thisBuild() build {
	b := build{V: 1, Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: a.t("Show the version", "显示版本"),
		Long:  a.t("Show the version, the commit it was built from, and the platform.", "显示版本、构建所用的提交和运行平台。"),
		Example: `  sockeye version
  sockeye version --json`,
		Args: a.noArguments,
		RunE: func(*cobra.Command, []string) error { return a.version(thisBuild(), asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

func (a *app) version(b build, asJSON bool) error {
	if asJSON {
		return a.printJSON(b)
	}
	line := "sockeye " + b.Version
	if b.Commit != "" {
		line += a.t(", commit ", "，提交 ") + b.Commit[:min(12, len(b.Commit))]
		if b.Modified {
			line += a.t(" (modified)", "（有改动）")
		}
	}
	_, err := fmt.Fprintf(a.Out, "%s, %s, %s/%s\n", line, b.Go, b.OS, b.Arch)
	return err
}

// printJSON prints one line of JSON.
func (a *app) printJSON(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = a.Out.Write(append(line, '\n'))
	return err
}
