package netinfo

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// winsock gives Winsock's numbers in Unix terms: package syscall invents the
// latter on Windows, and no call returns them.
var winsock = map[syscall.Errno]struct {
	number syscall.Errno
	name   string
}{
	windows.WSAECONNREFUSED:  {syscall.ECONNREFUSED, "ECONNREFUSED"},
	windows.WSAETIMEDOUT:     {syscall.ETIMEDOUT, "ETIMEDOUT"},
	windows.WSAECONNRESET:    {syscall.ECONNRESET, "ECONNRESET"},
	windows.WSAENETRESET:     {syscall.ECONNRESET, "ECONNRESET"},
	windows.WSAECONNABORTED:  {syscall.ECONNABORTED, "ECONNABORTED"},
	windows.WSAESHUTDOWN:     {syscall.EPIPE, "EPIPE"},
	windows.WSAEHOSTUNREACH:  {syscall.EHOSTUNREACH, "EHOSTUNREACH"},
	windows.WSAEHOSTDOWN:     {syscall.EHOSTDOWN, "EHOSTDOWN"},
	windows.WSAENETUNREACH:   {syscall.ENETUNREACH, "ENETUNREACH"},
	windows.WSAENETDOWN:      {syscall.ENETDOWN, "ENETDOWN"},
	windows.WSAEACCES:        {syscall.EACCES, "EACCES"},
	windows.WSAEADDRINUSE:    {syscall.EADDRINUSE, "EADDRINUSE"},
	windows.WSAEADDRNOTAVAIL: {syscall.EADDRNOTAVAIL, "EADDRNOTAVAIL"},
	windows.WSAEMFILE:        {syscall.EMFILE, "EMFILE"},
	windows.WSAENOBUFS:       {syscall.ENOBUFS, "ENOBUFS"},
	windows.WSAEMSGSIZE:      {syscall.EMSGSIZE, "EMSGSIZE"},
	windows.WSAEAFNOSUPPORT:  {syscall.EAFNOSUPPORT, "EAFNOSUPPORT"},
	windows.WSAEOPNOTSUPP:    {syscall.EOPNOTSUPP, "EOPNOTSUPP"},
	windows.WSAENOPROTOOPT:   {syscall.ENOPROTOOPT, "ENOPROTOOPT"},
	windows.WSAEINVAL:        {syscall.EINVAL, "EINVAL"},
	windows.WSAENOTCONN:      {syscall.ENOTCONN, "ENOTCONN"},
	windows.WSAEINTR:         {syscall.EINTR, "EINTR"},
}

// portableErrno is the number that the rest of the package compares with.
func portableErrno(n syscall.Errno) syscall.Errno {
	if w, ok := winsock[n]; ok {
		return w.number
	}
	return n
}

// errnoName is the Unix name of a portable number, "ECONNREFUSED", or "".
func errnoName(n syscall.Errno) string {
	for _, w := range winsock { // a number has one name, however often it is here
		if w.number == n {
			return w.name
		}
	}
	return ""
}

// DescriptorLimit is how many descriptors this process may have: Windows sets
// no such limit.
func DescriptorLimit() uint64 { return 0 }
