package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// buildTarget is a platform that Sockeye is built for.
type buildTarget struct {
	os, cpu  string
	emulator string // Debian's program that runs it on another CPU, or ""
}

// targets are the platforms of the README. The Windows program is run under Wine; the
// one for macOS is built on every change but run by nobody here.
var targets = []buildTarget{
	{"linux", "amd64", "qemu-x86_64-static"},
	{"linux", "arm64", "qemu-aarch64-static"},
	{"linux", "arm", "qemu-arm-static"},
	{"linux", "riscv64", "qemu-riscv64-static"},
	{"windows", "amd64", ""},
	{"darwin", "arm64", ""},
}

// startLimit is ten times what an emulator takes on a busy machine.
const startLimit = time.Minute

// cross builds every package for every platform, without C, and starts the
// programs that can be started here.
func cross(r *checkReport) {
	if err := os.MkdirAll("dist", 0o755); err != nil {
		r.fail("dist", err.Error())
		return
	}
	for _, t := range targets {
		if !t.build(r) || runtime.GOOS != "linux" {
			continue
		}
		switch {
		case t.os == "linux":
			t.start(r)
		case t.os == "windows" && runtime.GOARCH == "amd64":
			t.startWindows(r)
		}
	}
}

func (t buildTarget) String() string { return t.os + "/" + t.cpu }

// program is the file the target is built into: dist/sockeye-linux-arm64.
func (t buildTarget) program() string {
	name := filepath.Join("dist", "sockeye-"+t.os+"-"+t.cpu)
	if t.os == "windows" {
		name += ".exe"
	}
	return name
}

func (t buildTarget) build(r *checkReport) bool {
	// GOARM=7 is the Raspberry Pi 2 and everything after it.
	env := []string{"CGO_ENABLED=0", "GOOS=" + t.os, "GOARCH=" + t.cpu, "GOARM=7"}
	release := []string{"go", "build", "-trimpath", "-tags", "nethttpomithttp2", "-ldflags", "-s -w"} // as internal/tools/packages has it, but for what makes it smaller
	return r.command(command{name: "build " + t.String(), env: env, args: []string{"go", "build", "-trimpath", "./..."}}) &&
		r.command(command{name: "link " + t.String(), env: env, args: append(release, "-o", t.program(), "./cmd/sockeye")})
}

// start runs the program: it must know its platform, and do the experiment.
func (t buildTarget) start(r *checkReport) {
	run := []string{t.program()}
	if t.cpu != runtime.GOARCH {
		if _, err := exec.LookPath(t.emulator); err != nil {
			r.skip("start "+t.String(), t.emulator+" is missing (Debian: qemu-user-static)")
			return
		}
		run = []string{t.emulator, t.program()}
	}
	for _, c := range []struct{ args, prints string }{
		{"version", t.String()},
		{"demo --once --port 0", "Hello 01Studio!"},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		r.command(command{
			name: "start " + t.String() + " " + c.args, ctx: ctx, args: append(run[:len(run):len(run)], strings.Fields(c.args)...),
			good: func(out string) bool { return strings.Contains(out, c.prints) },
		})
		cancel()
	}
}
