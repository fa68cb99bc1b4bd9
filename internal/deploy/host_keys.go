package deploy

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"sockeye"
	"sockeye/internal/regular"
)

// hostKeys is who is trusted.
type hostKeys struct {
	login *SSHLogin
	fault error // why a key was refused
}

func (h *hostKeys) file() (ssh.HostKeyCallback, error) {
	if _, err := os.Stat(h.login.KnownHosts); errors.Is(err, os.ErrNotExist) {
		return knownhosts.New()
	}
	if err := regular.CheckSize(h.login.KnownHosts, maxKnownHosts); err != nil {
		return nil, err
	}
	return knownhosts.New(h.login.KnownHosts)
}

// unusable is the error of a file that cannot be read or understood.
func (h *hostKeys) unusable(err error) error {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	return &sockeye.Error{Kind: sockeye.AccessDenied, Op: "read", Target: h.login.KnownHosts, Err: err, Message: text("the known hosts cannot be used: %v", "known_hosts 无法使用：%v", err)}
}

// algorithms are those of the keys that are known for the board, so that it does not show
// another one of its keys, which would look like a changed one.
func (h *hostKeys) algorithms() []string {
	callback, err := h.file()
	if err != nil {
		return nil
	}
	nobody, err := ssh.NewPublicKey(unknownKey)
	if err != nil {
		return nil
	}
	known, _ := errors.AsType[*knownhosts.KeyError](callback(h.login.HostPort, hostAddr(h.login.HostPort), nobody))
	if known == nil {
		return nil
	}
	var all []string
	for _, k := range known.Want {
		if k.Key.Type() == ssh.KeyAlgoRSA {
			all = append(all, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		}
		all = append(all, k.Key.Type())
	}
	return all
}

// hostAddr is an address for a look into the file, which does not resolve it.
func hostAddr(hostPort string) net.Addr {
	host, _, _ := net.SplitHostPort(hostPort)
	return &net.TCPAddr{IP: net.ParseIP(host)}
}

func (h *hostKeys) check(hostPort string, remote net.Addr, key ssh.PublicKey) error {
	callback, err := h.file()
	if err == nil {
		err = callback(hostPort, remote, key)
	}
	known, isKeyError := errors.AsType[*knownhosts.KeyError](err)
	fingerprint := ssh.FingerprintSHA256(key)
	switch {
	case err == nil:
		return nil
	case isKeyError && len(known.Want) == 0:
		if h.login.Trust != nil && h.login.Trust(hostPort, fingerprint) {
			h.fault = h.remember(hostPort, key)
			return h.fault
		}
		h.fault = &sockeye.Error{Kind: sockeye.AccessDenied, Op: "connect", Target: hostPort,
			Message: text("the board's key is not known: %s", "未知的主机密钥：%s", fingerprint),
			Hint:    text("compare it with what ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub prints on the board, then --trust-new-host", "请与开发板上 ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub 的输出比较，然后加 --trust-new-host")}
	case isKeyError:
		h.fault = &sockeye.Error{Kind: sockeye.AccessDenied, Op: "connect", Target: hostPort,
			Message: text("the board's key has changed, it is now %s: another machine, or a new system on the board", "主机密钥已改变，现为 %s：可能是另一台机器，或开发板重装了系统", fingerprint),
			Hint:    text("if you know why: ssh-keygen -R %q, and connect again", "如果确知原因：执行 ssh-keygen -R %q 后重新连接", knownhosts.Normalize(hostPort))}
	default:
		h.fault = h.unusable(err)
	}
	return h.fault
}

// remember adds a key to the file.
func (h *hostKeys) remember(hostPort string, key ssh.PublicKey) error {
	if err := os.MkdirAll(path.Dir(h.login.KnownHosts), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(h.login.KnownHosts, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, knownhosts.Line([]string{knownhosts.Normalize(hostPort)}, key))
	return errors.Join(err, f.Close())
}
