package decode

import (
	cryptotls "crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"

	"sockeye"
)

var tls = Decoder{
	Name: "tls", Title: sockeye.Text{En: "TLS", Zh: "TLS"}, Source: "RFC 8446",
	Ports: []uint16{443, 8443, 8883}, strict: 92, read: readTLS,
}

// maxTLSRecord is the longest record: 2^14 bytes and what encryption adds (RFC 5246
// section 6.2.3).
const maxTLSRecord = 1<<14 + 2048

var tlsContents = map[uint64]string{20: "Change Cipher Spec", 21: "Alert", 22: "Handshake", 23: "Application Data", 24: "Heartbeat"}

var tlsHandshakes = map[uint64]string{
	0: "Hello Request", 1: "Client Hello", 2: "Server Hello", 4: "New Session Ticket", 5: "End of Early Data", 8: "Encrypted Extensions", 11: "Certificate",
	12: "Server Key Exchange", 13: "Certificate Request", 14: "Server Hello Done", 15: "Certificate Verify", 16: "Client Key Exchange", 20: "Finished", 22: "Certificate Status", 24: "Key Update",
}

var tlsAlerts = map[uint64]string{
	0: "close notify", 10: "unexpected message", 20: "bad record MAC", 22: "record overflow", 40: "handshake failure", 42: "bad certificate", 43: "unsupported certificate",
	44: "certificate revoked", 45: "certificate expired", 46: "certificate unknown", 47: "illegal parameter", 48: "unknown CA", 49: "access denied", 50: "decode error",
	51: "decrypt error", 70: "protocol version", 71: "insufficient security", 80: "internal error", 86: "inappropriate fallback", 90: "user canceled", 109: "missing extension",
	110: "unsupported extension", 112: "unrecognized name", 113: "bad certificate status response", 115: "unknown PSK identity", 116: "certificate required", 120: "no application protocol",
}

var tlsExtensions = map[uint64]string{
	0: "server_name", 1: "max_fragment_length", 5: "status_request", 10: "supported_groups", 11: "ec_point_formats", 13: "signature_algorithms", 16: "application_layer_protocol_negotiation",
	18: "signed_certificate_timestamp", 21: "padding", 22: "encrypt_then_mac", 23: "extended_master_secret", 35: "session_ticket", 41: "pre_shared_key", 42: "early_data", 43: "supported_versions",
	44: "cookie", 45: "psk_key_exchange_modes", 49: "post_handshake_auth", 50: "signature_algorithms_cert", 51: "key_share", 65281: "renegotiation_info",
}

func readTLS(c *cursor) {
	b := c.b
	if len(b) > 0 && tlsContents[uint64(b[0])] == "" || len(b) > 1 && b[1] != 3 || len(b) > 2 && b[2] > 4 ||
		len(b) > 4 && (int(b[3])<<8|int(b[4]) > maxTLSRecord || int(b[3])<<8|int(b[4]) == 0 && b[0] != 23) {
		c.reject()
		return
	}
	kind, n := c.uint("Content type", 1)
	n.Note = tlsContents[kind]
	c.tlsVersion("Version")
	length, _ := c.uint("Length", 2)
	if !c.want(int(length)) {
		return
	}
	c.summary("%s", tlsContents[kind])
	c.out.Role = OneWay
	c.within(int(length), func() {
		switch {
		case kind == 21 && length == 2:
			c.tlsAlert()
		case kind == 22:
			c.tlsHandshake()
		case length > 0:
			c.data("Data", int(length))
		}
	})
}

func (c *cursor) tlsVersion(name string) uint64 {
	v, n := c.hex(name, 2)
	n.Note = cryptotls.VersionName(uint16(v))
	return v
}

func (c *cursor) tlsAlert() {
	level, n := c.uint("Level", 1)
	n.Note = map[uint64]string{1: "warning", 2: "fatal"}[level]
	code, d := c.uint("Description", 1)
	d.Note = tlsAlerts[code]
	c.summary("Alert: %s", tlsAlerts[code])
}

// tlsHandshake reads the messages of a record. Those that are encrypted, or go over
// several records, are shown as bytes.
func (c *cursor) tlsHandshake() {
	var names []string
	for c.left() > 0 && c.ok() {
		b := c.rest()
		size := 0
		if len(b) >= 4 {
			size = int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		}
		name := tlsHandshakes[uint64(b[0])]
		if len(b) < 4 || name == "" || size > len(b)-4 {
			_, n := c.data("Handshake data", len(b))
			n.Note = "encrypted, or a part of a message"
			names = append(names, "part of a message")
			break
		}
		names = append(names, name)
		c.open(name)
		c.uint("Type", 1)
		c.uint("Length", 3)
		c.within(size, func() { c.tlsMessage(b[0]) })
		c.close()
	}
	if c.stack[0].Value == "Handshake" {
		c.summary("%s", strings.Join(names, ", "))
	}
}

func (c *cursor) tlsMessage(kind byte) {
	switch kind {
	case 1:
		c.tlsHello(true)
	case 2:
		c.tlsHello(false)
	case 11:
		c.tlsCertificates()
	case 12:
		c.tlsServerKey()
	default:
		if c.left() > 0 {
			c.data("Data", c.left())
		}
	}
}

// tlsHello reads a ClientHello or ServerHello (RFC 8446 section 4.1).
func (c *cursor) tlsHello(client bool) {
	c.tlsVersion("Version")
	c.bytes("Random", 32)
	if size, _ := c.uint("Session ID length", 1); size > 0 {
		c.bytes("Session ID", int(size))
	}
	name := "Server Hello"
	if client {
		name = "Client Hello"
		c.out.Role = Request
		size, _ := c.uint("Cipher suites length", 2)
		c.tlsList("Cipher suites", int(size), cryptotls.CipherSuiteName)
		count, _ := c.uint("Compression methods length", 1)
		c.bytes("Compression methods", int(count))
	} else {
		c.out.Role = Response
		suite, n := c.hex("Cipher suite", 2)
		n.Note = cryptotls.CipherSuiteName(uint16(suite))
		c.uint("Compression method", 1)
	}
	said := c.tlsExtensionList(client)
	c.summary("%s%s", name, said)
}

// tlsList reads numbers of two bytes that have names.
func (c *cursor) tlsList(name string, size int, nameOf func(uint16) string) {
	n := c.open(name)
	n.Value = plural(size/2, "entry")
	if size/2 != 1 {
		n.Value = fmt.Sprintf("%d entries", size/2)
	}
	if c.want(size) {
		c.within(size, func() {
			for c.left() >= 2 {
				v, n := c.hex("Entry", 2)
				n.Note = nameOf(uint16(v))
			}
		})
	}
	c.close()
}

// tlsExtensionList reads extensions, and says what matters in them.
func (c *cursor) tlsExtensionList(client bool) (said string) {
	if c.left() == 0 {
		return ""
	}
	size, _ := c.uint("Extensions length", 2)
	if int(size) > c.left() {
		c.fault("the extensions are longer than the message", "扩展超出报文长度")
		size = uint64(c.left())
	}
	c.within(int(size), func() {
		for c.left() > 0 && c.ok() {
			c.open("Extension")
			kind, n := c.uint("Type", 2)
			name := tlsExtensions[kind]
			if n.Note = name; name == "" {
				name = fmt.Sprintf("extension %d", kind)
			}
			length, _ := c.uint("Length", 2)
			if c.ok() {
				c.top().Name = name
				c.within(int(length), func() { said += c.tlsExtension(kind, client) })
			}
			c.close()
		}
	})
	return said
}

func (c *cursor) tlsExtension(kind uint64, client bool) (said string) {
	switch {
	case kind == 0 && c.left() > 0:
		c.uint("List length", 2)
		c.uint("Name type", 1)
		size, _ := c.uint("Name length", 2)
		name, _ := c.text("Server name", int(size))
		return " " + name
	case kind == 16:
		c.uint("List length", 2)
		for c.left() > 0 && c.ok() {
			size, _ := c.uint("Protocol length", 1)
			name, _ := c.text("Protocol", int(size))
			said += " " + name
		}
		return said
	case kind == 43 && client:
		size, _ := c.uint("List length", 1)
		c.tlsList("Versions", int(size), cryptotls.VersionName)
	case kind == 43:
		return " " + cryptotls.VersionName(uint16(c.tlsVersion("Version")))
	case kind == 10:
		size, _ := c.uint("List length", 2)
		c.tlsList("Groups", int(size), func(v uint16) string { return cryptotls.CurveID(v).String() })
	case kind == 13:
		size, _ := c.uint("List length", 2)
		c.tlsList("Signature algorithms", int(size), func(v uint16) string { return cryptotls.SignatureScheme(v).String() })
	case kind == 51:
		c.tlsKeyShare(client)
	case c.left() > 0:
		c.data("Data", c.left())
	}
	return ""
}

// tlsKeyShare reads the keys that a client offers, the one that a server chose, or the group
// that a server asks for (RFC 8446 section 4.2.8).
func (c *cursor) tlsKeyShare(client bool) {
	if client {
		c.uint("List length", 2)
	}
	for c.left() > 0 && c.ok() {
		group, n := c.hex("Group", 2)
		n.Note = cryptotls.CurveID(group).String()
		if c.left() == 0 && !client {
			return
		}
		size, _ := c.uint("Key length", 2)
		c.bytes("Key", int(size))
	}
}

// tlsServerKey reads the key of a named curve that a server of TLS 1.2 signs (RFC 8422
// section 5.4). Other kinds of keys, and older versions, do not say what they are: theirs are
// shown as bytes.
func (c *cursor) tlsServerKey() {
	const namedCurve, head = 3, 4
	b := c.rest()
	point := head
	if len(b) >= head {
		point += int(b[3])
	}
	if len(b) < point+4 || b[0] != namedCurve || int(b[point+2])<<8|int(b[point+3]) != len(b)-point-4 {
		if len(b) > 0 {
			c.data("Data", len(b))
		}
		return
	}
	_, n := c.uint("Curve type", 1)
	n.Note = "named curve"
	curve, n := c.hex("Named curve", 2)
	n.Note = cryptotls.CurveID(curve).String()
	size, _ := c.uint("Public key length", 1)
	c.bytes("Public key", int(size))
	scheme, n := c.hex("Signature algorithm", 2)
	n.Note = cryptotls.SignatureScheme(scheme).String()
	size, _ = c.uint("Signature length", 2)
	c.bytes("Signature", int(size))
}

// tlsCertificates reads the chain of TLS up to 1.2; that of 1.3 is encrypted.
func (c *cursor) tlsCertificates() {
	size, _ := c.uint("Certificates length", 3)
	if int(size) > c.left() {
		c.fault("the certificates are longer than the message", "证书超出报文长度")
		return
	}
	c.within(int(size), func() {
		for c.left() > 0 && c.ok() {
			c.open("Certificate")
			length, _ := c.uint("Length", 3)
			from := c.at
			b := c.skip(int(length))
			if b != nil && !c.measuring {
				if cert, err := x509.ParseCertificate(b); err == nil {
					c.add("Subject", cert.Subject.String(), from, c.at)
					c.add("Issuer", cert.Issuer.String(), from, c.at)
					c.add("Not after", cert.NotAfter.UTC().Format("2006-01-02 15:04:05"), from, c.at)
					c.add("Names", strings.Join(cert.DNSNames, ", "), from, c.at)
				} else {
					c.fault("it cannot be read: %v", "无法解析：%v", err)
				}
			}
			c.close()
		}
	})
}
