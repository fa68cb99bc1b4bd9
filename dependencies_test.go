package sockeye_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// dependencies are the modules of others that the sockeye program imports
// directly, and what each is for. docs/decisions has the measurements.
var dependencies = map[string]string{
	"charm.land/bubbles/v2":                   "the console's input line: editing and history",
	"charm.land/bubbletea/v2":                 "the console's terminal: keys, resizing, and lines above the input",
	"github.com/BurntSushi/toml":              "files that people write: workspaces, send lists and the configuration, strict, with the place of what is wrong",
	"github.com/charmbracelet/x/ansi":         "widths and cutting of lines with wide characters",
	"github.com/google/nftables":              "reading the packet filter of Linux",
	"github.com/jsimonetti/rtnetlink/v2":      "routes, neighbours and carriers of Linux, from the kernel",
	"github.com/mdlayher/netlink":             "accept queues of Linux (sock_diag)",
	"rsc.io/qr":                               "codes to be photographed",
	"github.com/klauspost/compress":           "captures that are compressed with zstd",
	"github.com/mochi-mqtt/server/v2":         "the broker behind mqtt:// and mqtts://, and the packets of devices that send to brokers, MQTT 3.1.1 and 5",
	"github.com/nats-io/nats.go":              "events are published to a hub, and hubs are read",
	"github.com/nats-io/nkeys":                "the key of a board, which a hub lets in",
	"github.com/pion/dtls/v3":                 "DTLS 1.2: handshakes and records over UDP",
	"github.com/pion/transport/v5":            "tells the datagrams of DTLS clients apart, and what is no DTLS from it",
	"github.com/spf13/cobra":                  "commands, help and completions for four shells",
	"github.com/spf13/pflag":                  "cobra's flags, for values of our own types",
	"go.bug.st/serial":                        "serial ports of Windows and macOS",
	"github.com/pkg/sftp":                     "files are copied to boards",
	"golang.org/x/crypto":                     "SSH: a program is put on a board and run there",
	"golang.org/x/net":                        "multicast groups: joins, sources, interfaces and TTL on every system",
	"golang.org/x/sys":                        "socket options, TCP_INFO and batches that package syscall lacks",
	"golang.org/x/text":                       "the tables of GBK, GB18030, Big5 and Shift-JIS",
	"golang.org/x/term":                       "whether a stream is a person's terminal",
	"github.com/HdrHistogram/hdrhistogram-go": "latencies of a million answers in a few kilobytes, to three digits",
	"github.com/miekg/dns":                    "names and records of DNS messages, at an offset; queries and answers of mDNS",
	"google.golang.org/protobuf":              "protowire: fields of Protocol Buffers, and of the files that describe them",
}

// TestDependencies: a module comes into the program only by the table above.
func TestDependencies(t *testing.T) {
	used := map[string]bool{}
	for _, system := range []string{"linux", "windows", "darwin"} {
		t.Run(system, func(t *testing.T) {
			got := directModules(t, system)
			for _, m := range got {
				used[m] = true
				if dependencies[m] == "" {
					t.Errorf("%s is not in the table of dependencies", m)
				}
			}
		})
	}
	for m := range dependencies {
		if !used[m] {
			t.Errorf("%s is in the table of dependencies, but not in the program", m)
		}
	}
}

// TestNoServer: the program of boards is without the NATS server, which would add ten
// megabytes; that is in sockeye-hub alone.
func TestNoServer(t *testing.T) {
	list := func(program string) string {
		out, err := exec.Command("go", "list", "-deps", program).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	const server = "github.com/nats-io/nats-server/"
	if strings.Contains(list("./cmd/sockeye"), server) {
		t.Error("sockeye links the NATS server")
	}
	if !strings.Contains(list("./cmd/sockeye-hub"), server) {
		t.Error("sockeye-hub does not link it")
	}
}

// directModules lists the modules that our packages in the program import.
func directModules(t *testing.T, system string) []string {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Module", "./cmd/sockeye")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	type listed struct {
		ImportPath string
		Imports    []string
		Module     *struct{ Path string }
	}
	module := map[string]string{} // by import path
	var imported []string         // by our packages
	for packages := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := packages.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if _, ours := ourPackage(p.ImportPath); ours {
			imported = append(imported, p.Imports...)
		} else if p.Module != nil {
			module[p.ImportPath] = p.Module.Path
		}
	}
	var modules []string
	for _, p := range imported {
		if m := module[p]; m != "" {
			modules = append(modules, m)
		}
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}
