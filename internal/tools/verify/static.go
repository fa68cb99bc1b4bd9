package main

import (
	"os/exec"
	"path/filepath"
	"strings"
)

// static looks at the source without running it.
func static(r *checkReport) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		r.fail("go env GOROOT", err.Error())
		return
	}
	gofmt := filepath.Join(strings.TrimSpace(string(root)), "bin", "gofmt") // the one of this Go; PATH may have none
	r.command(command{name: "gofmt", args: []string{gofmt, "-l", "."}, good: func(out string) bool { return out == "" }})
	r.command(command{name: "go mod tidy", args: []string{"go", "mod", "tidy", "-diff"}})
	r.command(command{name: "go vet", args: []string{"go", "vet", "./..."}})
	r.command(command{name: "staticcheck", args: []string{"go", "tool", "staticcheck", "./..."}})
}
