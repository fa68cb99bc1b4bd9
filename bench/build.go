//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// buildOurs builds sockeye, the load generator and the servers in C, from the root
// of the project.
func (b *bench) buildOurs(ctx context.Context) error {
	if err := os.MkdirAll(b.dir, 0o777); err != nil {
		return err
	}
	if b.sockeye == "" {
		if err := build(ctx, ".", "go", "build", "-trimpath", "-o", b.ours, "./cmd/sockeye"); err != nil {
			return err
		}
	}
	for program, source := range map[string]string{
		"load": "bench/load/*.c", "echo_tcp": "bench/reference/echo_tcp.c", "echo_udp": "bench/reference/echo_udp.c",
	} {
		files, err := filepath.Glob(source)
		if err != nil {
			return err
		}
		if err := build(ctx, ".", "gcc", slices.Concat([]string{"-std=c11", "-O2", "-Wall", "-Wextra", "-o", b.path(program)}, files, libraries[program])...); err != nil {
			return err
		}
	}
	return nil
}

// buildFleet builds the hub, and the boards that measure it.
func (b *bench) buildFleet(ctx context.Context) error {
	if err := os.MkdirAll(b.dir, 0o777); err != nil {
		return err
	}
	for _, program := range []string{"./cmd/sockeye-hub", "./internal/tools/fleet"} {
		if err := build(ctx, ".", "go", "build", "-o", b.path(filepath.Base(program)), program); err != nil {
			return err
		}
	}
	return nil
}

// libraries are what a program in C is linked with.
var libraries = map[string][]string{"load": {"-lssl", "-lcrypto"}}

// buildOthers builds the servers and the generator in Go that sockeye is compared with.
// They may be missing: their modules come from the network.
func (b *bench) buildOthers(ctx context.Context) error {
	dir, err := filepath.Abs(b.dir)
	if err != nil {
		return err
	}
	for _, server := range []string{"net", "gnet", "websocket", "tls"} {
		if err := build(ctx, filepath.Join("bench", "servers"), "go", "build", "-o", filepath.Join(dir, server), "./"+server); err != nil {
			log.Printf("without %s: %v", server, err)
			os.Remove(b.path(server))
		}
	}
	if err := build(ctx, filepath.Join("bench", "generators"), "go", "build", "-o", filepath.Join(dir, "fortio"), "fortio.org/fortio"); err != nil {
		log.Printf("without fortio: %v", err)
		os.Remove(b.path("fortio"))
	}
	return ctx.Err()
}

func build(ctx context.Context, dir string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, bytes.TrimSpace(text))
	}
	return nil
}

// versions are what was measured, for the head of the table.
func (b *bench) versions(ctx context.Context) []string {
	var found []string
	for _, v := range []struct {
		name    string
		command []string
	}{
		{"sockeye", []string{b.ours, "version"}},
		{"C", []string{"gcc", "--version"}},
		{"gnet", []string{"go", "version", "-m", b.path("gnet")}},
		{"Python", []string{"python3", "--version"}},
		{"socat", []string{"socat", "-V"}},
		{"ncat", []string{"ncat", "--version"}},
		{"tcpdump", []string{"tcpdump", "--version"}},
		{"HAProxy", []string{"haproxy", "-v"}},
		{"nginx", []string{"nginx", "-v"}},
		{"coder/websocket", []string{"go", "version", "-m", b.path("websocket")}},
		{"fortio", []string{b.path("fortio"), "version"}},
	} {
		if present(v.command) == nil {
			continue
		}
		out, _ := exec.CommandContext(ctx, v.command[0], v.command[1:]...).CombinedOutput()
		if line := versionLine(v.name, string(out)); line != "" {
			found = append(found, line)
		}
	}
	return found
}

// versionLine finds the line of a program's output that has its version.
func versionLine(name, text string) string {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case name == "gnet" || name == "coder/websocket":
			if len(f) > 2 && f[0] == "dep" && strings.Contains(f[1], name) {
				return name + " " + f[2]
			}
		case name == "socat" && !strings.HasPrefix(line, "socat version"):
		case name == "fortio" && len(f) > 0:
			return name + " " + f[0]
		case len(f) > 0:
			line, _, _ = strings.Cut(strings.TrimSpace(line), " on ")
			line, _, _ = strings.Cut(line, " ( ")
			return strings.TrimPrefix(line, "Ncat: ")
		}
	}
	return ""
}
