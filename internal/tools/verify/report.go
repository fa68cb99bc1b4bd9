package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// checkReport prints one line per check as it ends and counts them. It belongs to one
// goroutine.
type checkReport struct {
	out    io.Writer
	strict bool // a skip is a failure

	passed, skipped int
	failed          []string // names
}

// line prints how one thing went.
func (r *checkReport) line(how, name, note string) {
	fmt.Fprintln(r.out, strings.TrimRight(fmt.Sprintf("%-4s  %-40s  %s", how, name, note), " "))
}

// pass counts a check that went well.
func (r *checkReport) pass(name string, took time.Duration) {
	r.passed++
	r.line("ok", name, seconds(took))
}

// fail counts a check that did not, and prints all it had to say.
func (r *checkReport) fail(name, output string) {
	r.failed = append(r.failed, name)
	r.line("FAIL", name, "")
	if output = strings.TrimRight(output, "\n"); output != "" {
		fmt.Fprintln(r.out, output)
	}
}

// skip tells of a check that could not be made here.
func (r *checkReport) skip(name, why string) {
	if r.strict {
		r.fail(name, "      skipped, which CI=true does not allow: "+why)
		return
	}
	r.skipped++
	r.line("skip", name, why)
}

// close prints the sum and reports whether all went well.
func (r *checkReport) close() bool {
	if len(r.failed) > 0 {
		fmt.Fprintln(r.out, "\nfailed:\n  "+strings.Join(r.failed, "\n  "))
	}
	if r.skipped > 0 {
		fmt.Fprintf(r.out, "\n%d skipped, each for the reason above\n", r.skipped)
	}
	fmt.Fprintf(r.out, "\n%d passed, %d failed\n", r.passed, len(r.failed))
	return len(r.failed) == 0
}

// command is one check that is a program to run. It fails if the program does,
// or if good refuses what the program printed.
type command struct {
	name string
	ctx  context.Context // bounds it; nil is no bound
	env  []string        // in addition
	args []string
	good func(output string) bool
}

func (r *checkReport) command(c command) bool {
	start := time.Now()
	if c.ctx == nil {
		c.ctx = context.Background()
	}
	cmd := exec.CommandContext(c.ctx, c.args[0], c.args[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err == nil && c.good != nil && !c.good(out.String()) {
		err = fmt.Errorf("%s: not what it should print", strings.Join(c.args, " "))
	}
	if err != nil {
		r.fail(c.name, out.String()+err.Error())
		return false
	}
	r.pass(c.name, time.Since(start))
	return true
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }
