//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// process is a running server, in a process group of its own.
type process struct {
	cmd    *exec.Cmd
	output bytes.Buffer
	ended  chan struct{}
}

// start starts a command on a core ("" for any).
func start(command []string, core string) (*process, error) {
	command = pinned(command, core)
	p := &process{cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	p.cmd.Stderr = &p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait() // how it ended does not matter: the load says whether it served
		close(p.ended)
	}()
	return p, nil
}

func (p *process) group() int { return p.cmd.Process.Pid }

// stop ends the process with a signal, or, if that takes too long, at once.
func (p *process) stop(s syscall.Signal, patience time.Duration) {
	syscall.Kill(-p.group(), s)
	select {
	case <-p.ended:
	case <-time.After(patience):
	}
	syscall.Kill(-p.group(), syscall.SIGKILL) // children that outlived it, too
	<-p.ended
}

// awaitPort returns when the process has bound a port.
func (p *process) awaitPort(ctx context.Context, network string, port int) error {
	late := time.After(10 * time.Second)
	for !isBound(network, port) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.ended:
			return fmt.Errorf("it ended: %s", bytes.TrimSpace(p.output.Bytes()))
		case <-late:
			return errors.New("it does not listen")
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// isBound looks for a port in the system's table of sockets, so that the server
// need not be disturbed by a trial.
func isBound(network string, port int) bool {
	state := map[string]string{"tcp": "0A", "udp": "07"}[network] // listening; unconnected
	for _, table := range []string{network, network + "6"} {
		text, _ := os.ReadFile("/proc/net/" + table)
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) > 3 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) && f[3] == state {
				return true
			}
		}
	}
	return false
}

// freePort is a port that is free at the moment.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// pinned is a command that stays on a core, where that can be had.
func pinned(command []string, core string) []string {
	if core == "" || runtime.NumCPU() < 2 {
		return command
	}
	return append([]string{"taskset", "-c", core}, command...)
}

// cores are where load and server run.
func (w placement) cores() (load, server string) {
	switch w {
	case apart:
		return "0", "1"
	case together:
		return "1", "1"
	}
	return "", ""
}

// present is the command if its program is there.
func present(command []string) []string {
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil
	}
	return command
}
