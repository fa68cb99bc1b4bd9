package tls_test

import (
	stdtls "crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sockeye"
	"sockeye/internal/localca"
	"sockeye/internal/transport/transporttest"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "sockeye-ca")
	if err != nil {
		panic(err)
	}
	transporttest.CADir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// TLS does what every driver must do, with a client of crypto/tls.
func TestSuite(t *testing.T) {
	transporttest.Suite(t, transporttest.Case{
		Address: func(t *testing.T) sockeye.Address { return transporttest.At(t, "tls://127.0.0.1:0") },
		Dial:    func(t *testing.T, to sockeye.Address) net.Conn { return dialForeign(t, to.HostPort(), nil) },
	})
}

// roots are the certificates of the local CA.
func roots(t testing.TB) *x509.CertPool {
	t.Helper()
	ca, err := (&localca.Store{Dir: transporttest.CADir}).Load(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.Certificate())
	return pool
}

// dialForeign is a client of crypto/tls that trusts the local CA.
func dialForeign(t testing.TB, to string, change func(*stdtls.Config)) *stdtls.Conn {
	t.Helper()
	config := &stdtls.Config{RootCAs: roots(t)}
	if change != nil {
		change(config)
	}
	d := &net.Dialer{Timeout: transporttest.Patience}
	c, err := stdtls.DialWithDialer(d, "tcp", to, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.NetConn().Close() })
	c.SetDeadline(time.Now().Add(transporttest.Patience))
	return c
}
