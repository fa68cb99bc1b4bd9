package netinfo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What netsh prints is read in every language of the system: the numbers are the same.
func TestExcludedPorts(t *testing.T) {
	want := []PortRange{{5357, 5357}, {50000, 50059}}
	for language, text := range map[string]string{
		"English": "\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n----------    --------\r\n      5357        5357\r\n     50000       50059     *\r\n\r\n* - Administered port exclusions.\r\n\r\n",
		"German":  "\r\nPortausschlussbereiche für das Protokoll \"tcp\"\r\n\r\nStartport    Endport\r\n----------    --------\r\n      5357        5357\r\n     50000       50059     *\r\n\r\n* - Verwaltete Portausschlüsse.\r\n",
		"Chinese": "\r\n协议 tcp 端口排除范围\r\n\r\n开始端口    结束端口\r\n----------    --------\r\n      5357        5357\r\n     50000       50059     *\r\n\r\n* - 管理的端口排除。\r\n",
	} {
		if diff := cmp.Diff(want, parseExcludedPorts(text)); diff != "" {
			t.Errorf("%s: %s", language, diff)
		}
	}
	if r := want[1]; !r.Holds(50059) || r.Holds(50060) || r.Holds(49999) {
		t.Error("the ends of a range are not in it, or what is beyond is")
	}
}

// Whatever netsh prints, the ranges that come of it are ranges of ports.
func FuzzExcludedPorts(f *testing.F) {
	f.Add("  5357  5357\n 50000 50059 *\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range parseExcludedPorts(text) {
			if r.First > r.Last || r.First < 0 || r.Last > 65535 {
				t.Errorf("%+v", r)
			}
		}
	})
}
