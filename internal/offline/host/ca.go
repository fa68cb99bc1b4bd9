package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/localca"
	"sockeye/internal/terminal"
)

func (a *hostCommands) caCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ca [COMMAND]",
		Short: a.t("Show the local CA, and put it on a board", "显示本机 CA，并把它放到开发板上"),
		Long: a.t(`Show the local CA: the certificate authority of this user, whose certificates a
TLS server presents that was given none. It is made when it is needed first, and is
installed nowhere: a board, a program or a browser trusts it once it was given its
certificate.`,
			`显示本机 CA：当前用户自己的证书颁发机构，未指定证书的 TLS 服务器使用它签发的证书。
首次需要时自动生成，不会安装到系统中：把它的证书交给开发板、程序或浏览器后，
它们才会信任它。`),
		Example: `  sockeye ca
  sockeye ca export ca.pem
  sockeye ca export --format micropython
  sockeye ca issue --client board7`,
		Args: terminal.OnlyKnownCommands,
		RunE: func(*cobra.Command, []string) error { return a.showCA(asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	cmd.AddCommand(a.caExportCommand(), a.caIssueCommand(), a.caRenewCommand())
	return cmd
}

// caStore is where this user's CA is kept.
func (a *hostCommands) caStore() (*localca.Store, error) {
	if dir := a.CADir(); dir != "" {
		return &localca.Store{Dir: dir}, nil
	}
	return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: "ca",
		Message: sockeye.Text{En: "this system has no directory for it", Zh: "本系统没有可存放它的目录"},
		Hint:    sockeye.Text{En: "name one: SOCKEYE_HOME=/some/directory", Zh: "请指定：SOCKEYE_HOME=/某个目录"}}
}

func (a *hostCommands) loadCA() (*localca.Authority, *localca.Store, error) {
	store, err := a.caStore()
	if err != nil {
		return nil, nil, err
	}
	ca, err := store.Load(time.Now())
	return ca, store, err
}

// caJSON is what ca --json prints.
type caJSON struct {
	Name      string    `json:"name"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA256    string    `json:"sha256"`
	Pin       string    `json:"pin"`
	File      string    `json:"file"`
	PEM       string    `json:"pem"`
}

func (a *hostCommands) showCA(asJSON bool) error {
	ca, store, err := a.loadCA()
	if err != nil {
		return err
	}
	c := ca.Certificate()
	if asJSON {
		return a.PrintJSON(caJSON{c.Subject.CommonName, c.NotBefore, c.NotAfter, localca.Fingerprint(c), localca.Pin(c), store.File(), string(ca.CertificatePEM())})
	}
	rows := [][]string{
		{a.t("name", "名称"), c.Subject.CommonName},
		{a.t("valid", "有效期"), c.NotBefore.Local().Format(time.DateOnly) + " – " + c.NotAfter.Local().Format(time.DateOnly)},
		{"SHA-256", localca.Fingerprint(c)},
		{a.t("public key", "公钥"), localca.Pin(c)},
		{a.t("file (secret)", "文件（含私钥）"), store.File()},
	}
	fmt.Fprint(a.Out, terminal.Table(rows))
	fmt.Fprintln(a.Out)
	_, err = a.Out.Write(ca.CertificatePEM())
	return err
}

// caFormats are the forms in which the certificate is exported.
var caFormats = []string{"pem", "der", "c", "micropython"}

func (a *hostCommands) caExportCommand() *cobra.Command {
	format, host, port := "pem", "192.168.1.111", a.defaultPort
	cmd := &cobra.Command{
		Use:   "export [FILE]",
		Short: a.t("Write the certificate for those who are to trust it", "导出证书，供需要信任它的一方使用"),
		Long: a.t(`Write the CA's certificate, without its key, to a file or the output: as PEM, as
DER, as a C header, or as the lines of a MicroPython program that connects.`,
			`把 CA 证书（不含私钥）写入文件或标准输出：PEM、DER、C 头文件，
或可直接连接的 MicroPython 代码。`),
		Example: `  sockeye ca export ca.pem
  sockeye ca export --format c ca.h
  sockeye ca export --format micropython --host 192.168.1.111`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			ca, _, err := a.loadCA()
			if err != nil {
				return err
			}
			text, err := caText(ca, format, host, port())
			if err != nil {
				return err
			}
			if len(args) == 0 || args[0] == "-" {
				_, err = a.Out.Write(text)
				return err
			}
			return writeNew(args[0], text, 0o644)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&format, "format", format, a.t("pem, der, c or micropython", "pem、der、c 或 micropython"))
	fs.StringVar(&host, "host", host, a.t("the server in the MicroPython lines", "MicroPython 代码中的服务器"))
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(caFormats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func caText(ca *localca.Authority, format, host string, port uint16) ([]byte, error) {
	switch format {
	case "pem":
		return ca.CertificatePEM(), nil
	case "der":
		return ca.Certificate().Raw, nil
	case "c":
		return localca.CHeader(ca.Certificate(), "sockeye_ca"), nil
	case "micropython":
		return localca.MicroPython(ca.Certificate(), host, port), nil
	}
	return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: "--format " + format,
		Message: sockeye.Text{En: "no such format", Zh: "没有这种格式"},
		Hint:    sockeye.Text{En: "one of " + strings.Join(caFormats, ", "), Zh: "可用：" + strings.Join(caFormats, "、")}}
}

func (a *hostCommands) caIssueCommand() *cobra.Command {
	var client bool
	dir := "."
	cmd := &cobra.Command{
		Use:   "issue NAME…",
		Short: a.t("Make a certificate and a key for a server or a client", "为服务器或客户端签发证书和密钥"),
		Long: a.t(`Make a certificate and a key of its own, for the names and IP addresses of a
server, or with --client for a client of any name. The files are NAME.pem and
NAME-key.pem; none is overwritten.`,
			`签发证书并生成密钥：用于服务器的名称和 IP 地址；加 --client 则用于任意名称的客户端。
文件为 NAME.pem 和 NAME-key.pem，不会覆盖已有文件。`),
		Example: `  sockeye ca issue kitchen.lan 192.168.1.10
  sockeye ca issue --client --dir certs board7`,
		Args: namesToIssue,
		RunE: func(_ *cobra.Command, names []string) error { return a.issue(names, client, dir) },
	}
	fs := cmd.Flags()
	fs.BoolVar(&client, "client", false, a.t("for a client", "用于客户端"))
	fs.StringVar(&dir, "dir", dir, a.t("directory to write into", "写入的目录"))
	return cmd
}

// namesToIssue refuses to make a certificate for nobody.
func namesToIssue(_ *cobra.Command, names []string) error {
	if len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return strings.TrimSpace(name) == "" }) {
		return nil
	}
	return terminal.Usage("", sockeye.Text{En: "a name is missing", Zh: "缺少名称"},
		sockeye.Text{En: "sockeye ca issue kitchen.lan 192.168.1.10 for a server, sockeye ca issue --client board7 for a client",
			Zh: "服务器：sockeye ca issue kitchen.lan 192.168.1.10；客户端：sockeye ca issue --client board7"})
}

func (a *hostCommands) issue(names []string, client bool, dir string) error {
	ca, _, err := a.loadCA()
	if err != nil {
		return err
	}
	purpose := localca.ServerAuth
	if client {
		purpose = localca.ClientAuth
	}
	pair, err := ca.Issue(names, purpose, time.Now())
	if err != nil {
		return &sockeye.Error{Kind: sockeye.System, Op: "issue", Target: names[0], Err: err}
	}
	if !client && len(pair.Leaf.DNSNames)+len(pair.Leaf.IPAddresses) < len(names) {
		return &sockeye.Error{Kind: sockeye.Invalid, Op: "issue", Target: strings.Join(names, " "),
			Message: sockeye.Text{En: "not all are host names or IP addresses", Zh: "并非都是主机名或 IP 地址"},
			Hint:    sockeye.Text{En: "a host name has letters, digits, hyphens and dots; any name will do with --client", Zh: "主机名由字母、数字、连字符和点组成；加 --client 时可用任意名称"}}
	}
	chain, key, err := localca.EncodeCertificate(pair)
	if err != nil {
		return &sockeye.Error{Kind: sockeye.System, Op: "issue", Target: names[0], Err: err}
	}
	base := filepath.Join(dir, fileName(names[0]))
	if err := writeNew(base+"-key.pem", key, 0o600); err != nil {
		return err
	}
	if err := writeNew(base+".pem", chain, 0o644); err != nil {
		os.Remove(base + "-key.pem")
		return err
	}
	flags := "--cert %s --key %s"
	if client {
		flags = "--client-cert %s --client-key %s"
	}
	fmt.Fprintf(a.Out, flags+"\n", base+".pem", base+"-key.pem")
	return nil
}

// fileName is a name that is safe as a file's.
func fileName(s string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '_'
	}, s)
	if safe = strings.TrimLeft(safe, ".-"); safe == "" {
		return "certificate"
	}
	return safe
}

func (a *hostCommands) caRenewCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "renew",
		Short: a.t("Make a new CA in the place of the old one", "重新生成 CA，替换原有的"),
		Long: a.t(`Make a new CA. Boards and programs that trust the old one refuse the new one's
certificates until they are given the new one.`,
			`重新生成 CA。信任旧 CA 的开发板和程序在换上新证书之前会拒绝连接。`),
		Args: terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			store, err := a.caStore()
			if err != nil {
				return err
			}
			if old, err := store.Find(time.Now()); err == nil && old != nil && !yes {
				return &sockeye.Error{Kind: sockeye.Misuse, Op: "renew", Target: store.File(),
					Message: sockeye.Text{En: "the present CA is valid still, and whoever trusts it would not trust the new one", Zh: "现有 CA 仍然有效；信任它的一方不会信任新的 CA"},
					Hint:    sockeye.Text{En: "to replace it all the same: sockeye ca renew --yes", Zh: "仍要替换：sockeye ca renew --yes"}}
			}
			if _, err := store.Renew(time.Now()); err != nil {
				return err
			}
			return a.showCA(false)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, a.t("replace a CA that is valid still", "替换仍然有效的 CA"))
	return cmd
}

// writeNew writes a file that must not be there yet.
func writeNew(name string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err == nil {
		_, err = bytes.NewReader(text).WriteTo(f)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}
	switch {
	case err == nil:
		return nil
	case os.IsExist(err):
		return &sockeye.Error{Kind: sockeye.Conflict, Op: "write", Target: name,
			Message: sockeye.Text{En: "there is such a file already", Zh: "文件已存在"},
			Hint:    sockeye.Text{En: "move it away, or write to another name", Zh: "请移走它，或换一个文件名"}}
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		err = path.Err
	}
	return &sockeye.Error{Kind: sockeye.System, Op: "write", Target: name, Err: err,
		Hint: sockeye.Text{En: "name a directory that is there and that you may write in", Zh: "请指定已存在且可写的目录"}}
}
