//go:build linux

package page_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A DTLS server is opened by the form, with a certificate of the local CA, and openssl, which
// trusts that CA, is its peer: each message is one datagram both ways.
func TestDTLSServerInTheForm(t *testing.T) {
	t.Parallel()
	b := startBench(t)
	p := b.open(t)
	p.choose(control("protocol"), "dtls-server")
	p.wait(`document.querySelector('[data-control=option-cert]') && document.querySelector('[data-control=option-key]')`)
	p.choose(control("local-address"), "127.0.0.1")
	p.fill("option-cert", "/nowhere/board.pem")
	p.fill("local-port", "0")
	p.click(control("open"))
	p.wait(`document.querySelector('[data-fault=cert]')?.innerText.includes('no such file')`)
	p.fill("option-cert", "")
	at := p.server()
	p.wait(logged("by Sockeye local CA"))

	ca := filepath.Join(t.TempDir(), "ca.pem")
	b.start(t, "ca", "export", ca).ends(t)
	board, typed := startTyped(t, b.home, "openssl", "s_client", "-dtls1_2", "-quiet", "-no_ign_eof", "-verify_return_error", "-CAfile", ca, "-verify_ip", "127.0.0.1", "-connect", at)
	p.wait(`document.querySelectorAll('.panel li').length === 1`)
	typed("from openssl\n")
	p.wait(row("←", "from openssl"))
	p.say("to openssl")
	board.says(t, "to openssl")
	p.click(`.panel li .name`)
	p.wait(`document.querySelector('.panel li').innerText.includes('DTLS 1.2')`)
	p.speaks("the details of a DTLS peer")
	typed("") // openssl ends with its input, and says so to the server
	p.wait(`document.querySelectorAll('.panel li').length === 0`)
}

// A DTLS client is opened by the form to an openssl server with a certificate of its own: it
// is refused in words, with what to do, and connects when it need not be verified, which is
// then said.
func TestDTLSClientInTheForm(t *testing.T) {
	t.Parallel()
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(free.LocalAddr().String())
	free.Close()
	dir := t.TempDir()
	key, cert := filepath.Join(dir, "key.pem"), filepath.Join(dir, "cert.pem")
	if out, err := exec.Command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=router", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	b := startBench(t)
	router, typed := startTyped(t, b.home, "openssl", "s_server", "-dtls1_2", "-accept", net.JoinHostPort(host, port), "-key", key, "-cert", cert)
	router.says(t, "ACCEPT")

	p := b.open(t)
	p.choose(control("protocol"), "dtls-client")
	p.wait(`document.querySelector('[data-control=option-insecure]')`)
	p.fill("remote-address", host)
	p.fill("remote-port", port)
	p.click(control("open"))
	p.wait(`document.body.innerText.includes('was signed by itself, so nobody vouches for it')`)
	p.speaks("a DTLS server that is not trusted")
	p.choose(control("option-insecure"), "on")
	p.click(control("open"))
	p.wait(isOpen + ` && ` + logged("NOT VERIFIED"))
	p.wait(`document.querySelector('[data-state=unverified]')?.innerText === 'NOT VERIFIED'`)
	p.say("from the page")
	router.says(t, "from the page")
	typed("from the router\n")
	p.wait(row("←", "from the router"))
}

// startTyped starts a program; typed writes to its standard input, and "" ends it.
func startTyped(t *testing.T, home, name string, args ...string) (p *program, typed func(string)) {
	t.Helper()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	p = startWith(t, in, home, name, args...)
	in.Close()
	return p, func(text string) {
		t.Helper()
		if text == "" {
			out.Close()
			return
		}
		if _, err := out.WriteString(text); err != nil {
			t.Error(err)
		}
	}
}
