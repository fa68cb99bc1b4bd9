package sockeye

import (
	"fmt"
	"strings"
)

// checkTLS notes options of TLS that do not fit each other or cannot be sent.
func (v *problems) checkTLS(o *TLSOptions) {
	if o.Key != "" && o.Certificate == "" {
		v.add("key", Text{"is the key of no certificate", "没有对应的证书"}, Text{"name the certificate, too, with the option cert", "请同时用选项 cert 指定证书"})
	}
	if o.ClientKey != "" && o.ClientCertificate == "" {
		v.add("client-key", Text{"is the key of no certificate", "没有对应的证书"}, Text{"name the certificate, too, with the option client-cert", "请同时用选项 client-cert 指定证书"})
	}
	if s := o.ServerName; len(s) > 253 || strings.ContainsFunc(s, notInName) {
		v.add("sni", Text{fmt.Sprintf("%q is not a host name", clip(s)), fmt.Sprintf("%q 不是主机名", clip(s))}, Text{"write the name that is in the server's certificate", "请写服务器证书中的名称"})
	}
	for name := range strings.SplitSeq(o.Protocols, ",") {
		if name = strings.TrimSpace(name); o.Protocols != "" && (name == "" || len(name) > 255 || strings.ContainsFunc(name, notInHeader)) {
			v.add("alpn", Text{fmt.Sprintf("%q is not a protocol", clip(name)), fmt.Sprintf("%q 不是协议名", clip(name))}, Text{"write names with commas between: mqtt,http/1.1", "写成用逗号分隔的名称：mqtt,http/1.1"})
			break
		}
	}
}
