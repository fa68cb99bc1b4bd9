package dtls_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/localca"
	"sockeye/internal/transport/transporttest"
)

// openssl starts openssl; its output ends when it does. It ends when its input is closed.
func openssl(t *testing.T, args ...string) (in io.WriteCloser, out *bufio.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Process.Kill(); cmd.Wait() })
	return in, bufio.NewReader(said)
}

// openssl is a client that trusts the local CA.
func TestForeignClient(t *testing.T) {
	s, r := server(t, sockeye.TLSOptions{}, transporttest.Echoing{})
	ca, err := (&localca.Store{Dir: transporttest.CADir}).Load(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, ca.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	in, out := openssl(t, "s_client", "-dtls1_2", "-quiet", "-no_ign_eof", "-verify_return_error", "-CAfile", file, "-verify_ip", "127.0.0.1", "-connect", s.Locals()[0].String())
	r.WaitKind(t, sockeye.Joined, 1)
	fmt.Fprint(in, "from openssl\n")
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatalf("it ended without the echo: %v\n%s", err, r)
		}
		if line == "from openssl\n" {
			break
		}
	}
	in.Close()
	if left := r.WaitKind(t, sockeye.Left, 1); left.Detail.Reason != sockeye.ReasonEOF {
		t.Errorf("left for %+v", left.Detail)
	}
}

// openssl is a server that our client does not trust, and talks to all the same.
func TestForeignServer(t *testing.T) {
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.LocalAddr().String()
	free.Close()
	dir := t.TempDir()
	pair := filepath.Join(dir, "own.pem")
	if out, err := exec.Command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=router", "-keyout", pair, "-out", filepath.Join(dir, "cert.pem")).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	in, out := openssl(t, "s_server", "-dtls1_2", "-listen", "-accept", at, "-key", pair, "-cert", filepath.Join(dir, "cert.pem"))
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal("it does not serve")
		}
		if strings.HasPrefix(line, "ACCEPT") {
			break
		}
	}
	go io.Copy(io.Discard, out)
	c, r, err := client(t, "dtls://"+at, sockeye.Options{TLS: sockeye.TLSOptions{Insecure: sockeye.On}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transporttest.FirstPeer(t, c, r).Send(t.Context(), []byte("hello\n")); err != nil {
		t.Error(err)
	}
	fmt.Fprint(in, "from openssl\n")
	r.WaitBytes(t, sockeye.Received, len("from openssl\n"))
}
