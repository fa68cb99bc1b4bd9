package deploy

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"sockeye"
	"sockeye/internal/regular"
)

// hostKeys is who is trusted, as the file of known hosts says at the beginning of a connection.
type hostKeys struct {
	login *SSHLogin
	known ssh.HostKeyCallback
	fault error // why a key was refused
}

// readHostKeys reads the known hosts of a login; none are known if there is no file. The file is
// opened once: package knownhosts opens files by their names, so it gets a copy of what was
// found to be a regular file of bounded size.
func readHostKeys(l *SSHLogin) (*hostKeys, error) {
	h := &hostKeys{login: l}
	text, err := regular.ReadFile(l.KnownHosts, maxKnownHosts)
	if errors.Is(err, os.ErrNotExist) {
		text, err = nil, nil
	}
	if err == nil {
		h.known, err = parseKnownHosts(text, l.KnownHosts)
	}
	if err != nil {
		return nil, h.unusable(err)
	}
	return h, nil
}

// parseKnownHosts reads what the file at a path holds.
func parseKnownHosts(text []byte, path string) (ssh.HostKeyCallback, error) {
	file, err := os.CreateTemp("", "sockeye-known-hosts-*") // nobody else may write it
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	known, err := knownhosts.New(file.Name())
	if err != nil { // it names the line
		return nil, errors.New(strings.ReplaceAll(err.Error(), file.Name(), path))
	}
	return known, nil
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
	nobody, err := ssh.NewPublicKey(unknownKey)
	if err != nil {
		return nil
	}
	known, _ := errors.AsType[*knownhosts.KeyError](h.known(h.login.HostPort, hostAddr(h.login.HostPort), nobody))
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
	err := h.known(hostPort, remote, key)
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
