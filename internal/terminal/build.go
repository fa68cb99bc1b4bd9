package terminal

import (
	"runtime"
	"runtime/debug"
)

// Build says what this program was built from. Its JSON is the output of version --json.
type Build struct {
	V        int    `json:"v"`
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the sources differed from the commit
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	// Where this user's files are, with --verbose.
	Config string `json:"config,omitempty"`
	Data   string `json:"data,omitempty"`
	State  string `json:"state,omitempty"`
}

// ThisBuild reads what the Go linker noted; a build outside a repository knows
// no commit.
func ThisBuild() Build {
	b := Build{V: 1, Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
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
