package tcp_test

import (
	"testing"

	"go.uber.org/goleak"

	"sockeye"
	"sockeye/internal/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TCP does what every driver must do, on the event loop and without it.
func TestSuite(t *testing.T) {
	transporttest.OnEachConnKind(t, func(t *testing.T) {
		transporttest.Suite(t, transporttest.Case{
			Address: func(t *testing.T) sockeye.Address { return transporttest.At(t, "tcp://127.0.0.1:0") },
			Dial:    transporttest.DialPlain,
		})
	})
}
