package workspace

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

// What a file will do is said endpoint by endpoint, and can be shown to a terminal.
func TestPlanText(t *testing.T) {
	f, err := Parse([]byte(whole + "\n[[endpoint]]\nname = \"\\u001b[31m\"\nlisten = \"udp://:9\"\nframe = \"line\"\ncheck = \"sum8\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	openings, err := f.Openings()
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range map[sockeye.Lang]string{
		sockeye.English: `  # everything that a file can say
  listen on tcp://127.0.0.1:5020, for programs on this machine (server)
    answer by 4 rules (device), frames: length:offset=4,size=2 crc16modbus
    without the guard against storm
    without the guard against amplify
  connect to udp://192.168.1.88:9 (client)
    send back everything that comes
    send the list morning: one row, for ever
  listen on udp://:9, for whoever reaches this machine (\x1b[31m)
    find frames: line sum8
`,
		sockeye.Chinese: `  # everything that a file can say
  监听 tcp://127.0.0.1:5020，仅限本机程序连接 (server)
    按 4 条规则（device）应答，分帧：length:offset=4,size=2 crc16modbus
    不启用防护：storm
    不启用防护：amplify
  连接 udp://192.168.1.88:9 (client)
    收到什么就发回什么
    发送列表 morning：1 行，无限循环
  监听 udp://:9，任何能访问本机的人都可连接 (\x1b[31m)
    分帧：line sum8
`,
	} {
		if diff := cmp.Diff(want, f.PlanText(openings, l)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// T54: a file that connects to where a cloud's machine gets its keys, or to an address of
// the link, says so in the plan that is confirmed, however the address is spelled.
func TestPlanWarnsOfMetadataAndLinkLocal(t *testing.T) {
	for address, want := range map[string][2]string{
		"tcp://169.254.169.254:80":          {"keys of a machine in a cloud", "云主机"},
		"tcp://[::ffff:169.254.169.254]:80": {"keys of a machine in a cloud", "云主机"},
		"tcp://[::ffff:a9fe:a9fe]:80":       {"keys of a machine in a cloud", "云主机"},
		"tcp://Metadata.Google.Internal:80": {"keys of a machine in a cloud", "云主机"},
		"tcp://metadata.google.internal.:1": {"keys of a machine in a cloud", "云主机"},
		"tcp://[fd00:ec2::254]:80":          {"keys of a machine in a cloud", "云主机"},
		"udp://100.100.100.200:80":          {"keys of a machine in a cloud", "云主机"},
		"udp://169.254.1.9:7":               {"link-local", "链路本地"},
		"tcp://[fe80::1%25eth0]:7":          {"link-local", "链路本地"},
		"tcp://192.168.1.88:80":             {},
		"tcp://example.com:80":              {},
		"tcp://127.0.0.1:80":                {},
	} {
		f, err := Parse([]byte("sockeye = 2\n[[endpoint]]\nname = 'x'\nconnect = '" + address + "'\n"))
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		openings, err := f.Openings()
		if err != nil {
			t.Fatal(err)
		}
		for n, l := range []sockeye.Lang{sockeye.English, sockeye.Chinese} {
			lines := openings[0].Plan(l)
			if warned := len(lines) > 1; warned != (want[n] != "") || warned && !strings.Contains(lines[1], want[n]) {
				t.Errorf("%s: %q, want a line with %q", address, lines, want[n])
			}
		}
	}
}
