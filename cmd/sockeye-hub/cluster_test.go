package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sockeye"
	"sockeye/internal/freeport"
	"sockeye/internal/hub"
)

// F58: three servers keep the same stream. The one that a board is connected to is killed: the
// board goes on with another, and nothing is missing there.
func TestCluster(t *testing.T) {
	var listen, cluster []string
	for range 3 {
		listen, cluster = append(listen, freeport.Loopback(t)), append(cluster, freeport.Loopback(t))
	}
	homes := sharedKeys(t, 3)
	var nodes []*hubProcess
	for n := range 3 {
		others := append(append([]string{}, cluster[:n]...), cluster[n+1:]...)
		h := &hubProcess{home: homes[n]}
		h.process = start(t, h.home, "sockeye-hub", "--page", "off", "--listen", listen[n], "--advertise", strings.Join(listen, ","), "--cluster", "fleet", "--node", fmt.Sprint("node-", n),
			"--cluster-listen", cluster[n], "--routes", strings.Join(others, ","))
		nodes = append(nodes, h)
	}
	for _, h := range nodes {
		h.line(t) // a server says where it is when the cluster has a leader
		h.learnAddr(t)
	}
	code := nodes[0].enrol(t, "plant/press-1")
	p := startPlayer(t, code)
	b := hub.BoardID{Site: "plant", Name: "press-1"}
	say := func(text string) {
		if _, err := p.peer.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		p.said.WriteString(text)
	}
	conn := nodes[1].connect(t)
	say("before\n")
	await(t, "the board publishes", func() bool { return lastOf(conn, b) >= 4 })
	nodes[0].kill()
	say("after\n")
	await(t, "the board goes on", func() bool { return lastOf(conn, b) >= 6 })
	p.finish(t)
	next, received := uint64(1), ""
	for e, err := range hub.Read(t.Context(), conn, hub.StreamFilter{Site: b.Site, Board: b.Name}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq != next {
			t.Fatalf("event %d where %d is due", e.Seq, next)
		}
		next++
		if e.Kind == sockeye.Received {
			received += string(e.Data)
		}
	}
	if received != p.said.String() {
		t.Errorf("the stream has %q, the peer said %q", received, p.said.String())
	}
}

// sharedKeys are homes of servers with the same keys.
func sharedKeys(t *testing.T, n int) (homes []string) {
	t.Helper()
	first := &hubProcess{home: t.TempDir()}
	first.ask(t, "config")
	homes = append(homes, first.home)
	for range n - 1 {
		other := &hubProcess{home: t.TempDir()}
		if err := os.MkdirAll(other.dir(), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"authority.json", "ca.pem"} {
			text, err := os.ReadFile(filepath.Join(first.dir(), name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(other.dir(), name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		homes = append(homes, other.home)
	}
	return homes
}

// What deploy/ starts has only flags that sockeye-hub has.
func TestDeploy(t *testing.T) {
	h := &hubProcess{home: t.TempDir()}
	help := h.ask(t, "--help")
	flag := regexp.MustCompile(`--[a-z][a-z-]+`)
	for _, name := range []string{"compose.yaml", "kubernetes.yaml", "systemd/sockeye-hub.service"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "deploy", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "#") || !strings.Contains(line, "--dir") && !strings.Contains(line, "--routes") && !strings.Contains(line, "args:") {
				continue
			}
			for _, word := range flag.FindAllString(line, -1) {
				found++
				if !strings.Contains(help, word+" ") {
					t.Errorf("%s: sockeye-hub has no %s", name, word)
				}
			}
		}
		if found < 2 {
			t.Errorf("%s: %d flags found", name, found)
		}
	}
}
