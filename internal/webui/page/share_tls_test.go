//go:build linux

package page_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// certificates are those of a PEM file.
func certificates(t testing.TB, file string) (all []*x509.Certificate) {
	t.Helper()
	rest, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return all
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, c)
	}
}

// startTLSBench starts a workbench whose page is served over TLS, with a certificate of its
// local CA and a password. It returns the CA's certificate, too.
func startTLSBench(t *testing.T) (*bench, *x509.Certificate) {
	t.Helper()
	b := &bench{home: t.TempDir()}
	run := func(args ...string) {
		t.Helper()
		p := b.start(t, append([]string{"ca"}, args...)...)
		p.ends(t)
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			t.Fatalf("ca %v: %d: %s", args, code, p.output())
		}
	}
	run("issue", "--dir", b.home, "127.0.0.1")
	run("export", filepath.Join(b.home, "ca.pem"))
	secret := filepath.Join(b.home, "password")
	if err := os.WriteFile(secret, []byte("for viewers of this test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return startBenchIn(t, b.home, "--cert", filepath.Join(b.home, "127.0.0.1.pem"), "--key", filepath.Join(b.home, "127.0.0.1-key.pem"), "--password-file", secret),
		certificates(t, filepath.Join(b.home, "ca.pem"))[0]
}

// trusting is a page of a browser of its own that takes certificates which this one signed,
// and no others that it does not know.
func trusting(t *testing.T, ca *x509.Certificate) *page {
	t.Helper()
	takePage(t) // or the test is skipped: there is no browser
	key := sha256.Sum256(ca.RawSubjectPublicKeyInfo)
	whole := startBrowser(t, chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(key[:])))
	t.Cleanup(func() { endBrowser(whole) })
	return pageIn(t, whole)
}

// A page that is shared over TLS: the link is https, its certificate is one of the local CA
// and no other is taken, and who opens it sees what crosses the session, without the owner's
// password; nothing can be sent, with the page or past it.
func TestSharedPageOverTLS(t *testing.T) {
	t.Parallel()
	b, ca := startTLSBench(t)
	owner := trusting(t, ca)
	owner.visit(b.ticket(t))
	board := dial(t, "tcp", owner.server())
	write(t, board, "before")
	owner.wait(row("←", "before"))
	owner.click(control("share"))
	owner.click(control("share-begin"))
	owner.wait(`document.querySelector('[data-control=share-link]')?.value.includes('#v=')`)
	link := value[string](owner, `document.querySelector('[data-control=share-link]').value`)

	at, err := url.Parse(link)
	if err != nil || at.Scheme != "https" {
		t.Fatalf("the link is %s (%v)", link, err)
	}
	known := x509.NewCertPool()
	known.AddCert(ca)
	c, err := tls.Dial("tcp", at.Host, &tls.Config{RootCAs: known, ServerName: at.Hostname()})
	if err != nil {
		t.Fatalf("with the local CA's certificate: %v", err)
	}
	c.Close()
	if err := blank(t).try(chromedp.Navigate(link)); err == nil || !strings.Contains(err.Error(), "ERR_CERT_AUTHORITY_INVALID") {
		t.Errorf("a browser that does not know the CA: %v", err)
	}

	viewer := trusting(t, ca)
	viewer.visit(link)
	viewer.wait(row("←", "before"))
	viewer.wait(`isSecureContext && location.protocol === 'https:' && document.querySelector('[data-control=viewing]')?.innerText.includes('Read-only')`)
	write(t, board, "and now")
	viewer.wait(row("←", "and now"))
	owner.wait(`document.querySelector('[data-control=share-viewers]')?.innerText.includes('127.0.0.1')`)
	if seen := value[[]string](viewer, unhelpful); len(seen) > 0 {
		t.Errorf("a viewer sees %v", seen)
	}
	if got := value[int](viewer, `fetch('/api/v1/sessions/s1/send', {method: 'POST', headers: {Authorization: 'Bearer ' + sessionStorage.getItem('sockeye-token'), 'Content-Type': 'application/json'}, body: '{"text": "forced", "all": true}'}).then(r => r.status)`); got != 403 {
		t.Errorf("a forced request to send: %d", got)
	}
	owner.click(control("share-stop"))
	viewer.wait(`document.body.innerText.includes('Nothing is shared here now')`)
}
