package sockeye

import (
	"net/netip"
	"strings"
	"testing"
)

// Who is let in, by address and range, IPv4 in IPv6 and zones included.
func TestAdmits(t *testing.T) {
	for _, test := range []struct {
		allow, deny []string
		ip          string
		want        bool
	}{
		{nil, nil, "10.0.0.1", true},
		{[]string{"10.0.0.1"}, nil, "10.0.0.1", true},
		{[]string{"10.0.0.1"}, nil, "::ffff:10.0.0.1", true},
		{[]string{"10.0.0.1"}, nil, "10.0.0.2", false},
		{[]string{"192.168.1.77/24", "fe80::/10"}, nil, "192.168.1.3", true},
		{[]string{"192.168.1.77/24", "fe80::/10"}, nil, "fe80::1%eth0", true},
		{[]string{"192.168.1.0/24"}, []string{"192.168.1.9"}, "192.168.1.9", false},
		{nil, []string{"127.0.0.0/8"}, "127.1.2.3", false},
		{nil, []string{"127.0.0.0/8"}, "::1", true},
	} {
		var o Options
		var err error
		if o.AllowPeers, err = prefixes(test.allow); err != nil {
			t.Fatal(err)
		}
		if o.DenyPeers, err = prefixes(test.deny); err != nil {
			t.Fatal(err)
		}
		if got := o.Admits(netip.MustParseAddr(test.ip)); got != test.want {
			t.Errorf("allow %v, deny %v: %s is let in: %v", test.allow, test.deny, test.ip, got)
		}
	}
}

// A prefix that was parsed and written out is read back as the same one.
func FuzzParsePrefix(f *testing.F) {
	for _, s := range []string{"192.168.1.88", "10.0.0.0/8", "fe80::/10", "::ffff:1.2.3.4", "1.2.3.4/33", "fe80::1%eth0", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePrefix(s)
		if err != nil {
			return
		}
		if again, err := ParsePrefix(PrefixText(p)); err != nil || again != p {
			t.Errorf("%q is %v, and its text %q is %v, %v", s, p, PrefixText(p), again, err)
		}
	})
}

// prefixes reads several ranges, each written alone or with commas between them.
func prefixes(list []string) (out []netip.Prefix, err error) {
	for _, s := range list {
		for one := range strings.SplitSeq(s, ",") {
			p, err := ParsePrefix(strings.TrimSpace(one))
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	return out, nil
}
