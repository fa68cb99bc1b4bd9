package udp_test

import (
	"testing"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

// UDP does what every driver must do, with many datagrams for a call and without.
func TestSuite(t *testing.T) {
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		transporttest.Suite(t, transporttest.Case{
			Address: func(t *testing.T) sockeye.Address { return transporttest.At(t, "udp://127.0.0.1:0") },
			Dial:    transporttest.DialPlain,
		})
	})
}
