package dtls_test

import (
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"go.uber.org/goleak"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "sockeye-ca")
	if err != nil {
		panic(err)
	}
	transporttest.CADir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.RemoveAll(dir); os.Exit(code) }))
}

// DTLS does what every driver must do, with a client of pion's.
func TestSuite(t *testing.T) {
	transporttest.Suite(t, transporttest.Case{
		Longest: 8155,
		Address: func(t *testing.T) sockeye.Address { return transporttest.At(t, "dtls://127.0.0.1:0") },
		Dial: func(t *testing.T, to sockeye.Address) net.Conn {
			c, err := dtls.DialWithOptions("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to.HostPort())), dtls.WithInsecureSkipVerify(true))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			c.SetDeadline(time.Now().Add(transporttest.Patience))
			return c
		},
	})
}
