package tlsinfo

import (
	"fmt"
	"strings"

	"sockeye"
)

// Numbers of alerts (RFC 8446 section 6, and those of earlier versions).
const (
	alertUnexpectedMessage      = 10
	alertHandshakeFailure       = 40
	alertBadCertificate         = 42
	alertUnsupportedCertificate = 43
	alertRevoked                = 44
	alertExpired                = 45
	alertCertificateUnknown     = 46
	alertUnknownCA              = 48
	alertAccessDenied           = 49
	alertProtocolVersion        = 70
	alertInsufficientSecurity   = 71
	alertUnrecognizedName       = 112
	alertCertificateRequired    = 116
	alertNoApplicationProtocol  = 120
)

// PlainTextAlert is the record that tells who speaks plain text to a TLS port that it does
// (RFC 8446 section 6.2, unexpected_message).
var PlainTextAlert = []byte{0x15, 3, 3, 0, 2, 2, alertUnexpectedMessage}

// alerted explains an alert that the other side sent.
func (h *Handshake) alerted(number uint8, err error) error {
	switch number {
	case alertProtocolVersion:
		return h.noVersion(err)
	case alertInsufficientSecurity:
		return h.noCipher(err)
	case alertNoApplicationProtocol:
		return h.noProtocol(err)
	case alertUnrecognizedName:
		return h.fault(err, sockeye.Text{En: fmt.Sprintf("the server has no certificate for %q", h.Name), Zh: fmt.Sprintf("服务器没有 %q 的证书", h.Name)},
			sockeye.Text{En: "say the name that it has with --sni NAME", Zh: "请用 --sni 名称 指定它的名称"})
	}
	if h.Client {
		return h.refusedByServer(number, err)
	}
	return h.refusedByClient(number, err)
}

// refusedByServer explains an alert that a server sent.
func (h *Handshake) refusedByServer(number uint8, err error) error {
	aboutUs := number == alertCertificateRequired || number >= alertBadCertificate && number <= alertCertificateUnknown || number == alertUnknownCA || number == alertAccessDenied
	switch {
	case h.Asked && !h.Shown && (aboutUs || number == alertHandshakeFailure), number == alertCertificateRequired:
		return h.fault(err, sockeye.Text{En: "the server wants a client certificate, and was shown none", Zh: "服务器要求客户端证书，而本方没有出示"},
			sockeye.Text{En: "show one: --client-cert FILE --client-key FILE", Zh: "请出示证书：--client-cert 文件 --client-key 文件"})
	case h.Shown && aboutUs:
		return h.fault(err, sockeye.Text{En: "the server refused our client certificate: " + alertText(err), Zh: "服务器拒绝了本方的客户端证书：" + alertText(err)},
			sockeye.Text{En: "it must be issued by an authority that the server trusts, and be valid by its clock", Zh: "证书须由服务器信任的 CA 签发，且按服务器的时钟有效"})
	case number == alertHandshakeFailure:
		return h.noCipher(err)
	}
	return h.fault(err, sockeye.Text{En: "the server broke off the TLS connection: " + alertText(err), Zh: "服务器中止了 TLS 连接：" + alertText(err)}, sockeye.Text{})
}

// refusedByClient explains an alert that a client sent.
func (h *Handshake) refusedByClient(number uint8, err error) error {
	switch number {
	case alertUnknownCA, alertCertificateUnknown, alertBadCertificate, alertUnsupportedCertificate:
		return h.fault(err, sockeye.Text{En: "the client does not trust our certificate: " + alertText(err), Zh: "客户端不信任本方的证书：" + alertText(err)},
			sockeye.Text{En: giveCA, Zh: giveCAZh})
	case alertExpired, alertRevoked:
		return h.fault(err, sockeye.Text{En: "by the client's clock our certificate is not valid: " + alertText(err), Zh: "按客户端的时钟，本方证书无效：" + alertText(err)},
			sockeye.Text{En: "a board that has not set its clock lives in the past: have it ask NTP first, or give a new certificate", Zh: "未校时的开发板停留在过去：请让它先用 NTP 校时，或更换证书"})
	case alertHandshakeFailure:
		return h.noCipher(err)
	}
	return h.fault(err, sockeye.Text{En: "the client broke off the TLS connection: " + alertText(err), Zh: "客户端中止了 TLS 连接：" + alertText(err)}, sockeye.Text{})
}

// alertText is what RFC 8446 calls the alert.
func alertText(err error) string {
	_, text, _ := strings.Cut(err.Error(), "remote error: ")
	return strings.TrimPrefix(text, "tls: ")
}
