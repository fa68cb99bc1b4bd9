package doctor

import (
	"context"

	"golang.org/x/sys/windows/registry"
)

// The keys of Windows Defender Firewall: every user may read them. What an administrator of
// the network has set goes before what was set here.
const (
	defenderKey       = `SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy`
	defenderDomainKey = `SOFTWARE\Policies\Microsoft\WindowsFirewall`
)

// defenderProfileKeys are the keys of profiles, by the names that rules have for them.
var defenderProfileKeys = map[string]string{"Domain": "DomainProfile", "Private": "StandardProfile", "Public": "PublicProfile"}

// read finds what Windows Defender Firewall does with the first packet of a client of the
// port (in), or with the first packet to it.
func (w *Firewall) read(_ context.Context, f *Facts, in bool) {
	p := defenderPolicy{Profiles: map[string]defenderProfile{}}
	seen := false
	for name, key := range defenderProfileKeys {
		k, err := registry.OpenKey(registry.LOCAL_MACHINE, defenderKey+`\`+key, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		seen = true
		if number(k, "EnableFirewall", 1) != 0 {
			p.Profiles[name] = defenderProfile{
				BlocksIn: number(k, "DefaultInboundAction", 1) != 0, BlocksOut: number(k, "DefaultOutboundAction", 0) != 0,
				NoExceptions: number(k, "DoNotAllowExceptions", 0) != 0,
			}
		}
		k.Close()
	}
	if !seen {
		return
	}
	p.Rules = append(stringsOf(defenderDomainKey+`\FirewallRules`), stringsOf(defenderKey+`\FirewallRules`)...)
	p.apply(w, defenderQuestionOf(f, in))
}

// number is a value of a key, or another one if it is not there.
func number(k registry.Key, name string, without uint64) uint64 {
	if n, _, err := k.GetIntegerValue(name); err == nil {
		return n
	}
	return without
}

// stringsOf are all texts of a key.
func stringsOf(key string) (list []string) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, key, registry.QUERY_VALUE)
	if err != nil {
		return nil
	}
	defer k.Close()
	names, _ := k.ReadValueNames(0)
	for _, name := range names {
		if text, _, err := k.GetStringValue(name); err == nil {
			list = append(list, text)
		}
	}
	return list
}
