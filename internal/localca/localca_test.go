package localca

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

var today = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func newAuthority(t *testing.T) *Authority {
	t.Helper()
	a, err := New("desk", today)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// verify is what a client says that trusts a, of a certificate asked for by name.
func verify(a *Authority, c *tls.Certificate, name string, at time.Time, usage x509.ExtKeyUsage) error {
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate())
	_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{usage}})
	return err
}

// A certificate is trusted for its own names, use and time by who trusts its authority, also by
// a board whose clock is late, and for nothing else.
func TestIssuedIsTrusted(t *testing.T) {
	a := newAuthority(t)
	c, err := a.Issue([]string{"kitchen.lan", "192.168.1.10", "fe80::1%eth0", "::ffff:10.0.0.1", "no name!", "pi_4"}, ServerAuth, today)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kitchen.lan", "192.168.1.10", "fe80::1", "10.0.0.1", "pi_4"} {
		if err := verify(a, &c, name, today, x509.ExtKeyUsageServerAuth); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for what, err := range map[string]error{
		"another name":          verify(a, &c, "bedroom.lan", today, x509.ExtKeyUsageServerAuth),
		"as a client":           verify(a, &c, "", today, x509.ExtKeyUsageClientAuth),
		"of another":            verify(newAuthority(t), &c, "kitchen.lan", today, x509.ExtKeyUsageServerAuth),
		"two days before":       verify(a, &c, "kitchen.lan", today.Add(-48*time.Hour), x509.ExtKeyUsageServerAuth),
		"after thirteen months": verify(a, &c, "kitchen.lan", today.Add(398*24*time.Hour), x509.ExtKeyUsageServerAuth),
	} {
		if err == nil {
			t.Errorf("trusted: %s", what)
		}
	}
	if err := verify(a, &c, "kitchen.lan", today.Add(-23*time.Hour), x509.ExtKeyUsageServerAuth); err != nil {
		t.Errorf("by a board whose clock is 23 h late: %v", err)
	}
	if client, err := a.Issue([]string{"board 7"}, ClientAuth, today); err != nil || verify(a, &client, "", today, x509.ExtKeyUsageClientAuth) != nil {
		t.Errorf("a client's: %v", err)
	}
}

// An authority is read back from its PEM; parts that are missing, torn or do not belong together
// are refused.
func TestAuthorityIsReadBack(t *testing.T) {
	a := newAuthority(t)
	text, err := a.PEM()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if !back.Certificate().Equal(a.Certificate()) || !back.key.Equal(a.key) {
		t.Error("not the same")
	}
	other, _ := newAuthority(t).PEM()
	leaf, err := a.Issue([]string{"x"}, ServerAuth, today)
	if err != nil {
		t.Fatal(err)
	}
	chain, key, err := EncodeCertificate(leaf)
	if err != nil {
		t.Fatal(err)
	}
	_ = key
	keyOf := func(text []byte) string { return string(text[strings.Index(string(text), "-----BEGIN EC"):]) }
	for what, bad := range map[string]string{
		"nothing":        "",
		"no key":         string(a.CertificatePEM()),
		"no certificate": keyOf(text),
		"another's key":  string(a.CertificatePEM()) + keyOf(other),
		"a leaf":         string(chain[:len(chain)/2]) + keyOf(text),
		"torn":           string(text[:200]),
	} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("read: %s", what)
		}
	}
}

// A client that trusts the authority connects by any name, and by address; the server's
// cache stays bounded however many names are asked for.
func TestServerAnswersEveryName(t *testing.T) {
	a := newAuthority(t)
	now := today
	s := a.NewServer([]string{"desk", "localhost"}, serverKey(t), func() time.Time { return now })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tls.Server(c, &tls.Config{GetCertificate: s.Certificate, Time: func() time.Time { return today }}).HandshakeContext(context.Background())
			c.Close()
		}
	}()
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate())
	for _, name := range []string{"desk", "localhost", "board.example", "127.0.0.1"} {
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: name, Time: func() time.Time { return today }})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.Close()
	}
	for i := range 3 * maxLeaves {
		if _, err := s.Certificate(&tls.ClientHelloInfo{ServerName: "n" + strings.Repeat("x", i%60) + string(rune('a'+i%26))}); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.leaves) > maxLeaves || len(s.order) != len(s.leaves) {
		t.Errorf("%d certificates, %d names", len(s.leaves), len(s.order))
	}
	first, _ := s.Certificate(&tls.ClientHelloInfo{ServerName: "desk"})
	same, _ := s.Certificate(&tls.ClientHelloInfo{ServerName: "desk"})
	now = now.Add(leafLife)
	fresh, _ := s.Certificate(&tls.ClientHelloInfo{ServerName: "desk"})
	if first != same || fresh == first {
		t.Error("a certificate is made once, and again before it has run out")
	}
}

// openssl sees the same fingerprint and the same pin, and compiles nothing else than
// the text into the C header.
func TestAsOpenSSLSeesIt(t *testing.T) {
	a := newAuthority(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, a.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(script string) string {
		out, err := exec.Command("bash", "-c", "set -o pipefail; "+script, "bash", file).Output()
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		return strings.TrimSpace(string(out))
	}
	got := []string{
		run(`openssl x509 -in "$1" -noout -fingerprint -sha256 | cut -d= -f2`),
		"sha256//" + run(`openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64`),
	}
	if diff := cmp.Diff([]string{Fingerprint(a.Certificate()), Pin(a.Certificate())}, got); diff != "" {
		t.Error(diff)
	}
	header := filepath.Join(t.TempDir(), "ca.h")
	if err := os.WriteFile(header, CHeader(a.Certificate(), "ca"), 0o600); err != nil {
		t.Fatal(err)
	}
	program := header + ".c"
	os.WriteFile(program, []byte("#include <stdio.h>\n#include \""+header+"\"\nint main(void){fputs(ca,stdout);}\n"), 0o600)
	file = program
	if text := run(`gcc -Wall -Werror -o "$1.out" "$1" && "$1.out"`); text+"\n" != string(a.CertificatePEM()) {
		t.Errorf("the C program has %q", text)
	}
}

// The MicroPython lines are a program that CPython, whose ssl module is the larger one,
// runs as they stand: it trusts the server, and refuses another's.
func TestMicroPythonLines(t *testing.T) {
	a, err := New("desk", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s := a.NewServer(nil, serverKey(t), time.Now)
	stranger := newAuthorityNow(t).NewServer(nil, serverKey(t), time.Now)
	for _, c := range []struct {
		server  *LeafIssuer
		trusted bool
	}{{s, true}, {stranger, false}} {
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: c.server.Certificate})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := l.Accept()
			if err == nil {
				conn.Write([]byte("hello"))
				conn.Close()
			}
		}()
		program := string(MicroPython(a.Certificate(), "127.0.0.1", uint16(l.Addr().(*net.TCPAddr).Port))) + "print(s.recv(5))\n"
		out, err := exec.Command("python3", "-c", program).CombinedOutput()
		l.Close()
		if ok := err == nil && string(out) == "b'hello'\n"; ok != c.trusted {
			t.Errorf("trusted %v: %v %s", c.trusted, err, out)
		}
	}
}

// serverKey is one that a store has made.
func serverKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := (&Store{filepath.Join(t.TempDir(), "ca")}).ServerKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newAuthorityNow(t *testing.T) *Authority {
	t.Helper()
	a, err := New("desk", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The first program makes the authority, all others find it; renewed, it is another.
// What cannot be used is told with what to do.
func TestLoad(t *testing.T) {
	store := &Store{filepath.Join(t.TempDir(), "ca")}
	if a, err := store.Find(today); a != nil || err != nil {
		t.Fatal("found where there is none", err)
	}
	var all sync.WaitGroup
	found := make([]*Authority, 8)
	for i := range found {
		all.Go(func() {
			a, err := store.Load(today)
			if err != nil {
				t.Error(err)
			}
			found[i] = a
		})
	}
	all.Wait()
	for _, a := range found {
		if a == nil || !a.Certificate().Equal(found[0].Certificate()) {
			t.Fatal("not all have the same authority")
		}
	}
	if _, err := store.Load(today.Add(11 * 365 * 24 * time.Hour)); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Error(err)
	}
	renewed, err := store.Renew(today)
	if err != nil || renewed.Certificate().Equal(found[0].Certificate()) {
		t.Error("not renewed", err)
	}
	if err := os.WriteFile(store.File(), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, ok := errors.AsType[*sockeye.Error](second(store.Load(today)))
	if !ok || e.Kind != sockeye.Invalid || e.Message.En != "this is not the local CA: no certificate in it" || e.Hint.Zh == "" {
		t.Errorf("%+v", e)
	}
	os.Chmod(store.Dir, 0o777)
	if e := sockeye.ErrorOf(second(store.Load(today))); e.Kind == sockeye.System {
		t.Errorf("%v", e)
	}
}

// A server that is opened anew has the key that it had, so that who pinned it finds it
// again; nobody else may read it. With a new authority comes a new key.
func TestServersKeepTheirKey(t *testing.T) {
	store := &Store{filepath.Join(t.TempDir(), "ca")}
	var all sync.WaitGroup
	pins := make([]string, 8)
	for n := range pins {
		all.Go(func() {
			a, err := store.Load(today)
			if err != nil {
				t.Error(err)
				return
			}
			key, err := store.ServerKey()
			if err != nil {
				t.Error(err)
				return
			}
			c, err := a.NewServer([]string{"desk"}, key, func() time.Time { return today }).Certificate(&tls.ClientHelloInfo{ServerName: "desk"})
			if err != nil {
				t.Error(err)
				return
			}
			pins[n] = Pin(c.Leaf)
		})
	}
	all.Wait()
	for _, pin := range pins {
		if pin == "" || pin != pins[0] {
			t.Errorf("the pins differ: %q", pins)
			break
		}
	}
	if st, err := os.Stat(store.ServerKeyFile()); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the file of the key: %v, %v", st, err)
	}
	before, _ := store.ServerKey()
	if _, err := store.Renew(today); err != nil {
		t.Fatal(err)
	}
	after, err := store.ServerKey()
	if err != nil || after.Equal(before) {
		t.Errorf("the new authority's servers have the old key, %v", err)
	}
	if err := os.WriteFile(store.ServerKeyFile(), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if e := sockeye.ErrorOf(second(store.ServerKey())); e.Kind != sockeye.Invalid || e.Hint.Zh == "" {
		t.Errorf("%+v", e)
	}
}

func second[T any](_ T, err error) error { return err }
