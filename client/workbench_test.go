package client_test

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"testing"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/core"
	"sockeye/internal/userdir"
)

// workbench is a running one, as sockeye ui starts it.
type workbench struct {
	url, token, home string
	server           *api.Server
	own              client.Client
	served           chan struct{}
	unpublish        func()
}

func newWorkbench(home string, o client.LocalOptions) (*workbench, error) {
	w := &workbench{home: home, own: client.New(o), served: make(chan struct{})}
	var err error
	w.server, err = api.New(api.Config{Bench: w.own.(interface{ Core() *core.Core }).Core(), Language: sockeye.English})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.server.Allow(l)
	go func() {
		defer close(w.served)
		w.server.Serve(l)
	}()
	w.url, w.token = w.server.URL(), w.server.ShellToken()
	w.unpublish, err = w.server.Publish(userdir.State(w.getenv))
	return w, err
}

// getenv is the environment in which it is found.
func (w *workbench) getenv(name string) string {
	if name == "SOCKEYE_HOME" {
		return w.home
	}
	return ""
}

// end ends it, as Ctrl-C ends sockeye ui.
func (w *workbench) end() {
	w.unpublish()
	w.server.Close(context.Background())
	<-w.served
	w.own.Close()
}

func startWorkbench(t testing.TB, o client.LocalOptions) *workbench {
	t.Helper()
	w, err := newWorkbench(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.end)
	return w
}

// modem answers two commands to the first who connects.
func modem() (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		defer l.Close()
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		answers := map[string]string{"AT\r\n": "OK\r\n", "AT+GMR\r\n": "version v2\r\n"}
		for r := bufio.NewReader(conn); ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			fmt.Fprint(conn, answers[line])
		}
	}()
	return l.Addr().String()
}

// runWorkbench starts a workbench, and gives the environment in which it is found.
func runWorkbench() (getenv func(string) string) {
	home, err := os.MkdirTemp("", "sockeye-example-*")
	if err != nil {
		log.Fatal(err)
	}
	w, err := newWorkbench(home, client.LocalOptions{})
	if err != nil {
		log.Fatal(err)
	}
	exampleWorkbenches = append(exampleWorkbenches, w)
	return w.getenv
}

// exampleWorkbenches are closed when all tests have run.
var exampleWorkbenches []*workbench
