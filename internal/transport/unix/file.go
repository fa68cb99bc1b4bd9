package unix

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"sockeye"
	"sockeye/internal/netinfo"
)

// socketFile is the file of a bound socket; the zero value is that of one without.
type socketFile struct {
	path string
	info fs.FileInfo
	once sync.Once
}

// remove removes the file, unless another one took its place.
func (f *socketFile) remove() {
	f.once.Do(func() {
		if now, err := os.Lstat(f.path); f.path != "" && err == nil && os.SameFile(now, f.info) {
			os.Remove(f.path)
		}
	})
}

// bind has listen bind the endpoint's path. A file that a socket left behind, to which
// nobody listens any more, makes room; nothing else does.
func bind(ep sockeye.Endpoint, listen func(lc net.ListenConfig, path string) error) (*socketFile, error) {
	a := ep.Address
	if err := checkName(a); err != nil {
		return nil, err
	}
	if !a.HasSocketFile() {
		return &socketFile{}, explain("listen", a, listen(net.ListenConfig{}, a.Path))
	}
	if err := clearStale(a); err != nil {
		return nil, err
	}
	if err := bindWith(permission(ep.Effective().SocketMode), a.Path, listen); err != nil {
		return nil, explain("listen", a, err)
	}
	info, err := os.Lstat(a.Path)
	if err != nil {
		return nil, explain("listen", a, err)
	}
	return &socketFile{path: a.Path, info: info}, nil
}

// permission is that of octal digits as people write them, 660; Validate has seen to it that
// they are.
func permission(digits int) os.FileMode {
	return os.FileMode(digits/100%10<<6 | digits/10%10<<3 | digits%10)
}

// checkName refuses names without a file where there are none.
func checkName(a sockeye.Address) error {
	if !a.HasSocketFile() && runtime.GOOS != "linux" {
		return &sockeye.Error{Kind: sockeye.Unsupported, Op: "open", Target: a.String(),
			Message: sockeye.Text{En: "names without a file are of Linux only", Zh: "没有文件的名称只在 Linux 上有"},
			Hint:    sockeye.Text{En: "write the path of a file, unix:///tmp/x.sock", Zh: "请写文件路径，如 unix:///tmp/x.sock"}}
	}
	return nil
}

// types are the networks of Unix sockets. A path is of one of them.
var types = []sockeye.Network{sockeye.Unix, sockeye.Unixgram, sockeye.Unixpacket}

// clearStale removes the file of a socket that nobody listens on.
func clearStale(a sockeye.Address) error {
	before, err := os.Lstat(a.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return explain("listen", a, err)
	case before.Mode()&fs.ModeSymlink != 0:
		return taken(a, sockeye.Text{En: "there is a link of that name", Zh: "该路径是一个链接"})
	case before.Mode()&fs.ModeSocket == 0:
		return taken(a, sockeye.Text{En: "there is a file of that name, which is no socket", Zh: "该路径已有文件，且不是套接字"})
	}
	// Only a refusal says that nobody listens. A socket of another type, one that we
	// may not connect to, or a full queue is somebody's.
	for _, network := range types {
		c, err := (&net.Dialer{Timeout: probeTimeout}).Dial(string(network), a.Path)
		switch {
		case err == nil:
			c.Close()
			return inUse(a)
		case netinfo.IsErrno(err, syscall.EPROTOTYPE):
			continue // another type says
		case !netinfo.IsErrno(err, syscall.ECONNREFUSED):
			return inUse(a)
		}
		if now, err := os.Lstat(a.Path); err == nil && os.SameFile(now, before) {
			return os.Remove(a.Path)
		}
		return inUse(a)
	}
	return inUse(a)
}

func taken(a sockeye.Address, what sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.AddressInUse, Op: "listen", Target: a.String(), Errno: "EADDRINUSE", Message: what,
		Hint: sockeye.Text{En: "take another path, or move it away yourself; only a socket that nobody listens on is removed",
			Zh: "请换一个路径，或自行移走它；只有无人监听的套接字文件才会被自动删除"}}
}

func inUse(a sockeye.Address) error {
	return &sockeye.Error{Kind: sockeye.AddressInUse, Op: "listen", Target: a.String(), Errno: "EADDRINUSE",
		Message: sockeye.Text{En: "a program listens there already", Zh: "已有程序在监听"},
		Hint: sockeye.Text{En: "connect to it, end that program (ss -xlp names it), or take another path",
			Zh: "可以连接它、结束该程序（ss -xlp 可查），或换一个路径"}}
}

// explain says what a failed call means for a path.
func explain(op string, a sockeye.Address, err error) error {
	if err == nil {
		return nil
	}
	e := *netinfo.Explain(op, a.String(), err)
	if errors.As(err, new(*sockeye.Error)) {
		return &e
	}
	e.Op, e.Target = op, a.String()
	say := func(kind sockeye.ErrorKind, message, hint sockeye.Text) error {
		e.Kind, e.Message, e.Hint = kind, message, hint
		return &e
	}
	set := func(kind sockeye.ErrorKind, en, zh, nextEn, nextZh string) error {
		return say(kind, sockeye.Text{En: en, Zh: zh}, sockeye.Text{En: nextEn, Zh: nextZh})
	}
	switch {
	case netinfo.IsErrno(err, syscall.ENOENT) && op == "listen":
		return set(sockeye.NotFound, "there is no such directory", "没有这个目录", "make the directory first, or take another path", "请先建立目录，或换一个路径")
	case netinfo.IsErrno(err, syscall.ENOENT):
		return say(sockeye.NotFound, noSocket, serverFirst)
	case netinfo.IsErrno(err, syscall.ENOTDIR):
		return set(sockeye.NotFound, "a part of the path is no directory", "路径中有一段不是目录", "check the path", "请检查路径")
	case netinfo.IsErrno(err, syscall.EACCES, syscall.EPERM) && op == "listen":
		return set(sockeye.NotPermitted, "this user may not make a file there", "当前用户不能在该目录建立文件", "take a directory of your own, such as $XDG_RUNTIME_DIR", "请使用自己的目录，例如 $XDG_RUNTIME_DIR")
	case netinfo.IsErrno(err, syscall.EACCES, syscall.EPERM):
		return set(sockeye.NotPermitted, "this user may not connect to the socket", "当前用户无权连接该套接字", "ls -l shows whose it is; a server of sockeye lets others in with --mode 660 or 666", "ls -l 可查看归属；sockeye 的服务器可用 --mode 660 或 666 允许他人连接")
	case netinfo.IsErrno(err, syscall.ECONNREFUSED, syscall.ENOTSOCK): // the second of BSD and macOS
		message, hint := refusal(a)
		return say(sockeye.Refused, message, hint)
	case netinfo.IsErrno(err, syscall.EPROTOTYPE):
		var others []string
		for _, n := range types {
			if n != a.Network {
				others = append(others, string(n)+"://"+a.Path)
			}
		}
		return set(sockeye.Refused, "the socket is of another type", "套接字是另一种类型",
			"write "+strings.Join(others, " or "), "请写 "+strings.Join(others, " 或 "))
	case netinfo.IsErrno(err, syscall.EADDRINUSE):
		return inUse(a)
	case netinfo.IsErrno(err, syscall.EINVAL) && len(a.Path) > 100:
		return set(sockeye.Invalid, "the path is too long for this system", "路径超过本系统的长度限制", "take a shorter one", "请换一个更短的路径")
	}
	return &e
}

// refusal says why nobody takes a connection or a datagram at a path, by what is there.
func refusal(a sockeye.Address) (message, hint sockeye.Text) {
	if !a.HasSocketFile() {
		return sockeye.Text{En: "no program listens under this name", Zh: "没有程序以该名称监听"},
			sockeye.Text{En: "start the server first, and check the name", Zh: "请先启动服务器，并检查名称"}
	}
	there, err := os.Stat(a.Path)
	switch {
	case err != nil: // it went away meanwhile
		return noSocket, serverFirst
	case there.IsDir():
		return sockeye.Text{En: "this is a directory, no socket", Zh: "这是目录，不是套接字"}, checkPath
	case there.Mode()&fs.ModeSocket == 0:
		return sockeye.Text{En: "this is a file, no socket", Zh: "这是普通文件，不是套接字"}, checkPath
	}
	return sockeye.Text{En: "nobody listens on the socket", Zh: "没有程序在该套接字上监听"},
		sockeye.Text{En: "start the server; a program that ended may have left the socket's file behind", Zh: "请启动服务器；套接字文件可能是已结束的程序留下的"}
}

var (
	noSocket    = sockeye.Text{En: "there is no such socket", Zh: "没有这个套接字"}
	serverFirst = sockeye.Text{En: "start the server first, and check the path", Zh: "请先启动服务器，并检查路径"}
	checkPath   = sockeye.Text{En: "check the path", Zh: "请检查路径"}
)
