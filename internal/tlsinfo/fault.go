package tlsinfo

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"strings"
	"syscall"
	"time"

	"sockeye"
	"sockeye/internal/localca"
)

// Handshake is what is known of a connection when its handshake fails, or when the other
// side breaks it off later.
type Handshake struct {
	// Op and Target are those of the error: "connect", and the address.
	Op, Target string
	// Client says that we are the client.
	Client bool
	// Name is what a client looks for in the server's certificate.
	Name string
	// Asked says that the server wanted a certificate of us, Shown that we gave it one.
	Asked, Shown bool
	// Now is what this machine's clock says.
	Now time.Time
}

// Explain is an error of crypto/tls in words, with what to do next, as an *sockeye.Error.
// What the system said, and what is an *sockeye.Error already, stays as it is.
func (h *Handshake) Explain(err error) error {
	if _, done := errors.AsType[*sockeye.Error](err); done || err == nil {
		return err
	}
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return h.PlainText(plain.RecordHeader[:], err)
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return h.untrusted(bad, err)
	}
	if number, ok := remoteAlert(err); ok {
		return h.alerted(number, err)
	}
	if _, system := errors.AsType[syscall.Errno](err); system || errors.Is(err, net.ErrClosed) {
		return err
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return h.silent(err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return h.ended(err)
	}
	return h.local(err)
}

func (h *Handshake) fault(err error, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Refused, Op: h.Op, Target: h.Target, Message: message, Hint: hint, Err: err}
}

// PlainText says that the other side sent something else than TLS, of which first is the
// beginning; err is what the handshake made of it.
func (h *Handshake) PlainText(first []byte, err error) error {
	if h.Client {
		return h.fault(err, sockeye.Text{En: fmt.Sprintf("what answers does not speak TLS: it begins with %q", first), Zh: fmt.Sprintf("对方使用的不是 TLS，开头是 %q", first)},
			sockeye.Text{En: "for a plain TCP server write tcp://, for a WebSocket server ws://", Zh: "普通 TCP 服务请写 tcp://，WebSocket 服务请写 ws://"})
	}
	return h.fault(err, sockeye.Text{En: fmt.Sprintf("the client speaks plain text, and this port TLS: it began with %q", first), Zh: fmt.Sprintf("客户端发送了明文，而此端口使用 TLS，开头是 %q", first)},
		sockeye.Text{En: "have it use TLS (https://, wss://, tls://), or listen on tcp:// or ws://", Zh: "请让客户端使用 TLS（https://、wss://、tls://），或改为监听 tcp://、ws://"})
}

func (h *Handshake) silent(err error) error {
	if h.Client {
		return h.fault(err, sockeye.Text{En: "connected, but nothing answers the TLS handshake", Zh: "已连接，但没有应答 TLS 握手"},
			sockeye.Text{En: "for a plain TCP server write tcp://; a small device may need --board", Zh: "普通 TCP 服务请写 tcp://；小型设备可能需要 --board"})
	}
	return h.fault(err, sockeye.Text{En: "the client did not complete the TLS handshake in time", Zh: "客户端没有及时完成 TLS 握手"},
		sockeye.Text{En: "a plain TCP client needs a server on tcp://", Zh: "普通 TCP 客户端请连接 tcp:// 服务"})
}

func (h *Handshake) ended(err error) error {
	if h.Client {
		return h.fault(err, sockeye.Text{En: "the server closed the connection during the TLS handshake", Zh: "服务器在 TLS 握手期间关闭了连接"},
			sockeye.Text{En: "it may speak plain TCP (tcp://), or be a small device that needs --board", Zh: "它可能是普通 TCP 服务（tcp://），或是需要 --board 的小型设备"})
	}
	return h.fault(err, sockeye.Text{En: "the client closed the connection during the TLS handshake", Zh: "客户端在 TLS 握手期间关闭了连接"},
		sockeye.Text{En: "it may not trust the certificate, or not speak TLS: sockeye ca gives it the CA", Zh: "它可能不信任证书，或不使用 TLS：sockeye ca 可导出 CA 给它"})
}

// untrusted says why a certificate of the other side is not believed.
func (h *Handshake) untrusted(bad *tls.CertificateVerificationError, err error) error {
	var of *x509.Certificate
	if len(bad.UnverifiedCertificates) > 0 {
		of = bad.UnverifiedCertificates[0]
	}
	why, hint := h.distrust(bad.Err, of)
	e := h.fault(err, why, hint).(*sockeye.Error)
	e.Kind = sockeye.Untrusted
	return e
}

func (h *Handshake) distrust(err error, of *x509.Certificate) (why, hint sockeye.Text) {
	goOn := sockeye.Text{En: "; --insecure goes on without knowing who it is", Zh: "；--insecure 可在不验证身份的情况下继续"}
	if !h.Client {
		goOn = sockeye.Text{}
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return h.outOfTime(invalid.Cert)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.IncompatibleUsage {
		return h.otherPurpose()
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok && of != nil {
		names := listed(namesOf(of))
		return sockeye.Text{En: fmt.Sprintf("the certificate is for %s, not for %q", names, h.Name), Zh: fmt.Sprintf("证书属于 %s，而不是 %q", names, h.Name)},
			sockeye.Text{En: "connect by a name that it has, or say which with --sni NAME" + goOn.En, Zh: "请用证书中的名称连接，或用 --sni 名称 指定" + goOn.Zh}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok && of != nil {
		return h.unknownAuthority(of, goOn)
	}
	return sockeye.Text{En: fmt.Sprintf("the certificate is not accepted: %v", err), Zh: fmt.Sprintf("证书未被接受：%v", err)},
		sockeye.Text{En: "have another one made: sockeye ca issue" + goOn.En, Zh: "请重新签发：sockeye ca issue" + goOn.Zh}
}

func (h *Handshake) unknownAuthority(of *x509.Certificate, goOn sockeye.Text) (why, hint sockeye.Text) {
	issuer := nameOf(of.Issuer)
	why = sockeye.Text{En: fmt.Sprintf("the certificate was issued by %q, whom this machine does not trust", issuer), Zh: fmt.Sprintf("证书由 %q 签发，本机不信任它", issuer)}
	if issuer == nameOf(of.Subject) {
		why = sockeye.Text{En: fmt.Sprintf("the certificate of %q was signed by itself, so nobody vouches for it", issuer), Zh: fmt.Sprintf("%q 的证书是自签名的，没有 CA 为其担保", issuer)}
	}
	hint = sockeye.Text{En: "give the authority's certificate with --cacert FILE" + goOn.En, Zh: "请用 --cacert 文件 给出该 CA 的证书" + goOn.Zh}
	if strings.HasPrefix(issuer, localca.NamePrefix) {
		hint = sockeye.Text{En: "on the other machine: sockeye ca export ca.pem; here: --cacert ca.pem" + goOn.En, Zh: "在对方机器上执行 sockeye ca export ca.pem，在本机使用 --cacert ca.pem" + goOn.Zh}
	}
	return why, hint
}

// otherPurpose says that a certificate is for the other side of connections.
func (h *Handshake) otherPurpose() (why, hint sockeye.Text) {
	if h.Client {
		return sockeye.Text{En: "the certificate is not accepted: it is not one for servers", Zh: "证书未被接受：它不是服务器证书"},
			sockeye.Text{En: "have one made for the server: sockeye ca issue NAME; --insecure goes on without knowing who it is", Zh: "请为服务器签发证书：sockeye ca issue 名称；--insecure 可在不验证身份的情况下继续"}
	}
	return sockeye.Text{En: "the certificate is not accepted: it is not one for clients", Zh: "证书未被接受：它不是客户端证书"},
		sockeye.Text{En: "have one made for the client: sockeye ca issue --client NAME", Zh: "请为客户端签发证书：sockeye ca issue --client 名称"}
}

// OutOfTime is the error of a certificate of our own that is not valid now; nil if it is.
func (h *Handshake) OutOfTime(c *x509.Certificate) *sockeye.Error {
	if c == nil || !h.Now.Before(c.NotBefore) && !h.Now.After(c.NotAfter) {
		return nil
	}
	why, hint := h.outOfTime(c)
	return &sockeye.Error{Kind: sockeye.Untrusted, Op: h.Op, Target: h.Target, Message: why, Hint: hint}
}

// outOfTime says whether a certificate or the clock is wrong.
func (h *Handshake) outOfTime(c *x509.Certificate) (why, hint sockeye.Text) {
	day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
	if h.Now.Before(c.NotBefore) {
		return sockeye.Text{En: fmt.Sprintf("the certificate is not valid before %s, and this machine's clock says %s", day(c.NotBefore), day(h.Now)),
				Zh: fmt.Sprintf("证书从 %s 起有效，而本机时钟为 %s", day(c.NotBefore), day(h.Now))},
			sockeye.Text{En: "set the clock, here or on the machine that made the certificate", Zh: "请校准本机或签发证书的机器的时钟"}
	}
	return sockeye.Text{En: fmt.Sprintf("the certificate expired on %s, and this machine's clock says %s", day(c.NotAfter), day(h.Now)),
			Zh: fmt.Sprintf("证书已于 %s 过期，本机时钟为 %s", day(c.NotAfter), day(h.Now))},
		sockeye.Text{En: "have a new one made, or set the clock if it is wrong", Zh: "请更换证书；若时钟有误请先校准"}
}

// local explains what our own side found wrong. crypto/tls has no types for it.
func (h *Handshake) local(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "unsupported versions"), strings.Contains(text, "unsupported protocol version"):
		return h.noVersion(err)
	case strings.Contains(text, "no cipher suite"), strings.Contains(text, "no mutually supported"):
		return h.noCipher(err)
	case strings.Contains(text, "didn't provide a certificate"):
		return h.fault(err, sockeye.Text{En: "the client showed no certificate", Zh: "客户端没有出示证书"},
			sockeye.Text{En: "give it one: sockeye ca issue --client NAME", Zh: "请为它签发证书：sockeye ca issue --client 名称"})
	case strings.Contains(text, "application protocol"):
		return h.noProtocol(err)
	case strings.Contains(text, "bad record MAC"):
		return h.unreadable(err)
	}
	return h.fault(err, sockeye.Text{En: "the TLS handshake failed: " + strings.TrimPrefix(text, "tls: "), Zh: "TLS 握手失败：" + strings.TrimPrefix(text, "tls: ")}, sockeye.Text{})
}

// unreadable explains a record that cannot be decrypted, which in a handshake is most likely
// how the other side ends it.
func (h *Handshake) unreadable(err error) error {
	if h.Client {
		return h.fault(err, sockeye.Text{En: "what the server sent cannot be decrypted: it was changed on the way, or the server broke off", Zh: "服务器发来的数据无法解密：途中被改动，或服务器中止了连接"},
			sockeye.Text{En: "look at what lies between, and at what the server says", Zh: "请检查中间环节和服务器的日志"})
	}
	return h.fault(err, sockeye.Text{En: "the client ended the handshake with what cannot be decrypted; most likely it does not trust our certificate", Zh: "客户端用无法解密的数据结束了握手，很可能是不信任本方的证书"},
		sockeye.Text{En: giveCA, Zh: giveCAZh})
}

// What to do about a client that does not trust our certificate.
const (
	giveCA   = "give it the CA: sockeye ca export; on a board: sockeye ca export --format c"
	giveCAZh = "请把 CA 交给它：sockeye ca export；开发板用 sockeye ca export --format c"
)

func (h *Handshake) noVersion(err error) error {
	return h.fault(err, sockeye.Text{En: "the two sides share no version of TLS: " + h.other() + " speaks only versions older than 1.2", Zh: "双方没有共同的 TLS 版本：" + h.otherZh() + "只支持低于 1.2 的版本"},
		sockeye.Text{En: "--board accepts TLS 1.0 and 1.1 too", Zh: "--board 也接受 TLS 1.0 和 1.1"})
}

func (h *Handshake) noCipher(err error) error {
	return h.fault(err, sockeye.Text{En: "the two sides share no cipher", Zh: "双方没有共同的密码套件"},
		sockeye.Text{En: "--board accepts the old ciphers of small devices too", Zh: "--board 也接受小型设备的旧密码套件"})
}

func (h *Handshake) noProtocol(err error) error {
	return h.fault(err, sockeye.Text{En: "the two sides share no application protocol (ALPN)", Zh: "双方没有共同的应用协议（ALPN）"},
		sockeye.Text{En: "--alpn lists ours; leave it out to agree on none", Zh: "--alpn 列出本方支持的；去掉则不协商"})
}

func (h *Handshake) other() string {
	if h.Client {
		return "the server"
	}
	return "the client"
}

func (h *Handshake) otherZh() string {
	if h.Client {
		return "服务器"
	}
	return "客户端"
}

// listed are names in a sentence: some of them, if there are many.
func listed(names []string) string {
	const most = 5
	if len(names) == 0 {
		return "nobody"
	}
	more := ""
	if len(names) > most {
		names, more = names[:most], ", …"
	}
	var quoted []string
	for _, n := range names {
		quoted = append(quoted, fmt.Sprintf("%q", n))
	}
	return strings.Join(quoted, ", ") + more
}

// remoteAlert is the number of the alert that the other side sent. Its type is one of
// crypto/tls alone.
func remoteAlert(err error) (uint8, bool) {
	e, ok := errors.AsType[*net.OpError](err)
	if !ok || e.Op != "remote error" {
		return 0, false
	}
	v := reflect.ValueOf(e.Err)
	if v.Kind() != reflect.Uint8 {
		return 0, false
	}
	return uint8(v.Uint()), true
}
