package doctor

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye"
	"sockeye/internal/freeport"
	"sockeye/internal/netinfo"
)

// recorded are facts as they were written down on systems that tell less.
var recorded = []struct{ name, facts, cause string }{
	{"Windows, refused", `{"system":"windows","asked":"192.168.1.9:7000","network":"tcp","host":"192.168.1.9","port":7000,
		"interfaces":[{"name":"Ethernet","up":true,"carrier":true,"mtu":1500,"prefixes":["192.168.1.2/24"]}],"firewall":{"tool":"windows"},"unseen":["gateways","sockets"],
		"paths":[{"address":"192.168.1.9","route":{"interface":"Ethernet","index":4,"source":"192.168.1.2","mtu":1500},"tcp":{"port":7000,"outcome":"refused","errno":"ECONNREFUSED","took_ns":2000000000}}]}`, CauseRefused},
	{"Windows, silent", `{"system":"windows","asked":"192.168.1.9:7000","network":"tcp","host":"192.168.1.9","port":7000,
		"interfaces":[{"name":"Ethernet","up":true,"carrier":true,"mtu":1500,"prefixes":["192.168.1.2/24"]}],"unseen":["gateways","sockets"],
		"paths":[{"address":"192.168.1.9","route":{"interface":"Ethernet","index":4,"source":"192.168.1.2"},"tcp":{"port":7000,"outcome":"silent"},"other_tcp":{"port":7001,"outcome":"silent"}}]}`, ""},
	{"macOS, open", `{"system":"darwin","asked":"10.0.0.9:7000","network":"tcp","host":"10.0.0.9","port":7000,
		"interfaces":[{"name":"en0","up":true,"carrier":true,"mtu":1500,"prefixes":["10.0.0.2/24"]}],"unseen":["gateways","sockets"],
		"paths":[{"address":"10.0.0.9","route":{"interface":"en0","index":4,"source":"10.0.0.2"},"tcp":{"port":7000,"outcome":"open"}}]}`, ""},
	{"macOS, a server of its own that cannot be seen", `{"system":"darwin","asked":":7000","network":"tcp","port":7000,"local":true,
		"interfaces":[{"name":"en0","up":true,"carrier":true,"prefixes":["10.0.0.2/24"]}],"unseen":["gateways","sockets"]}`, ""},
	{"macOS, nothing is connected", `{"system":"darwin","network":"tcp","interfaces":[{"name":"lo0","up":true,"loopback":true,"carrier":true,"prefixes":["127.0.0.1/8"]},{"name":"en0","up":true}]}`, CauseNoNetwork},
	{"macOS, the gateway answered", `{"system":"darwin","network":"tcp","local":true,"interfaces":[{"name":"en0","up":true,"carrier":true,"prefixes":["10.0.0.2/24"]}],"gateways":["10.0.0.1"],"gateway_neighbours":[{"state":"STALE","hardware_address":"02:00:00:00:00:01"}]}`, ""},
	{"Windows, the gateway was asked and is silent", `{"system":"windows","network":"tcp","interfaces":[{"name":"eth0","up":true,"carrier":true,"prefixes":["10.0.0.2/24"]}],"gateways":["10.0.0.1"],"gateway_neighbours":[{"state":"FAILED"}]}`, CauseGatewaySilent},
	{"macOS, the gateway is in no network of the machine, as on hosts with a /32", `{"system":"darwin","network":"tcp","interfaces":[{"name":"eth0","up":true,"carrier":true,"prefixes":["10.0.0.2/24"]}],"gateways":["10.0.1.1"],"gateway_neighbours":[{"state":"REACHABLE","hardware_address":"02:00:00:00:00:01"}]}`, ""},
	{"macOS, no gateway at all", `{"system":"darwin","network":"tcp","interfaces":[{"name":"eth0","up":true,"carrier":true,"prefixes":["10.0.0.2/24"]}]}`, ""},
	{"Windows, the port is in an excluded range", `{"system":"windows","asked":":50010","network":"tcp","port":50010,"local":true,"to_listen":true,"bind_errno":"EACCES","excluded":[{"first":5357,"last":5357},{"first":50000,"last":50059}],
		"interfaces":[{"name":"Ethernet","up":true,"carrier":true,"prefixes":["192.168.1.2/24"]}]}`, CauseExcludedPort},
	{"Windows, another program has the port", `{"system":"windows","asked":":7000","network":"tcp","port":7000,"local":true,"to_listen":true,"bind_errno":"EADDRINUSE",
		"sockets":[{"network":"tcp","local":"0.0.0.0:7000","state":"LISTEN","uid":-1,"pid":4324,"program":"python.exe"}],
		"interfaces":[{"name":"Ethernet","up":true,"carrier":true,"prefixes":["192.168.1.2/24"]}]}`, CausePortTaken},
	{"Windows, the firewall has no rule for the port", `{"system":"windows","asked":":7000","network":"tcp","port":7000,"local":true,"firewall":{"tool":"windows","read":true,"drops":true,"rule":"Public: DefaultInboundAction = Block"},
		"sockets":[{"network":"tcp","local":"0.0.0.0:7000","state":"LISTEN","uid":-1,"pid":4324,"program":"python.exe"}],
		"interfaces":[{"name":"Ethernet","up":true,"carrier":true,"prefixes":["192.168.1.2/24"]}]}`, CauseFirewallDrops},
	{"Windows, the neighbour is silent", `{"system":"windows","asked":"192.168.1.9:7000","network":"tcp","host":"192.168.1.9","port":7000,
		"interfaces":[{"name":"Ethernet","up":true,"carrier":true,"mtu":1500,"prefixes":["192.168.1.2/24"]}],
		"paths":[{"address":"192.168.1.9","route":{"interface":"Ethernet","index":4,"source":"192.168.1.2","kind":"unicast"},"neighbour":{"state":"INCOMPLETE"},"tcp":{"port":7000,"outcome":"silent"}}]}`, CauseNoNeighbour},
	{"macOS, the gateway is silent", `{"system":"darwin","asked":"198.51.100.9:7000","network":"tcp","host":"198.51.100.9","port":7000,
		"interfaces":[{"name":"en0","up":true,"carrier":true,"mtu":1500,"prefixes":["192.168.1.2/24"]}],
		"paths":[{"address":"198.51.100.9","route":{"interface":"en0","index":4,"source":"192.168.1.2","gateway":"192.168.1.1","kind":"unicast"},"neighbour":{"state":"INCOMPLETE"},"tcp":{"port":7000,"outcome":"silent"}}]}`, CauseGatewaySilent},
	{"macOS, the program does not accept", `{"system":"darwin","asked":":7000","network":"tcp","port":7000,"local":true,"queues":[{"local":"0.0.0.0:7000","waiting":3,"backlog":128}],
		"sockets":[{"network":"tcp","local":"0.0.0.0:7000","state":"LISTEN","uid":501,"pid":4711,"program":"server"}],
		"interfaces":[{"name":"en0","up":true,"carrier":true,"prefixes":["10.0.0.2/24"]}]}`, CauseNotAccepting},
	{"macOS, no gateway", `{"system":"darwin","asked":"198.51.100.9:7000","network":"tcp","host":"198.51.100.9","port":7000,
		"interfaces":[{"name":"en0","up":true,"carrier":true,"mtu":1500,"prefixes":["192.168.1.2/24"]}],
		"paths":[{"address":"198.51.100.9","route":{"errno":"ENETUNREACH"},"tcp":{"port":7000,"outcome":"failed","errno":"ENETUNREACH"}}]}`, CauseNoRoute},
	{"Windows, no source port is left", `{"system":"windows","asked":"192.168.1.9:7000","network":"tcp","host":"192.168.1.9","port":7000,"limits":{"ephemeral_low":49152,"ephemeral_high":65535},
		"interfaces":[{"name":"Ethernet","up":true,"carrier":true,"mtu":1500,"prefixes":["192.168.1.2/24"]}],
		"paths":[{"address":"192.168.1.9","route":{"interface":"Ethernet","index":4,"source":"192.168.1.2","kind":"unicast"},"tcp":{"port":7000,"outcome":"failed","errno":"EADDRNOTAVAIL"}}]}`, CausePortsExhausted},
}

// A server inside of another system is told of the edge that clients have to cross.
func TestEdgeBeforeTheServerIsNamed(t *testing.T) {
	for place, want := range map[string]string{"": "", "wsl": "netsh interface portproxy", "docker": "-p 7000:7000", "container": "-p 7000:7000"} {
		f := &Facts{System: "linux", Network: sockeye.TCP, Port: 7000, Local: true, Place: place, Sockets: []netinfo.SocketInfo{{Network: sockeye.TCP, Local: netip.MustParseAddrPort("0.0.0.0:7000"), State: "LISTEN"}}}
		told := ""
		for _, found := range Diagnose(f, nil).Findings {
			if found.Check == CheckFirewall {
				told += found.Next.En
			}
		}
		if want != "" && !strings.Contains(told, want) || want == "" && strings.Contains(told, "-p 7000") {
			t.Errorf("in %q: %q", place, told)
		}
	}
}

// What is to be done has the commands of the system that it is done on.
func TestCommandsOfTheSystem(t *testing.T) {
	for _, r := range recorded {
		var f Facts
		json.Unmarshal([]byte(r.facts), &f)
		f.Firewall.Tool = map[string]string{"windows": "windows", "darwin": "macos"}[f.System]
		for _, found := range Diagnose(&f, nil).Findings {
			for _, foreign := range []string{"sudo ip ", "sysctl net.ipv4", "nft ", "ss -", "ip route"} {
				if strings.Contains(found.Next.En+found.Next.Zh, foreign) && !strings.Contains(found.Next.En, "Linux (") {
					t.Errorf("%s: %q has a command of Linux", r.name, found.Next.En)
				}
			}
		}
	}
}

// What other systems told is judged with the same checks.
func TestRecordedFacts(t *testing.T) {
	for _, r := range recorded {
		var f Facts
		if err := json.Unmarshal([]byte(r.facts), &f); err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		d := Diagnose(&f, nil)
		got := ""
		if d.Cause != nil {
			got = d.Cause.Cause
		}
		if got != r.cause {
			t.Errorf("%s: %q, want %q", r.name, got, r.cause)
		}
		if strings.Contains(r.name, "cannot be seen") && d.Verdict() != CannotTell {
			t.Errorf("%s: %s", r.name, d.Verdict())
		}
	}
}

// Every finding says what it found in both languages, and what is wrong says what to do and
// where; nothing tells anybody to turn a firewall off.
func TestFindingsAreWhole(t *testing.T) {
	for _, r := range recorded {
		var f Facts
		json.Unmarshal([]byte(r.facts), &f)
		for _, found := range Diagnose(&f, nil).Findings {
			if found.Text.En == "" || found.Text.Zh == "" || strings.Contains(found.Text.En+found.Text.Zh+found.Next.En+found.Next.Zh, "%!") {
				t.Errorf("%s: %+v", r.name, found)
			}
			if found.Verdict == Wrong && (found.Next.En == "" || found.Next.Zh == "" || found.Station == "" || found.Cause == "") {
				t.Errorf("%s: %+v", r.name, found)
			}
			if off := strings.ToLower(found.Next.En); strings.Contains(off, "disable") || strings.Contains(off, "turn off") {
				t.Errorf("%s: %s", r.name, found.Next.En)
			}
		}
	}
}

// A code gives the facts back that the other side needs.
func TestCode(t *testing.T) {
	f := &Facts{V: 1, System: "linux", Network: sockeye.TCP, Port: 7000, Local: true, Connects: true, Place: "docker", Firewall: Firewall{Tool: "ufw", Read: true, Drops: true},
		Interfaces: []InterfaceFacts{
			{Name: "#1", Up: true, Carrier: true, Strict: true, HardwareAddress: "02:00:00:00:00:01", Prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.1.9/24"), netip.MustParsePrefix("fe80::1/64")}},
			{Name: "#2", Up: true, Virtual: true, Prefixes: []netip.Prefix{netip.MustParsePrefix("172.17.0.1/16")}},
		},
		Gateways: []netip.Addr{netip.MustParseAddr("192.168.1.1")},
		Sockets: []netinfo.SocketInfo{
			{Network: sockeye.TCP, Local: netip.MustParseAddrPort("127.0.0.1:7000"), State: "LISTEN", UID: -1, Program: "python3"},
			{Network: sockeye.UDP, Local: netip.MustParseAddrPort("[::]:7000"), State: "UNCONNECTED", UID: -1, V6Only: true},
		},
		Files: netinfo.FileUse{Open: 1024, Limit: 1024},
		Routes: netinfo.RoutingTables{Rows: []netinfo.RouteEntry{
			{To: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("192.168.1.1"), GatewayState: "FAILED", Interface: "#1", Kind: "unicast"},
			{To: netip.MustParsePrefix("10.0.0.0/8"), Kind: "blackhole"},
		}},
		Queues: []netinfo.ListenQueue{{Local: netip.MustParseAddrPort("127.0.0.1:7000"), Waiting: 3, Backlog: 128}},
		Unseen: []string{"gateways"},
	}
	code := f.Code()
	if len(code) > 340 {
		t.Errorf("%d characters: %s", len(code), code)
	}
	for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", " ") + "\n"} {
		got, err := ParseCode(typed)
		if err != nil {
			t.Fatalf("%q: %v", typed, err)
		}
		if diff := cmp.Diff(f, got, cmpopts.IgnoreUnexported(netinfo.SocketInfo{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typed, diff)
		}
	}
	for _, bad := range []string{"", "SE1", "SE1-AAAAA", code[:len(code)-2], strings.Replace(code, code[10:12], "77", 1), "SE1-" + strings.Repeat("A", 5000), "hello"} {
		if _, err := ParseCode(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// A code that tells nothing of what was asked is named, and judged as if there were none.
func TestCodeOfAnotherQuestion(t *testing.T) {
	eth := func(mac, prefix string) []InterfaceFacts {
		return []InterfaceFacts{{Name: "eth0", Up: true, Carrier: true, HardwareAddress: mac, Prefixes: []netip.Prefix{netip.MustParsePrefix(prefix)}}}
	}
	silent := &Facts{System: "linux", Asked: "10.0.0.3:7001", Network: sockeye.TCP, Host: "10.0.0.3", Port: 7001, Interfaces: eth("02:00:00:00:00:02", "10.0.0.2/24"),
		Paths: []Path{{Address: netip.MustParseAddr("10.0.0.3"), Route: netinfo.SystemRoute{Interface: "eth0", Kind: "unicast"}, Early: netinfo.Neighbour{State: "REACHABLE"},
			TCP: Probe{Port: 7001, Outcome: Refused, Errno: "ECONNREFUSED"}}}}
	for name, c := range map[string]struct {
		other      *Facts
		text, next string
	}{
		"another port": {&Facts{System: "linux", Port: 7000, Local: true, Interfaces: eth("02:00:00:00:00:03", "10.0.0.3/24")}, "made for port 7000, but port 7001 is asked", "sockeye doctor --code :7001"},
		"our own":      {&Facts{System: "linux", Port: 7001, Local: true, Interfaces: eth("02:00:00:00:00:02", "10.0.0.2/24")}, "this machine's own", "on the other machine"},
	} {
		d := Diagnose(silent, c.other)
		r := d.Report(sockeye.English)
		if d.CodeFault == nil || d.Ask != AskThere || r.Cause != CauseRefused || !strings.Contains(r.Text, c.text) || !strings.Contains(r.Next, c.next) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	fitting := &Facts{System: "linux", Network: sockeye.TCP, Port: 7001, Local: true, Interfaces: eth("02:00:00:00:00:03", "10.0.0.3/24")}
	if d := Diagnose(silent, fitting); d.CodeFault != nil || d.Cause.Cause != CauseNothingListens {
		t.Errorf("a fitting code: %+v", d.Cause)
	}
}

// Facts that a code gave give a code that means the same, and can be judged.
func FuzzParseCode(f *testing.F) {
	f.Add((&Facts{Network: sockeye.TCP, Port: 1}).Code())
	f.Fuzz(func(t *testing.T, text string) {
		facts, err := ParseCode(text)
		if err != nil {
			return
		}
		again, err := ParseCode(facts.Code())
		if err != nil {
			t.Fatalf("%q: %v", facts.Code(), err)
		}
		if again.Code() != facts.Code() {
			t.Errorf("%q gives %q", facts.Code(), again.Code())
		}
		Diagnose(&Facts{Network: sockeye.TCP, Host: "10.0.0.1", Port: 7000, Paths: []Path{{Address: netip.MustParseAddr("10.0.0.1"), TCP: Probe{Outcome: Silent}}}}, facts).Report(sockeye.Chinese)
	})
}

// A file for strangers keeps private addresses and shortens others.
func TestShortened(t *testing.T) {
	r := Report{Address: "203.0.113.9:80", Text: "192.168.1.9 answers, 198.51.100.7 does not", Checks: []Result{{Evidence: []string{"ip neighbour: 02:11:22:33:44:55 REACHABLE", "192.168.1.2 & 255.255.255.0", "2001:db8:1::9"}}}, Way: []Stop{{Note: "203.0.113.9"}}}
	got := r.Shortened()
	want := Report{Address: "203.0.x.x:80", Text: "192.168.1.9 answers, 198.51.x.x does not", Checks: []Result{{Evidence: []string{"ip neighbour: 02:x REACHABLE", "192.168.1.2 & 255.255.255.0", "2001:x"}}}, Way: []Stop{{Note: "203.0.x.x"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A doctor that serves tells its code to another one's probe, over TCP and UDP.
func TestServe(t *testing.T) {
	port := freeport.Find(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, port, func(string) {}) }()
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String()
	for _, address := range []string{at, "udp://" + at} {
		var greeted *Facts
		for range 50 { // until it listens
			if greeted = Collect(t.Context(), Question{Address: address}).Greeted(); greeted != nil {
				break
			}
		}
		if greeted == nil || greeted.Port != port {
			t.Errorf("%s told %+v", address, greeted)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// The comparison of two addresses under a mask is written out in columns, with a mark where the
// networks differ.
func TestArithmetic(t *testing.T) {
	got := arithmetic(netip.MustParsePrefix("192.168.1.2/23"), netip.MustParseAddr("192.168.2.9"))
	want := []string{"192.168.1.2     & 255.255.254.0 = 192.168.0.0", "192.168.2.9     & 255.255.254.0 = 192.168.2.0  ≠"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Silence of UDP tells nothing, but the rules of the other machine do, if its code has them and
// they are of the same transport.
func TestRulesInTheCode(t *testing.T) {
	asked := &Facts{System: "linux", Asked: "udp://10.0.0.3:7000", Network: sockeye.UDP, Host: "10.0.0.3", Port: 7000,
		Interfaces: []InterfaceFacts{{Name: "eth0", Up: true, Carrier: true, HardwareAddress: "02:00:00:00:00:02", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.2/24")}}},
		Paths: []Path{{Address: netip.MustParseAddr("10.0.0.3"), Route: netinfo.SystemRoute{Interface: "eth0", Kind: "unicast", Source: netip.MustParseAddr("10.0.0.2")},
			Neighbour: netinfo.Neighbour{State: "REACHABLE", HardwareAddress: "02:00:00:00:00:03"}, UDP: Probe{Port: 7000, Outcome: Silent}}}}
	for name, c := range map[string]struct {
		transport sockeye.Network
		rules     Firewall
		want      string
	}{
		"they drop":                {sockeye.UDP, Firewall{Read: true, Drops: true}, CauseFirewallThere},
		"they pass":                {sockeye.UDP, Firewall{Read: true}, ""},
		"they are not clear":       {sockeye.UDP, Firewall{Read: true, Drops: true, Unclear: true}, ""},
		"they drop what answers":   {sockeye.UDP, Firewall{Read: true, Drops: true, Answers: true}, CauseFirewallThere},
		"the code is about TCP":    {sockeye.TCP, Firewall{Read: true, Drops: true}, ""},
		"nobody was there to read": {sockeye.UDP, Firewall{}, ""},
	} {
		there := &Facts{System: "linux", Network: c.transport, Port: 7000, Local: true, Firewall: c.rules,
			Interfaces: []InterfaceFacts{{Name: "eth0", Up: true, Carrier: true, HardwareAddress: "02:00:00:00:00:03", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.3/24")}}},
			Sockets:    []netinfo.SocketInfo{{Network: sockeye.UDP, Local: netip.MustParseAddrPort("0.0.0.0:7000"), State: "UNCONNECTED"}}}
		other, err := ParseCode(there.Code())
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if d := Diagnose(asked, other); d.Cause != nil {
			got = d.Cause.Cause
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Nobody is told to connect to all addresses.
func TestReachable(t *testing.T) {
	for _, c := range []struct{ at, asked, want string }{
		{"10.1.0.3:7000", "10.1.0.4", "10.1.0.3:7000"},
		{"0.0.0.0:7000", "::1", "127.0.0.1:7000"},
		{"0.0.0.0:7000", "fd00::3", "its IPv4 address"},
		{"[::]:7000", "127.0.0.1", "[::1]:7000"},
		{"[::]:7000", "10.1.0.3", "its IPv6 address"},
	} {
		if got := reachable(netip.MustParseAddrPort(c.at), netip.MustParseAddr(c.asked)).En; got != c.want {
			t.Errorf("a server on %s, asked for at %s: %s, want %s", c.at, c.asked, got, c.want)
		}
	}
}
