package doctor

import "testing"

// The state is read, whatever language the words around it have.
func TestMacFirewall(t *testing.T) {
	for text, want := range map[string]Firewall{
		"Firewall is disabled. (State = 0) \n":                     {Read: true},
		"Firewall is enabled. (State = 1)\n":                       {Read: true, Unclear: true},
		"Firewall ist aktiviert. (Status = 1)\n":                   {Read: true, Unclear: true},
		"防火墙已启用。(状态 = 2)\n":                                        {Read: true, Drops: true},
		"Firewall is set to block all non-essential (State = 2)\n": {Read: true, Drops: true},
		"Firewall settings cannot be modified from command line\n": {},
		"a = b (State = 9)":                                        {},
	} {
		var w Firewall
		if state, ok := parseMacFirewall(text); ok {
			w.applyMac(state, true)
		}
		w.Rule = ""
		if w != want {
			t.Errorf("%q: %+v, want %+v", text, w, want)
		}
	}
	var out Firewall
	if out.applyMac(macFirewallBlockAll, false); !out.Read || out.Drops {
		t.Errorf("what goes out: %+v", out)
	}
}

// Whatever the firewall of macOS answers is one of its three states or not understood.
func FuzzMacFirewall(f *testing.F) {
	f.Add("Firewall is enabled. (State = 1)")
	f.Fuzz(func(t *testing.T, text string) {
		if n, ok := parseMacFirewall(text); n < 0 || n > 2 || !ok && n != 0 {
			t.Errorf("%d, %v", n, ok)
		}
	})
}
