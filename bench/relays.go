//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// haproxyConfig makes HAProxy a relay of TCP with one thread, as everybody has one core.
// Splicing is what its manual offers for bulk.
const haproxyConfig = `global
    nbthread 1
    maxconn 4000
defaults
    mode tcp
    option splice-auto
    timeout connect 10s
    timeout client 60s
    timeout server 60s
listen relay
    bind 127.0.0.1:%d backlog 4096
    server behind 127.0.0.1:%d
`

// nginxConfig makes nginx a relay of TCP with one worker.
const nginxConfig = `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
stream {
    server {
        listen 127.0.0.1:%[2]d backlog=4096;
        proxy_pass 127.0.0.1:%[3]d;
        tcp_nodelay on;
    }
}
`

// relay is the command of a relay to the server behind it, with what it is to be read from written.
func (p *programs) relay(server string, r *row, at place) ([]string, error) {
	file := filepath.Join(at.dir, server+".conf")
	switch server {
	case "sockeye", "undelayed":
		command := []string{p.ours, "relay", address(at.port), address(at.behind), "--quiet"}
		if server == "sockeye" && r.fault != "" {
			command = append(command, "--fault", r.fault)
		}
		return present(command), nil
	case "haproxy":
		return present([]string{"haproxy", "-db", "-f", file}), os.WriteFile(file, fmt.Appendf(nil, haproxyConfig, at.port, at.behind), 0o600)
	case "nginx":
		return present([]string{"nginx", "-e", "stderr", "-p", at.dir, "-c", file}), os.WriteFile(file, fmt.Appendf(nil, nginxConfig, at.dir, at.port, at.behind), 0o600)
	}
	return nil, nil
}

func address(port int) string { return fmt.Sprintf("tcp://127.0.0.1:%d", port) }
