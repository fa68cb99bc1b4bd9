package sockeye

import "strings"

// IsSocketPath reports whether the address is of a Unix socket.
func (a Address) IsSocketPath() bool {
	t := a.network().Traits()
	return !t.IP && !t.Line
}

// HasSocketFile reports whether the address is of a Unix socket with a file: one without
// is a name that begins with @, in the abstract namespace of Linux (unix(7)).
func (a Address) HasSocketFile() bool { return a.IsSocketPath() && !strings.HasPrefix(a.Path, "@") }

// checkSocketFile notes options of the file of a Unix socket that has none.
func (v *problems) checkSocketFile(e Endpoint) {
	if e.Options.SocketMode != 0 && e.Takes("mode") && !e.Address.HasSocketFile() {
		v.add("mode", Text{"a name without a file has no permission bits", "没有文件的名称没有权限位"},
			Text{"leave it out, or listen on a path", "请去掉它，或监听一个路径"})
	}
}
