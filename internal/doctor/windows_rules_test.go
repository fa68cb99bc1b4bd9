package doctor

import (
	"net/netip"
	"testing"

	"sockeye"
	"sockeye/internal/netinfo"
)

// Rules as a German, a Chinese and an English Windows have them: only names differ.
const (
	allowPort    = `v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=7000|Name=Übungsserver zulassen|`
	allowRange   = `v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Private|LPort=6990-7010|Name=课堂|`
	blockProgram = `v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|App=C:\Users\me\Server.exe|Name=server.exe|`
	allowProgram = `v2.30|Action=Allow|Active=TRUE|Dir=In|App=C:\Users\me\server.exe|Name=server.exe|`
	allowNear    = `v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=7000|RA4=LocalSubnet|Name=near|`
	inactive     = `v2.30|Action=Block|Active=FALSE|Dir=In|Protocol=6|LPort=7000|Name=old|`
	otherPort    = `v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=7001|Name=other|`
	blockUDP     = `v2.30|Action=Block|Active=TRUE|Dir=In|Protocol=17|Name=udp|`
	blockOut     = `v2.30|Action=Block|Active=TRUE|Dir=Out|Protocol=6|RPort=7000|Name=out|`
)

// What Windows Defender Firewall does with the first packet to a port is read out of its
// rules.
func TestDefenderPolicy(t *testing.T) {
	usual := map[string]defenderProfile{"Private": {BlocksIn: true}, "Public": {BlocksIn: true}}
	type answer struct{ drops, unclear bool }
	for name, c := range map[string]struct {
		profiles map[string]defenderProfile
		rules    []string
		out      bool
		program  string
		want     answer
	}{
		"switched off":                    {nil, []string{blockProgram}, false, "server.exe", answer{false, false}},
		"no rule":                         {usual, []string{inactive, otherPort, blockUDP}, false, "server.exe", answer{true, false}},
		"the port is allowed":             {usual, []string{allowPort}, false, "server.exe", answer{false, false}},
		"allowed on private networks":     {usual, []string{allowRange}, false, "server.exe", answer{false, true}},
		"a program that was blocked":      {usual, []string{allowPort, blockProgram}, false, "server.exe", answer{true, false}},
		"another program was blocked":     {usual, []string{allowPort, blockProgram}, false, "python.exe", answer{false, false}},
		"a program that is allowed":       {usual, []string{allowProgram}, false, "Server.exe", answer{false, false}},
		"nobody knows the program":        {usual, []string{allowProgram}, false, "", answer{false, true}},
		"allowed from near":               {usual, []string{allowNear}, false, "server.exe", answer{false, true}},
		"no exceptions":                   {map[string]defenderProfile{"Public": {NoExceptions: true}}, []string{allowPort}, false, "server.exe", answer{true, false}},
		"out":                             {usual, nil, true, "", answer{false, false}},
		"out, a rule against it":          {usual, []string{blockOut}, true, "", answer{true, false}},
		"out, nothing but what has rules": {map[string]defenderProfile{"Domain": {BlocksOut: true}}, nil, true, "", answer{true, false}},
		"what is no rule":                 {usual, []string{"", "v2.30", "|Action=Allow|Dir=In|", allowPort}, false, "", answer{false, false}},
	} {
		f := &Facts{Network: sockeye.TCP, Port: 7000}
		if !c.out {
			f.Sockets = []netinfo.SocketInfo{{Network: sockeye.TCP, Local: netip.MustParseAddrPort("0.0.0.0:7000"), State: "LISTEN", Program: c.program}}
		}
		var w Firewall
		defenderPolicy{c.profiles, c.rules}.apply(&w, defenderQuestionOf(f, !c.out))
		if got := (answer{w.Drops, w.Unclear}); got != c.want || !w.Read || (w.Drops || w.Unclear) && w.Rule == "" {
			t.Errorf("%s: %+v, want %+v", name, w, c.want)
		}
	}
}

// No rule of the Windows firewall, however damaged, makes its parser panic, count as a rule of
// nothing, or drop and be unclear at once.
func FuzzDefenderRule(f *testing.F) {
	for _, rule := range []string{allowPort, allowRange, blockProgram, allowNear} {
		f.Add(rule)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, ok := parseDefenderRule(text); ok && r.first("Action") == "" && r.first("Dir") == "" && len(r) == 0 {
			t.Errorf("%q is a rule of nothing", text)
		}
		var w Firewall
		p := defenderPolicy{map[string]defenderProfile{"Public": {BlocksIn: true}}, []string{text}}
		p.apply(&w, defenderQuestion{in: true, protocol: "6", port: 7000, programs: []string{"server.exe"}})
		if w.Drops && w.Unclear || !w.Read {
			t.Errorf("%+v", w)
		}
	})
}
