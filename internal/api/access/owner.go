package access

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/netinfo"
	"sockeye/internal/private"
	"sockeye/internal/userdir"
)

// The owner's shells reach the workbench over a Unix socket in the state directory,
// where the system has one: nobody else may open it, the kernel tells each side who the
// other is, and its places are the owner's alone, however many connections others make.

// maxSocketPath is how long the path of a Unix socket may be on every system.
const maxSocketPath = 100

// ListenOwner opens the socket for the owner's shells in a state directory. It is nil,
// without an error, on a system that cannot tell who connects.
func ListenOwner(dir string) (net.Listener, error) {
	path := userdir.ControlSocket(dir, os.Getpid())
	if !netinfo.KnowsSocketPeers || len(path) > maxSocketPath {
		return nil, nil
	}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = private.CheckDir(dir)
	}
	if err != nil {
		return nil, stateError(dir, err)
	}
	removeStaleSockets(dir)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, stateError(path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, stateError(path, err)
	}
	return l, nil
}

// removeStaleSockets removes those that workbenches left behind which were killed.
func removeStaleSockets(dir string) {
	found, _ := filepath.Glob(filepath.Join(dir, "workbench-*.sock"))
	for _, path := range found {
		st, err := os.Lstat(path)
		if err != nil || st.Mode().Type() != os.ModeSocket {
			continue
		}
		c, err := net.DialTimeout("unix", path, time.Second)
		if err == nil {
			c.Close()
		} else if isRefused(err) {
			os.Remove(path)
		}
	}
}

// ownerListener accepts whom the kernel says to be of this user, or root.
type ownerListener struct {
	net.Listener
	guard *Guard
}

func (l *ownerListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, _, err := netinfo.SocketPeer(c)
		if err == nil && (int(uid) == os.Geteuid() || uid == 0) {
			return c, nil
		}
		l.guard.rejected.count(checkOwner)
		c.Close()
	}
}

var errOtherUser = errors.New("the socket belongs to another user's program")

// checkOwnerOf is whether this user's workbench is at the other end of a Unix socket.
func checkOwnerOf(c net.Conn, st WorkbenchState) error {
	uid, pid, err := netinfo.SocketPeer(c)
	switch {
	case err != nil:
		return err
	case int(uid) != os.Geteuid(), pid > 0 && st.PID > 0 && pid != st.PID:
		return errOtherUser
	}
	return nil
}

func stateError(path string, err error) error {
	return &sockeye.Error{Kind: sockeye.System, Op: "write", Target: path, Err: err,
		Hint: sockeye.Text{En: "shells will not find this workbench", Zh: "命令行将找不到这个工作台"}}
}

func isRefused(err error) bool {
	return err != nil && (errors.Is(err, refusedErrno) || strings.Contains(err.Error(), "connection refused"))
}
