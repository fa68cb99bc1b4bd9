package transport_test

import (
	"sockeye/internal/transport/transporttest"
	"testing"

	"sockeye"
)

// C39: the path MTU of a connection is shown as the kernel has it: the interface's, or a
// smaller one of the route.
func TestPathMTU(t *testing.T) {
	if !transporttest.OwnNetwork(t) {
		return
	}
	there := transporttest.Cable(t)
	there.Serve(t, on(7000))
	for _, want := range []uint32{1500, 800} {
		if want != 1500 {
			transporttest.Run(t, "ip", "route", "add", transporttest.ThereIP+"/32", "dev", "va", "mtu", "800")
		}
		p, _ := connectedTo(t, 7000, sockeye.Options{})
		if st := p.Status(); st.TCP == nil || st.TCP.PathMTU != want {
			t.Errorf("the status is %+v, want a path MTU of %d", st.TCP, want)
		}
	}
}
