package dtls_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/localca"
	"sockeye/internal/transport"
	"sockeye/internal/transport/transporttest"
)

func server(t *testing.T, o sockeye.TLSOptions, answer transport.Responder) (*transport.Session, *transporttest.EventLog) {
	t.Helper()
	return transporttest.Listening(t, "dtls", sockeye.Options{TLS: o}, answer)
}

func client(t *testing.T, to string, o sockeye.Options) (*transport.Session, *transporttest.EventLog, error) {
	t.Helper()
	return transporttest.TryOpen(t, sockeye.Endpoint{Mode: sockeye.Connect, Address: transporttest.At(t, to), Options: o}, nil)
}

// Both sides say what was agreed on, and the secrets of both are in their files.
func TestWhatWasAgreedOn(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "server"), filepath.Join(dir, "client")
	s, r := server(t, sockeye.TLSOptions{KeyLog: ours}, nil)
	_, cr, err := client(t, "dtls://"+s.Locals()[0].String(), sockeye.Options{TLS: sockeye.TLSOptions{KeyLog: theirs}})
	if err != nil {
		t.Fatal(err)
	}
	for side, got := range map[string]*sockeye.TLSState{"server": r.WaitKind(t, sockeye.Joined, 1).Detail.TLS, "client": cr.WaitKind(t, sockeye.Joined, 1).Detail.TLS} {
		if got == nil || got.Version != "DTLS 1.2" || !strings.HasPrefix(got.Cipher, "TLS_") || got.Unverified || (side == "client") != (len(got.Certificates) > 0) {
			t.Errorf("%s: %+v", side, got)
		}
	}
	a, _ := os.ReadFile(ours)
	b, _ := os.ReadFile(theirs)
	if string(a) != string(b) || !strings.HasPrefix(string(a), "CLIENT_RANDOM ") {
		t.Errorf("the server logs\n%s\nthe client\n%s", a, b)
	}
}

// What is wrong with a server is said with what to do; who is not verified is said to be so.
func TestServersThatAreNotBelieved(t *testing.T) {
	now := time.Now()
	other, err := localca.New("another", now)
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, other.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	var at string
	for name, c := range map[string]struct {
		host          string
		o             sockeye.TLSOptions
		message, hint string
	}{
		"unknown CA": {"127.0.0.1", sockeye.TLSOptions{}, "whom this machine does not trust", "--cacert"},
		"wrong name": {"kitchen.lan", sockeye.TLSOptions{Authorities: ca}, `is for "kitchen.lan", not for "127.0.0.1"`, "--sni"},
	} {
		pair, err := other.Issue([]string{c.host}, localca.ServerAuth, now)
		if err != nil {
			t.Fatal(err)
		}
		chain, key, err := localca.EncodeCertificate(pair)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "pair.pem")
		if err := os.WriteFile(file, append(chain, key...), 0o600); err != nil {
			t.Fatal(err)
		}
		s, _ := server(t, sockeye.TLSOptions{Certificate: file}, nil)
		at = "dtls://" + s.Locals()[0].String()
		_, _, err = client(t, at, sockeye.Options{TLS: c.o})
		if e := sockeye.ErrorOf(err); err == nil || e.Kind != sockeye.Untrusted || !strings.Contains(e.Reason(sockeye.English), c.message) || !strings.Contains(e.Hint.En, c.hint) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, cr, err := client(t, at, sockeye.Options{TLS: sockeye.TLSOptions{Insecure: sockeye.On}})
	if err != nil {
		t.Fatal(err)
	}
	if got := cr.WaitKind(t, sockeye.Joined, 1).Detail.TLS; !got.Unverified {
		t.Errorf("%+v", got)
	}
}

// A client without the certificate that a server wants is told so, and the server says it.
func TestClientCertificates(t *testing.T) {
	s, r := server(t, sockeye.TLSOptions{RequireClientCertificate: sockeye.On}, nil)
	_, _, err := client(t, "dtls://"+s.Locals()[0].String(), sockeye.Options{})
	if e := sockeye.ErrorOf(err); err == nil || !strings.Contains(e.Hint.En, "--client-cert") {
		t.Errorf("the client is told %v", err)
	}
	if e := r.WaitKind(t, sockeye.Failed, 1).Detail.Err; !strings.Contains(e.Reason(sockeye.English), "showed no certificate") {
		t.Errorf("the server says %v", e)
	}
}

// Where nobody listens a client hears it at once; where nobody answers, in time.
func TestNobodyThere(t *testing.T) {
	mute, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = client(t, "dtls://"+mute.LocalAddr().String(), sockeye.Options{ConnectTimeout: 300 * time.Millisecond})
	if e := sockeye.ErrorOf(err); err == nil || e.Kind != sockeye.TimedOut || e.Hint.Zh == "" {
		t.Errorf("of a port that says nothing: %v", err)
	}
	mute.Close()
	_, _, err = client(t, "dtls://"+mute.LocalAddr().String(), sockeye.Options{ConnectTimeout: transporttest.Patience})
	if e := sockeye.ErrorOf(err); err == nil || e.Kind != sockeye.Refused {
		t.Errorf("of a closed port: %v", err)
	}
}

// Plain datagrams to a DTLS port are told once, with who sends them and what to do; who says hello
// from the same address afterwards is a peer.
func TestPlainDatagrams(t *testing.T) {
	s, r := server(t, sockeye.TLSOptions{}, nil)
	c, err := net.Dial("udp", s.Locals()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	begun := time.Now()
	for range 50 {
		c.Write([]byte("temp=21.5\n"))
	}
	e := r.WaitKind(t, sockeye.Failed, 1).Detail.Err
	if e.Target != c.LocalAddr().String() || !strings.Contains(e.Message.En, `plain datagrams, and this port speaks DTLS: it began with "temp=21.5\n"`) || !strings.Contains(e.Hint.En, "udp://") || e.Message.Zh == "" {
		t.Errorf("%+v", e)
	}
	if _, _, err := client(t, "dtls://"+s.Locals()[0].String(), sockeye.Options{}); err != nil {
		t.Fatal(err)
	}
	r.WaitKind(t, sockeye.Joined, 1)
	told := r.All(func(e sockeye.Event) bool { return e.Kind == sockeye.Failed })
	if most := 1 + int(time.Since(begun)/time.Second); len(told) > most {
		t.Errorf("%d errors of 50 datagrams, and at most %d are to be told", len(told), most)
	}
}

// What does not fit a record is refused with what does, and the connection goes on.
func TestMessageThatIsTooLong(t *testing.T) {
	s, r := server(t, sockeye.TLSOptions{}, nil)
	c, cr, err := client(t, "dtls://"+s.Locals()[0].String(), sockeye.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := transporttest.FirstPeer(t, c, cr)
	if _, err := p.Send(t.Context(), make([]byte, 8155+1)); err == nil || sockeye.ErrorOf(err).Kind != sockeye.TooLarge {
		t.Errorf("got %v", err)
	}
	if _, err := p.Send(t.Context(), make([]byte, 8155)); err != nil {
		t.Error(err)
	}
	r.WaitBytes(t, sockeye.Received, 8155)
}
