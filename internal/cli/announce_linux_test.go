package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// oneCable runs the calling test once more in a network of its own, and gives it there
// what begins a command in a second network, one cable away: 10.78.0.1 here, 10.78.0.2
// there, and no default route in either. In the parent ok is false: the test is over.
func oneCable(t *testing.T) (there []string, ok bool) {
	t.Helper()
	const env = "SOCKEYE_TEST_CABLE"
	if os.Getenv(env) != t.Name() {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"--net", "--mount", self, "-test.run=^" + t.Name() + "$", "-test.timeout=5m"}
		if os.Getuid() != 0 {
			args = append([]string{"--user", "--map-root-user"}, args...)
		}
		cmd := command(t, "unshare", args...)
		cmd.Env = append(os.Environ(), env+"="+t.Name())
		if out, err := cmd.CombinedOutput(); err != nil {
			if strings.Contains(string(out), "unshare failed") && os.Getenv("CI") != "true" {
				t.Skipf("needs network namespaces: %s", out)
			}
			t.Fatalf("in its own network: %v\n%s", err, out)
		}
		return nil, false
	}
	other := start(t, exec.Command("unshare", "--net", "sh", "-c", "echo made; read end"))
	other.prints("made")
	pid := strconv.Itoa(other.cmd.Process.Pid)
	there = []string{"nsenter", "--target", pid, "--net"}
	for _, line := range []string{
		"ip link set lo up",
		"ip link add va type veth peer name vb netns " + pid,
		"ip address add 10.78.0.1/24 dev va", "ip link set va up",
		strings.Join(there, " ") + " ip address add 10.78.0.2/24 dev vb",
		strings.Join(there, " ") + " ip link set vb up", strings.Join(there, " ") + " ip link set lo up",
	} {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	return there, true
}

// On one cable a server is found and reached by the name that it announces, where there is
// no route, no name server and no daemon.
func TestAnnouncedServerIsFound(t *testing.T) {
	there, ok := oneCable(t)
	if !ok {
		return
	}
	server := run(t, "sockeye", "listen", ":0", "--announce", "greenhouse", "--echo", "--recv-only", "--json")
	server.prints(`"kind":"opened"`)
	if !server.errs.await("announced as greenhouse.local", server.wait, server.ended) {
		t.Fatalf("it does not say that it is announced: %q", server.errs)
	}
	opened := regexp.MustCompile(`"kind":"opened"[^\n]*"[^"]*:(\d+)"`).FindStringSubmatch(server.out.String())
	if opened == nil {
		t.Fatalf("it does not say where it listens: %q", server.out)
	}
	port := opened[1] // among its sockets is that of mDNS, too

	type found struct {
		Found []struct{ Name, Kind, Address string }
	}
	var last string
	for tries := 0; ; tries++ {
		out, err := exec.Command(there[0], append(there[1:], "sockeye", "discover", "--json")...).CombinedOutput()
		var list found
		last = string(out)
		if err == nil && json.Unmarshal(out, &list) == nil && len(list.Found) == 1 {
			if got := list.Found[0]; got.Name != "greenhouse" || got.Kind != "session" || got.Address != "tcp://10.78.0.1:"+port {
				t.Errorf("discover: %s", last)
			}
			break
		}
		if tries == 30 {
			t.Fatalf("it was never discovered: %v %s", err, last)
		}
	}
	client := run(t, there[0], append(there[1:], "sockeye", "connect", "greenhouse.local:"+port, "--send", "hello", "--expect", "hello")...)
	client.ends(0)
	table, err := exec.Command(there[0], append(there[1:], "sockeye", "discover", "--lang", "zh")...).CombinedOutput()
	if err != nil || !strings.Contains(string(table), "greenhouse") || !strings.Contains(string(table), "服务器") {
		t.Errorf("the table: %v\n%s", err, table)
	}
	missing := run(t, there[0], append(there[1:], "sockeye", "connect", "roof.local:"+port)...)
	missing.ends(1)
	if !missing.errs.await("sockeye discover", missing.wait, missing.ended) {
		t.Errorf("a name that nobody has: %q", missing.errs)
	}
}

// A board that listens nowhere is found, too; a page that other machines cannot reach is
// not announced.
func TestAnnouncedBoard(t *testing.T) {
	there, ok := oneCable(t)
	if !ok {
		return
	}
	board := run(t, "sockeye", "device", "--announce", "温室", "--simulate", "sine", "127.0.0.1:9")
	if !board.errs.await("温室.local", board.wait, board.ended) {
		t.Fatalf("it is not announced: %q", board.errs)
	}
	for tries := 0; ; tries++ {
		out, err := exec.Command(there[0], append(there[1:], "sockeye", "discover")...).CombinedOutput()
		if err == nil && strings.Contains(string(out), "温室") && strings.Contains(string(out), "10.78.0.1") {
			break
		}
		if tries == 30 {
			t.Fatalf("it was never discovered: %v %s", err, out)
		}
	}
	page := run(t, "sockeye", "ui", "--port", "0", "--no-browser", "--announce", "page")
	page.ends(2)
}
