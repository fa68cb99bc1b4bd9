package sockeye

import (
	"strings"
	"time"
)

// TLSState is what the handshake of a TLS connection agreed on, and who the other side
// says it is. Texts in it that came from the peer are as they were sent: whoever shows
// them escapes them.
type TLSState struct {
	Version string `json:"version"`         // "TLS 1.3"
	Cipher  string `json:"cipher"`          // as IANA names it, "TLS_AES_128_GCM_SHA256"
	Group   string `json:"group,omitempty"` // of the key exchange: "X25519MLKEM768"
	// ServerName is the name that the client asked for (SNI, RFC 6066); "" is none.
	ServerName string `json:"server_name,omitempty"`
	// ALPN is the protocol that both sides speak over it (RFC 7301); "" is none agreed on.
	ALPN string `json:"alpn,omitempty"`
	// Resumed says that keys of an earlier connection were used again.
	Resumed bool `json:"resumed,omitempty"`
	// Unverified says that nobody checked who the other side is: --insecure.
	Unverified bool `json:"unverified,omitempty"`
	// Certificates are the chain of the other side, its own first; none if it gave none. In
	// the opened event of a server they are the server's own.
	Certificates []Certificate `json:"certificates,omitempty"`
}

// TLSOptions are the options of TLS. Files are PEM, on the machine of the workbench.
type TLSOptions struct {
	// Certificate is a server's file of its chain; "" has the local CA make one. Key is that
	// of its private key; "": it is in the same file.
	Certificate, Key string
	// Authorities are whom a client trusts instead of the system and the local CA, and of
	// whom a server wants client certificates instead of the local CA.
	Authorities string
	// Insecure takes any server for the one that was meant.
	Insecure OptionalBool
	// ServerName is what a client asks for and checks; "" is the host of the address.
	ServerName string
	// Protocols are those of ALPN with commas between, the preferred first.
	Protocols string
	// ClientCertificate and ClientKey are what a client shows of itself.
	ClientCertificate, ClientKey string
	// RequireClientCertificate lets in only clients that show one.
	RequireClientCertificate OptionalBool
	// Board says that the other side is a small device: a ClientHello of few bytes, old
	// versions and ciphers, short records.
	Board OptionalBool
	// KeyLog is a file to which the secrets of every connection are appended, as Wireshark
	// reads them (SSLKEYLOGFILE).
	KeyLog string
}

// Certificate is what a certificate says (RFC 5280).
type Certificate struct {
	Subject string `json:"subject"`
	Issuer  string `json:"issuer"`
	// Names are the host names and IP addresses that it is for.
	Names     []string  `json:"names,omitempty"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	// SHA256 is the fingerprint, "AB:CD:…"; Pin that of the public key as curl takes it,
	// "sha256//…".
	SHA256 string `json:"sha256"`
	Pin    string `json:"pin"`
}

// Text is the state in a line: what was agreed on, and the other side's own certificate.
func (s *TLSState) Text() Text {
	var en, zh []string
	add := func(t Text) {
		en, zh = append(en, t.En), append(zh, t.Zh)
	}
	for _, word := range []string{s.Version, s.Cipher, s.Group} {
		if word != "" {
			add(Text{word, word})
		}
	}
	if s.ServerName != "" {
		add(WordServerName.Fill("name", s.ServerName))
	}
	if s.ALPN != "" {
		add(WordALPN.Fill("name", s.ALPN))
	}
	if s.Resumed {
		add(WordResumed.Fill())
	}
	if len(s.Certificates) > 0 {
		add(s.Certificates[0].Text())
	}
	if s.Unverified {
		add(WordUnverified.Fill())
	}
	return Text{strings.Join(en, ", "), strings.Join(zh, "，")}
}

// Text is the certificate in a line.
func (c *Certificate) Text() Text {
	return WordCertificate.Fill("subject", c.Subject, "issuer", c.Issuer, "until", c.NotAfter.UTC().Format(time.DateOnly))
}
