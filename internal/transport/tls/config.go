package tls

import (
	"crypto/ecdsa"
	stdtls "crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/localca"
	"sockeye/internal/netinfo"
	"sockeye/internal/regular"
	"sockeye/internal/transport"
)

// maxFile bounds a file of certificates: those of all authorities of a system have
// 250 KiB.
const maxFile = 4 << 20

// fileFaults collects what is wrong with the files of an endpoint.
type fileFaults []error

func (f *fileFaults) add(option, file string, message, hint sockeye.Text) {
	file = strconv.Quote(file)
	*f = append(*f, &sockeye.Error{Kind: sockeye.Invalid, Op: "set", Target: option,
		Message: sockeye.Text{En: file + ": " + message.En, Zh: file + "：" + message.Zh}, Hint: hint})
}

// CheckFiles says what is wrong with the files that the options of an endpoint name.
func (Driver) CheckFiles(ep sockeye.Endpoint) error { return CheckFiles(ep) }

// CheckFiles is for other drivers of what runs over TLS.
func CheckFiles(ep sockeye.Endpoint) error {
	var f fileFaults
	readFiles(&ep.Options.TLS, ep.Mode, &f)
	if name := ep.Options.TLS.KeyLog; name != "" {
		f.written("keylog", name, checkWritable(name))
	}
	return errors.Join(f...)
}

// checkWritable says why a file cannot be appended to, and makes none.
func checkWritable(name string) error {
	err := appendTo(name, 0, nil)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Stat(filepath.Dir(name))
	}
	return err
}

// files is what the options of an endpoint name.
type files struct {
	own         *stdtls.Certificate
	authorities *x509.CertPool
}

// readFiles reads them.
func readFiles(o *sockeye.TLSOptions, mode sockeye.Mode, f *fileFaults) (r files) {
	if mode == sockeye.Listen {
		r.own = f.pair("cert", o.Certificate, "key", o.Key)
	} else {
		r.own = f.pair("client-cert", o.ClientCertificate, "client-key", o.ClientKey)
	}
	r.authorities = f.authorities(o.Authorities)
	return r
}

// keyLog makes sure that the key log can be written, if there is to be one.
func (f *fileFaults) keyLog(o *sockeye.TLSOptions) io.Writer {
	if o.KeyLog == "" {
		return nil
	}
	log := keyLog(o.KeyLog)
	_, err := log.Write(nil)
	f.written("keylog", o.KeyLog, err)
	return log
}

// written notes why a file cannot be written, if there is an error.
func (f *fileFaults) written(option, name string, err error) {
	if err != nil {
		message, hint := f.words(err)
		f.add(option, name, message, hint)
	}
}

// words are an error of a file.
func (f *fileFaults) words(err error) (message, hint sockeye.Text) {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e.Message, e.Hint
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		err = path.Err
	}
	message = sockeye.Text{En: err.Error(), Zh: err.Error()}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		message.Zh = "文件或目录不存在"
	case errors.Is(err, fs.ErrPermission):
		message.Zh = "没有权限"
	}
	return message, sockeye.Text{En: "the path is one of the machine that opens the endpoint", Zh: "路径应位于打开端点的那台机器上"}
}

// read is the content of a file that an option names; nil if there is none.
func (f *fileFaults) read(option, name string) []byte {
	if name == "" {
		return nil
	}
	file, err := regular.Open(name)
	if err == nil {
		defer file.Close()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(file, maxFile)); err == nil {
			return text
		}
	}
	message, hint := f.words(err)
	f.add(option, name, message, hint)
	return nil
}

// pair reads a certificate and its key, which may be in one file.
func (f *fileFaults) pair(certOption, cert, keyOption, key string) *stdtls.Certificate {
	if cert == "" {
		return nil
	}
	if key == "" {
		keyOption, key = certOption, cert
	}
	before := len(*f)
	chain, secret := f.read(certOption, cert), []byte(nil)
	if key != cert {
		secret = f.read(keyOption, key)
	} else {
		secret = chain
	}
	if len(*f) > before {
		return nil
	}
	c, err := stdtls.X509KeyPair(chain, secret)
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "tls: ")
		f.add(certOption, cert, sockeye.Text{En: reason, Zh: pairFault(reason)},
			sockeye.Text{En: "both files are PEM; sockeye ca issue NAME makes a pair", Zh: "两个文件都应为 PEM；sockeye ca issue 名称 可生成一对"})
		return nil
	}
	return &c
}

// pairFault is in Chinese what crypto/tls says of a certificate and a key.
func pairFault(reason string) string {
	switch {
	case strings.Contains(reason, "does not match"):
		return "密钥与证书不匹配"
	case strings.Contains(reason, "in key input"):
		return "密钥文件中没有 PEM 格式的私钥"
	case strings.Contains(reason, "in certificate input"):
		return "证书文件中没有 PEM 格式的证书"
	}
	return "无法使用：" + reason
}

// authorities reads whom to trust.
func (f *fileFaults) authorities(name string) *x509.CertPool {
	text := f.read("cacert", name)
	if text == nil {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		f.add("cacert", name, sockeye.Text{En: "no certificate in it", Zh: "其中没有证书"},
			sockeye.Text{En: "the file is PEM: -----BEGIN CERTIFICATE-----", Zh: "文件应为 PEM 格式：-----BEGIN CERTIFICATE-----"})
		return nil
	}
	return pool
}

// common is what both sides have. It begins the key log.
func common(o *sockeye.TLSOptions, r files, f *fileFaults) *stdtls.Config {
	c := &stdtls.Config{MinVersion: stdtls.VersionTLS12, DynamicRecordSizingDisabled: true, KeyLogWriter: f.keyLog(o)}
	for p := range strings.SplitSeq(o.Protocols, ",") {
		if p = strings.TrimSpace(p); p != "" {
			c.NextProtos = append(c.NextProtos, p)
		}
	}
	if r.own != nil {
		c.Certificates = []stdtls.Certificate{*r.own}
	}
	if o.Board.Or(false) {
		suitBoards(c)
	}
	return c
}

// suitBoards has a connection be one that small stacks can make: a ClientHello of some
// 300 bytes instead of 1,500, and what stacks without elliptic curves or AEAD speak.
func suitBoards(c *stdtls.Config) {
	c.MinVersion = stdtls.VersionTLS10
	c.CurvePreferences = []stdtls.CurveID{stdtls.X25519, stdtls.CurveP256, stdtls.CurveP384}
	for _, s := range append(stdtls.CipherSuites(), stdtls.InsecureCipherSuites()...) {
		if !strings.Contains(s.Name, "RC4") {
			c.CipherSuites = append(c.CipherSuites, s.ID)
		}
	}
}

// sizes of the records that are sent. A small stack may have no room for more than 1 KiB
// (RFC 6066 section 4 has it say so, which few do).
const (
	recordSize      = 16 << 10
	boardRecordSize = 1 << 10
)

func recordSizeFor(o *sockeye.TLSOptions) int {
	if o.Board.Or(false) {
		return boardRecordSize
	}
	return recordSize
}

// ClientConfig is what a client needs. Every fault of its files is in the error.
func ClientConfig(s *transport.DriverSession) (*stdtls.Config, error) {
	o := &s.Options().TLS
	var f fileFaults
	r := readFiles(o, sockeye.Connect, &f)
	c := common(o, r, &f)
	c.ServerName = o.ServerName
	if c.ServerName == "" {
		c.ServerName, _, _ = strings.Cut(s.Endpoint().Address.Host, "%")
	}
	c.InsecureSkipVerify = o.Insecure.Or(false)
	if c.RootCAs = r.authorities; c.RootCAs == nil && !c.InsecureSkipVerify {
		c.RootCAs = trusted(s)
	}
	return c, errors.Join(f...)
}

// trusted are the authorities of the system and of this user; nil is those of the system.
func trusted(s *transport.DriverSession) *x509.CertPool {
	if s.Config().CADir == "" {
		return nil
	}
	ours, err := store(s).Find(time.Now())
	if err != nil || ours == nil {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AddCert(ours.Certificate())
	return pool
}

func store(s *transport.DriverSession) *localca.Store {
	return &localca.Store{Dir: s.Config().CADir}
}

// ServerConfig is what a server needs, and its own certificate. Every fault of its files is
// in the error.
func ServerConfig(s *transport.DriverSession) (*stdtls.Config, *x509.Certificate, error) {
	o := &s.Options().TLS
	var f fileFaults
	r := readFiles(o, sockeye.Listen, &f)
	c := common(o, r, &f)
	wantsClient := o.RequireClientCertificate.Or(false)
	if wantsClient {
		c.ClientAuth, c.ClientCAs = stdtls.RequireAndVerifyClientCert, r.authorities
	}
	if len(f) > 0 {
		return nil, nil, errors.Join(f...)
	}
	if r.own != nil && (!wantsClient || c.ClientCAs != nil) {
		return c, r.own.Leaf, nil
	}
	ca, err := loadOwn(s)
	if err != nil {
		return nil, nil, err
	}
	if wantsClient && c.ClientCAs == nil {
		c.ClientCAs = x509.NewCertPool()
		c.ClientCAs.AddCert(ca.Certificate())
	}
	if r.own != nil {
		return c, r.own.Leaf, nil
	}
	key, err := store(s).ServerKey()
	if err != nil {
		return nil, nil, err
	}
	own, err := issueOwn(ca, key, s.Endpoint().Address, c)
	return c, own, err
}

// loadOwn is the local CA, which is made if there is none.
func loadOwn(s *transport.DriverSession) (*localca.Authority, error) {
	if s.Config().CADir == "" {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "listen", Target: s.Endpoint().Address.String(),
			Message: sockeye.Text{En: "a certificate is missing, and there is no home directory for a local CA", Zh: "缺少证书，也没有可存放本机 CA 的用户目录"},
			Hint:    sockeye.Text{En: "give --cert, --key and --cacert, or set SOCKEYE_HOME", Zh: "请给出 --cert、--key 和 --cacert，或设置 SOCKEYE_HOME"}}
	}
	return store(s).Load(time.Now())
}

// issueOwn has the local CA make the certificates of a server.
func issueOwn(ca *localca.Authority, key *ecdsa.PrivateKey, at sockeye.Address, c *stdtls.Config) (*x509.Certificate, error) {
	server := ca.NewServer(namesOf(at), key, time.Now)
	c.GetCertificate = server.Certificate
	first, err := server.Certificate(&stdtls.ClientHelloInfo{})
	if err != nil {
		return nil, err
	}
	return first.Leaf, nil
}

// namesOf are what clients may call a server that listens on an address.
func namesOf(a sockeye.Address) (names []string) {
	ip, err := netip.ParseAddr(a.Host)
	switch {
	case a.Host != "" && (err != nil || !ip.IsUnspecified()):
		names = append(names, strings.Split(a.Host, "%")[0])
		if err == nil && ip.IsLoopback() {
			names = append(names, "localhost")
		}
		return names
	}
	names = append(names, "localhost")
	if host, err := os.Hostname(); err == nil {
		names = append(names, host)
	}
	interfaces, _ := netinfo.Interfaces()
	for _, i := range interfaces {
		for _, a := range i.Addresses {
			names = append(names, a.Addr().WithZone("").String())
		}
	}
	return names
}

// keyLog is the path of a file that secrets are appended to.
type keyLog string

// Write appends a line to the file, which only this user may read.
func (k keyLog) Write(line []byte) (int, error) {
	if err := appendTo(string(k), os.O_CREATE, line); err != nil {
		return 0, err
	}
	return len(line), nil
}

// appendTo appends to a regular file. flag is os.O_CREATE, or 0 to make none.
func appendTo(name string, flag int, line []byte) error {
	if st, err := os.Stat(name); err == nil {
		if err := regular.Check(name, st); err != nil {
			return err
		}
	}
	f, err := regular.OpenOutput(name, os.O_WRONLY|os.O_APPEND|flag, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Close())
}
