package cli

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is sent to a group leaves on every interface that was chosen, whoever sends it: a payload
// of a flag, standard input and a relay.
func TestGroupOnSeveralInterfaces(t *testing.T) {
	if _, ok := oneCable(t); !ok {
		return
	}
	for _, line := range []string{"ip link set lo up", "ip link add wa type veth peer name wb", "ip address add 10.79.0.1/24 dev wa", "ip link set wa up", "ip link set wb up"} {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	listener := serve(t, "listen", "udp://239.1.2.3:5000", "--interface", "va,wa", "--recv-only")
	listener.local(t)
	both := func(text string) {
		t.Helper()
		var from []string
		for range 2 {
			peer, _ := listener.wait(t, "received", "data="+text)["peer"].(string)
			host, _, _ := strings.Cut(peer, ":")
			from = append(from, host)
		}
		slices.Sort(from)
		if diff := cmp.Diff([]string{"10.78.0.1", "10.79.0.1"}, from); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
	group := []string{"connect", "udp://239.1.2.3:5000", "--interface", "va,wa"}
	run(t, "sockeye", append(group, "--send", "flag", "--quit-after", "0")...).ends(0)
	both("flag")
	piped := run(t, "sockeye", append(group, "--quit-after", "0")...)
	piped.in.Write([]byte("pipe"))
	piped.in.Close()
	piped.ends(0)
	both("pipe")
	relay := serve(t, "relay", "tcp://127.0.0.1:0", "udp://239.1.2.3:5000?interface=va,wa")
	run(t, "sockeye", "connect", "tcp://"+relay.local(t).String(), "--send", "relayed", "--quit-after", "0").ends(0)
	both("relayed")
}

// What is piped to a group goes on being sent when there was no way to it for a time: what could
// not be sent meanwhile is told, and nothing else is lost.
func TestPipeToAGroupThatIsAway(t *testing.T) {
	if _, ok := oneCable(t); !ok {
		return
	}
	ip := func(line string) {
		t.Helper()
		words := strings.Fields(line)
		if out, err := exec.Command("ip", words...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v\n%s", line, err, out)
		}
	}
	listener := serve(t, "listen", "udp://239.1.2.3:5000", "--interface", "va", "--recv-only")
	listener.local(t)
	ip("route add 239.0.0.0/8 dev va")
	piped := run(t, "sockeye", "connect", "udp://239.1.2.3:5000", "--json", "--quit-after", "0")
	piped.says("before")
	listener.wait(t, "received", "data=before")
	ip("route delete 239.0.0.0/8 dev va")
	piped.says("lost")
	piped.prints(`"kind":"error"`)
	ip("route add 239.0.0.0/8 dev va")
	piped.says("after")
	listener.wait(t, "received", "data=after")
	piped.in.Close()
	piped.ends(0)
}
