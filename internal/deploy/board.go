package deploy

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"sockeye"
	"sockeye/internal/mdns"
	"sockeye/internal/regular"
)

// SSHLogin says how to reach a board.
type SSHLogin struct {
	User, HostPort string
	// KnownHosts is the file of keys that are trusted; a new board's key is added to it.
	KnownHosts string
	// Keys are the files of private keys that are tried; those that are not there are left
	// out.
	Keys []string
	// Agent is the socket of ssh-agent, or "".
	Agent string
	// Ask asks the user for a secret, once; nil is nobody to ask.
	Ask func(question sockeye.Text) (string, error)
	// Trust is asked whether to trust the key of a board that is not known; nil refuses.
	Trust func(hostPort, fingerprint string) bool
}

// Connection is a connection to a board. Close it.
type Connection struct {
	client                      *ssh.Client
	files                       *sftp.Client
	user, address, target, home string
	agent                       net.Conn
}

// maxKey bounds the file of a private key, maxKnownHosts that of the boards' keys, in bytes.
const maxKey, maxKnownHosts = 1 << 20, 16 << 20

// dialLimit bounds the connection and the handshake.
const dialLimit = 20 * time.Second

// vanishLimit is how long a board may acknowledge nothing, until the connection counts as
// lost: a cable is out, or its power.
const vanishLimit = 20 * time.Second

// Dial connects to a board. The error is an *sockeye.Error that says what to do.
func Dial(ctx context.Context, l SSHLogin) (*Connection, error) {
	b := &Connection{user: l.User, address: l.HostPort, target: l.User + "@" + strings.TrimSuffix(l.HostPort, ":22")}
	auth, err := b.auth(&l)
	if err != nil {
		return nil, err
	}
	hosts, err := readHostKeys(&l)
	if err != nil {
		b.closeAgent()
		return nil, err
	}
	config := &ssh.ClientConfig{User: l.User, Auth: auth, HostKeyCallback: hosts.check, HostKeyAlgorithms: hosts.algorithms(), Timeout: dialLimit}
	conn, err := dialHost(ctx, l.HostPort)
	if err != nil {
		b.closeAgent()
		return nil, b.unreachable(err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(5 * dialLimit)) // a person may type a password
	c, channels, requests, err := ssh.NewClientConn(conn, l.HostPort, config)
	stop()
	if err != nil {
		conn.Close()
		b.closeAgent()
		return nil, b.refused(hosts, err)
	}
	conn.SetDeadline(time.Time{})
	b.client = ssh.NewClient(c, channels, requests)
	if b.files, err = sftp.NewClient(b.client); err != nil {
		b.Close()
		return nil, &sockeye.Error{Kind: sockeye.Unsupported, Op: "open", Target: b.target, Err: err,
			Message: text("the board's SSH server has no SFTP", "开发板的 SSH 服务器没有 SFTP"), Hint: text("on the board: sudo apt install openssh-sftp-server", "请在开发板上执行：sudo apt install openssh-sftp-server")}
	}
	if b.home, err = b.files.Getwd(); err != nil {
		b.Close()
		return nil, b.lost(err)
	}
	return b, nil
}

// dialHost connects to a host, which a name of the link may stand for.
func dialHost(ctx context.Context, hostPort string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialLimit, Control: endsSilence,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: vanishLimit / 2, Interval: vanishLimit / 8, Count: 4}}
	host, port, err := net.SplitHostPort(hostPort)
	if err == nil && mdns.IsLocal(host) {
		if found, err := mdns.Lookup(ctx, host); err == nil {
			hostPort = net.JoinHostPort(found[0].String(), port)
		} // else the system's resolver may know it
	}
	return dialer.DialContext(ctx, "tcp", hostPort)
}

// Close ends the connection, and what runs on the board by it.
func (b *Connection) Close() {
	if b.files != nil {
		b.files.Close()
	}
	b.client.Close()
	b.closeAgent()
}

func (b *Connection) closeAgent() {
	if b.agent != nil {
		b.agent.Close()
	}
}

// auth are the ways to log in, in order: agent, key files, password.
func (b *Connection) auth(l *SSHLogin) ([]ssh.AuthMethod, error) {
	var methods []ssh.AuthMethod
	if l.Agent != "" {
		if conn, err := net.Dial("unix", l.Agent); err == nil {
			b.agent = conn
			methods = append(methods, ssh.PublicKeysCallback(agent.NewClient(conn).Signers))
		}
	}
	var signers []ssh.Signer
	for _, path := range l.Keys {
		signer, err := readKey(path, l.Ask)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		signers = append(signers, signer)
	}
	if len(signers) > 0 {
		methods = append(methods, ssh.PublicKeys(signers...))
	}
	if l.Ask != nil {
		methods = append(methods, ssh.PasswordCallback(func() (string, error) {
			return l.Ask(text("Password of %s: ", "%s 的密码：", b.target))
		}))
	}
	return methods, nil
}

// readKey reads a private key, and asks for its passphrase if it has one.
func readKey(path string, ask func(sockeye.Text) (string, error)) (ssh.Signer, error) {
	pem, err := regular.ReadFile(path, maxKey)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked && ask != nil {
		secret, asked := ask(text("Passphrase of %s: ", "%s 的口令：", path))
		if asked != nil {
			return nil, asked
		}
		signer, err = ssh.ParsePrivateKeyWithPassphrase(pem, []byte(secret))
	}
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: path, Err: err,
			Message: text("the key cannot be used: %v", "密钥无法使用：%v", err), Hint: text("add it to ssh-agent, or name another with --key", "请将它加入 ssh-agent，或用 --key 指定其他密钥")}
	}
	return signer, nil
}

// Upload copies a file: under another name first, then compared, then renamed. What is the
// same already is left alone; copied says whether it was not.
func (b *Connection) Upload(ctx context.Context, local, remote string, mode os.FileMode) (copied bool, err error) {
	in, err := regular.Open(local)
	if _, isOurs := errors.AsType[*sockeye.Error](err); isOurs {
		return false, err
	}
	if err != nil {
		return false, &sockeye.Error{Kind: sockeye.NotFound, Op: "read", Target: local, Err: err}
	}
	defer in.Close()
	h := sha256.New()
	size, err := io.Copy(h, in)
	if err != nil {
		return false, err
	}
	sum := fmt.Sprintf("%x", h.Sum(nil))
	if b.sum(ctx, remote) == sum {
		return false, nil
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	if err := b.files.MkdirAll(path.Dir(remote)); err != nil {
		return false, b.unwritten(remote, err)
	}
	part := remote + ".part"
	if err := b.write(ctx, in, part, mode); err != nil {
		room, _ := b.files.StatVFS(path.Dir(part)) // before Remove makes some
		b.files.Remove(part)                       // a full disk: it is of no use
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		if room != nil && room.Frsize*room.Bavail < uint64(size) && !errors.Is(err, os.ErrPermission) {
			return false, b.full(remote, size, err)
		}
		return false, b.unwritten(remote, err)
	}
	if b.sum(ctx, part) != sum {
		b.files.Remove(part)
		return false, &sockeye.Error{Kind: sockeye.System, Op: "write", Target: b.target + ":" + remote, Message: text("what arrived is not what was sent (%d bytes)", "收到的内容与发送的不同（%d 字节）", size), Hint: text("try again; a board whose memory or card is broken does this", "请重试；内存或存储卡损坏会导致这种情况")}
	}
	if err := b.files.PosixRename(part, remote); err != nil {
		return false, b.unwritten(remote, err)
	}
	return true, nil
}

func (b *Connection) write(ctx context.Context, in io.Reader, part string, mode os.FileMode) error {
	out, err := b.files.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, &untilDone{ctx, in})
	err = errors.Join(err, out.Close())
	if err != nil {
		return err
	}
	return b.files.Chmod(part, mode)
}

// untilDone is a reader that ends with a context.
type untilDone struct {
	ctx context.Context
	in  io.Reader
}

func (r *untilDone) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.in.Read(p)
}

// sum is the SHA-256 of a file on the board, "" if there is none.
func (b *Connection) sum(ctx context.Context, file string) string {
	said, err := b.output(ctx, "sha256sum < "+quote(file))
	if err != nil {
		return ""
	}
	word, _, _ := strings.Cut(said, " ")
	return word
}

// through listens on the board and joins each connection with a port of this machine.
func (b *Connection) through(ctx context.Context, port uint16, problems io.Writer) (stop func(), err error) {
	l, err := b.client.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.Refused, Op: "listen", Target: fmt.Sprintf("%s 127.0.0.1:%d", b.target, port), Err: err,
			Message: text("the board does not open the port: it is in use there, or its SSH server forbids forwarding", "开发板无法打开该端口：已被占用，或其 SSH 服务器禁止转发"),
			Hint:    text("AllowTcpForwarding yes in the board's sshd_config, or another port", "请在开发板的 sshd_config 中设置 AllowTcpForwarding yes，或换一个端口")}
	}
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go join(ctx, from, port, problems)
		}
	}()
	return func() { l.Close() }, nil
}

func join(ctx context.Context, from net.Conn, port uint16, problems io.Writer) {
	defer from.Close()
	var d net.Dialer
	to, err := d.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		fmt.Fprintf(problems, "sockeye: the board connects, and nothing listens on 127.0.0.1:%d here\n", port)
		return
	}
	defer to.Close()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			io.Copy(pair[0], pair[1])
			if c, ok := pair[0].(interface{ CloseWrite() error }); ok {
				c.CloseWrite()
			}
			done <- struct{}{}
		}()
	}
	<-done
	<-done
}

// endLimit is how long a program on the board has to end after Ctrl-C.
const endLimit = 5 * time.Second

// endSoon gives the program time to end; then its terminal is taken away.
func (b *Connection) endSoon(s *ssh.Session, done <-chan struct{}) {
	t := time.NewTimer(endLimit)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		s.Close()
		b.client.Close()
	}
}

// The errors of a connection, with their next step.

func (b *Connection) unreachable(err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "connect", Target: b.address, Err: err, Hint: text("is the board on, and in this network? ping it", "开发板开机了吗？在同一网络吗？请先 ping 一下")}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		e.Kind = sockeye.NoSuchHost
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Kind, e.Hint = sockeye.Refused, text("SSH does not run there: on the board, sudo systemctl enable --now ssh", "开发板没有运行 SSH：请在开发板上执行 sudo systemctl enable --now ssh")
	case os.IsTimeout(err):
		e.Kind = sockeye.TimedOut
	}
	return e
}

func (b *Connection) refused(h *hostKeys, err error) error {
	if h.fault != nil {
		return h.fault
	}
	e := &sockeye.Error{Kind: sockeye.System, Op: "connect", Target: b.target, Err: err, Message: text("SSH does not come about: %v", "无法建立 SSH 连接：%v", err)}
	if strings.Contains(err.Error(), "unable to authenticate") {
		e.Kind, e.Message = sockeye.AccessDenied, text("the board takes neither key nor password of %s", "开发板不接受用户 %s 的密钥或密码", b.user)
		e.Hint = text("ssh-copy-id %s puts your key there", "ssh-copy-id %s 可把公钥放到开发板上", b.sshWords())
	}
	return e
}

// sshWords are how the programs of OpenSSH are told the board.
func (b *Connection) sshWords() string {
	host, port, _ := net.SplitHostPort(b.address)
	words := b.user + "@" + host
	if port != "22" {
		words = "-p " + port + " " + words
	}
	return words
}

func (b *Connection) lost(err error) error {
	return &sockeye.Error{Kind: sockeye.Reset, Op: "receive", Target: b.target, Err: err, Message: text("the connection to the board was lost", "与开发板的连接已断开"), Hint: text("run it again: what was copied is not copied twice", "请重新运行：已复制的内容不会重复复制")}
}

func (b *Connection) full(remote string, size int64, err error) error {
	return &sockeye.Error{Kind: sockeye.LimitReached, Op: "write", Target: b.target + ":" + remote, Err: err,
		Message: text("the board's disk is full: the file has %d KiB", "开发板的磁盘已满：该文件有 %d KiB", (size+1023)>>10),
		Hint:    text("make room there; df -h ~ shows how much there is", "请在开发板上清理空间；df -h ~ 显示剩余空间")}
}

func (b *Connection) unwritten(remote string, err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "write", Target: b.target + ":" + remote, Err: err}
	status, isStatus := errors.AsType[*sftp.StatusError](err)
	switch {
	case errors.Is(err, os.ErrPermission):
		e.Kind = sockeye.AccessDenied
	case errors.Is(err, sftp.ErrSSHFxConnectionLost), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return b.lost(err)
	case isStatus && status.FxCode() == sftp.ErrSSHFxFailure: // SFTP version 3 has no better word
		e.Message = text("the board does not take the file: its disk may be full", "开发板无法写入文件：磁盘可能已满")
		e.Hint = text("on the board: df -h ~", "请在开发板上执行：df -h ~")
	}
	return e
}
