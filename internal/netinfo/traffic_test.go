package netinfo

import (
	"testing"
	"testing/fstest"
)

// Packets are counted of both families, and those of an older kernel are not told.
func TestTraffic(t *testing.T) {
	proc := func(snmp, snmp6, dev string) fstest.MapFS {
		return fstest.MapFS{"net/snmp": {Data: []byte(snmp)}, "net/snmp6": {Data: []byte(snmp6)}, "net/dev": {Data: []byte(dev)}}
	}
	now := proc("Ip: Forwarding OutTransmits\nIp: 2 7\n", "Ip6InReceives 3\nIp6OutTransmits   \t5\n", "Inter-| Receive\n face |bytes packets\neth0: 1 2 3\n    lo: 900 12 0\n")
	if n, told := transmittedPackets(now); n != 12 || !told {
		t.Errorf("transmitted %d, %v", n, told)
	}
	if n, told := loopedPackets(now); n != 12 || !told {
		t.Errorf("looped %d, %v", n, told)
	}
	old := proc("Ip: Forwarding OutRequests\nIp: 2 7\n", "Ip6OutRequests 5\n", "")
	if n, told := transmittedPackets(old); told {
		t.Errorf("an older kernel transmitted %d", n)
	}
	if n, told := loopedPackets(old); told {
		t.Errorf("without a loopback %d", n)
	}
}

// Whatever the files hold, counters are told or not, without a panic.
func FuzzTraffic(f *testing.F) {
	f.Add([]byte("Ip: OutTransmits\nIp: 1\n"), []byte("Ip6OutTransmits 2\n"), []byte(" lo: 1 2\n"))
	f.Fuzz(func(t *testing.T, snmp, snmp6, dev []byte) {
		proc := fstest.MapFS{"net/snmp": {Data: snmp}, "net/snmp6": {Data: snmp6}, "net/dev": {Data: dev}}
		transmittedPackets(proc)
		loopedPackets(proc)
	})
}
