package tls_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/freeport"
	"sockeye/internal/localca"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

// run runs a program, of which it gives the output, with an input that stays open until
// the program has said what is wanted.
func run(t *testing.T, input, wanted string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(in, input)
	var all []byte
	for b := make([]byte, 4096); ; {
		n, err := out.Read(b)
		if all = append(all, b[:n]...); err != nil || wanted != "" && strings.Contains(string(all), wanted) {
			break
		}
	}
	in.Close()
	rest, _ := io.ReadAll(out)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s\n%s", name, err, all, said.Bytes())
	}
	return string(append(all, rest...))
}

// pythonClient connects as boards do, says something, and prints what comes back.
const pythonClient = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
s = context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))), server_hostname="127.0.0.1")
s.sendall(b"from python")
print(s.version(), s.recv(100).decode())
s.unwrap()
`

// What openssl and curl say when they do not trust the certificate is understood in every
// version, and that of an expired one is told from it.
func TestForeignClientsThatRefuse(t *testing.T) {
	now := time.Now()
	late := authority(t, now.AddDate(-2, 0, 0))
	old := issue(t, late, localca.ServerAuth, now.AddDate(-2, 0, 0), "127.0.0.1")
	for name, c := range map[string]struct {
		o             sockeye.TLSOptions
		args          []string // of a program that is given the address
		message, hint string
	}{
		"curl":             {sockeye.TLSOptions{}, []string{"curl", "-s"}, "does not trust our certificate: unknown certificate authority", "sockeye ca export"},
		"curl, TLS 1.2":    {sockeye.TLSOptions{}, []string{"curl", "-s", "--tls-max", "1.2"}, "does not trust our certificate: unknown certificate authority", "sockeye ca export"},
		"openssl":          {sockeye.TLSOptions{}, []string{"openssl", "s_client", "-verify_return_error", "-connect"}, "does not trust our certificate: unknown certificate authority", "sockeye ca export"},
		"openssl, expired": {sockeye.TLSOptions{Certificate: pemFile(t, old)}, []string{"openssl", "s_client", "-verify_return_error", "-CAfile", caFile(t, late), "-connect"}, "not valid: expired certificate", "NTP"},
	} {
		t.Run(name, func(t *testing.T) {
			s, r := server(t, sockeye.Options{TLS: c.o}, nil)
			to := s.Locals()[0].String()
			if c.args[0] == "curl" {
				to = "https://" + to
			}
			if out, err := exec.CommandContext(t.Context(), c.args[0], append(c.args[1:], to)...).CombinedOutput(); err == nil {
				t.Fatalf("it connected: %s", out)
			}
			refused := 1
			if c.o.Certificate != "" { // that it has expired is told before
				refused = 2
			}
			says(t, r.WaitKind(t, sockeye.Failed, refused).Detail.Err, c.message, c.hint)
		})
	}
}

// openssl, curl and python are clients that trust the local CA.
func TestForeignClients(t *testing.T) {
	s, r := server(t, sockeye.Options{}, httpEcho{})
	at := s.Locals()[0]
	ca, err := (&localca.Store{Dir: transporttest.CADir}).Load(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	file := caFile(t, ca)
	if got := run(t, "from openssl\n", "from openssl", "openssl", "s_client", "-quiet", "-no_ign_eof", "-verify_return_error", "-CAfile", file, "-connect", at.String(), "-verify_ip", "127.0.0.1"); !strings.Contains(got, "from openssl") {
		t.Errorf("openssl got %q", got)
	}
	if got := run(t, "", "", "curl", "-s", "--http1.1", "--cacert", file, "https://"+at.String()+"/board"); got != "GET /board HTTP/1.1" {
		t.Errorf("curl got %q", got)
	}
	if got := run(t, "", "", "python3", "-c", pythonClient, file, fmt.Sprint(at.Port())); got != "TLSv1.3 from python\n" {
		t.Errorf("python got %q", got)
	}
	r.WaitKind(t, sockeye.Left, 3)
	for _, e := range r.All(transporttest.IsKind(sockeye.Finished)) {
		if e.Detail.Reason == sockeye.ReasonEOF && e.Detail.Truncated {
			t.Errorf("%s ended without close_notify", e.Peer)
		}
	}
}

// A board of Python that says something, and closes without having read anything, is heard: the
// server gave it nothing to read after the handshake, so that it closes with a FIN.
func TestForeignClientThatOnlySends(t *testing.T) {
	const program = `
import socket, ssl, sys
context = ssl._create_unverified_context()
for _ in range(10):
    s = context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
    s.sendall(b"hello")
    s.close()
`
	s, r := server(t, sockeye.Options{}, nil)
	run(t, "", "", "python3", "-c", program, fmt.Sprint(s.Locals()[0].Port()))
	if got := r.WaitBytes(t, sockeye.Received, 50); string(got) != strings.Repeat("hello", 10) {
		t.Errorf("got %q", got)
	}
	r.WaitKind(t, sockeye.Left, 10)
	for _, e := range r.All(transporttest.IsKind(sockeye.Left)) {
		if e.Detail.Reason != sockeye.ReasonEOF {
			t.Errorf("left %+v", e.Detail)
		}
	}
}

// httpEcho sends back what comes, and answers a request of HTTP with its first line.
type httpEcho struct{}

func (httpEcho) Joined(*transport.Peer) {}

func (httpEcho) Received(p *transport.Peer, data []byte) {
	if line, _, ok := strings.Cut(string(data), "\r\n"); ok && strings.HasPrefix(line, "GET ") {
		data = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(line), line)
	}
	p.Send(context.Background(), data)
}

// openssl is a server: of TLS 1.3, of 1.2, and one of the old kind that boards have.
func TestForeignServer(t *testing.T) {
	ca := authority(t, time.Now())
	pair := pemFile(t, issue(t, ca, localca.ServerAuth, time.Now(), "127.0.0.1"))
	for _, c := range []struct {
		args  []string
		board bool
		want  string
	}{
		{[]string{"-tls1_3"}, false, "TLS 1.3"},
		{[]string{"-tls1_2"}, false, "TLS 1.2"},
		{[]string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"}, true, "TLS 1.2"},
		{[]string{"-tls1", "-cipher", "ALL:@SECLEVEL=0"}, true, "TLS 1.0"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			port := freeport.Find(t)
			cmd := exec.CommandContext(t.Context(), "openssl", append([]string{"s_server", "-quiet", "-rev", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-cert", pair, "-key", pair, "-naccept", "1"}, c.args...)...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer cmd.Process.Kill()
			o := sockeye.TLSOptions{Authorities: caFile(t, ca), Board: sockeye.ChoiceOf(c.board)}
			var s *transport.Session
			var r *transporttest.EventLog
			transporttest.Eventually(t, "openssl listens", func() (ok bool) {
				var err error
				s, r, err = client(t, fmt.Sprintf("tls://127.0.0.1:%d", port), o)
				if e := sockeye.ErrorOf(err); e != nil && e.Errno == "" {
					t.Fatal(err)
				}
				return err == nil
			})
			p := transporttest.FirstPeer(t, s, r)
			if st := p.Status(); st.TLS.Version != c.want {
				t.Errorf("agreed on %s, want %s", st.TLS.Version, c.want)
			}
			if _, err := p.Send(t.Context(), []byte("drawer\n")); err != nil {
				t.Fatal(err)
			}
			if got := r.WaitBytes(t, sockeye.Received, 7); string(got) != "reward\n" {
				t.Errorf("got %q", got)
			}
		})
	}
}
