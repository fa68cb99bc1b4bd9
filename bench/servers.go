//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"strconv"
)

// programs are the paths of what is built, "" where it could not be.
type programs struct {
	dir  string // of what is built
	ours string // sockeye
}

func programsIn(o *options) programs {
	p := programs{dir: o.build, ours: o.sockeye}
	if p.ours == "" {
		p.ours = filepath.Join(o.build, "sockeye")
	}
	return p
}

func (p *programs) path(name string) string { return filepath.Join(p.dir, name) }

// place is where a server is to serve, and what it may use.
type place struct {
	port   int
	behind int    // the port of the server that a relay connects to
	dir    string // for files of the server's own
	record string // where it records
}

// command is how a server is started for a row, or nil where it cannot do that work or
// is not there.
func (p *programs) command(server string, r *row, at place) ([]string, error) {
	if r.relayed {
		return p.relay(server, r, at)
	}
	return p.echo(server, r, at), nil
}

// echo is the command of a server that answers by itself.
func (p *programs) echo(server string, r *row, at place) []string {
	number, address := strconv.Itoa(at.port), fmt.Sprintf("%s://127.0.0.1:%d", r.scheme(), at.port)
	var command []string
	switch server {
	case "c":
		command = []string{p.path("echo_" + r.network()), number}
	case "keep":
		command = []string{p.path("echo_" + r.network()), number, "keep"}
	case "sockeye", "recorded", "tcpdump":
		command = []string{p.ours, "listen", address, "--quiet"}
		if r.peers > 0 {
			command = append(command, "--max-peers", strconv.Itoa(r.peers))
		}
		if server == "recorded" {
			command = append(command, "--record", at.record)
		}
		if r.mode() != "receive" {
			command = append(command, "--echo")
		}
		return present(command)
	case "websocket", "tls":
		return present([]string{p.path(server), number})
	case "gnet", "net":
		command = []string{p.path(server), r.network(), number}
	case "python":
		command = []string{"python3", filepath.Join("bench", "servers", "echo.py"), r.network(), number}
	case "socat":
		return present([]string{"socat", fmt.Sprintf("TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr,fork,backlog=4096", at.port), pick(r.mode() == "receive", "OPEN:/dev/null,wronly", "PIPE")})
	case "ncat":
		command = []string{"ncat", "--listen", "--keep-open", "--max-conns", "20000", "127.0.0.1", number}
		if r.mode() == "receive" {
			return present(append(command, "--recv-only"))
		}
		return present(append(command, "--exec", "/bin/cat"))
	}
	if r.mode() == "receive" {
		command = append(command, "receive")
	}
	return present(command)
}
