// Package socket is the socket object of the tutorial: socket, bind, listen,
// accept, connect, send, recv, shutdown, close and getaddrinfo, over the real
// sockets of the operating system. It stands alone: it imports no other package
// of this module and knows nothing of sessions, journals or views.
//
// The calls keep the meaning and the order that socket(7) and Python's socket
// module give them. A server calls [New], [Socket.Bind], [Socket.Listen],
// [Socket.Accept]; a client calls [New], [Socket.Connect]; both then call
// [Socket.Send] and [Socket.Recv]. A call in the wrong order fails at once with
// an error that names the missing call. Sockets are plain TCP and UDP, never
// Multipath TCP.
//
// # Addresses
//
// An address is written host:port. The host is a name or a literal address, an
// IPv6 literal in brackets and with its zone where it needs one:
// "192.168.1.111:10000", "localhost:10000", "[fe80::1%eth0]:10000". The port is
// a number from 0 to 65535 or the name of a service. An empty host means every
// address of the machine in Bind, and the machine itself in Connect and SendTo.
//
// A name is looked up in the family of the socket and its first address is
// taken; localhost is never looked up (RFC 6761). A literal of the other family
// is an error that unwraps to syscall.EAFNOSUPPORT. An AF_INET6 socket speaks
// IPv6 alone (IPV6_V6ONLY) on every system, so an AF_INET server may stand
// beside it on the same port; a server for both families is two sockets.
//
// # In a program of one's own
//
// The module is called sockeye and has no address that Go could fetch it from. A
// program in another folder says where its source is (the folder that has Sockeye's
// go.mod), and then builds like any other:
//
//	go mod init example.com/board
//	go mod edit -replace sockeye=../sockeye
//	go mod tidy
//	go build
//
// tidy adds the line "require sockeye v0.0.0-00010101000000-000000000000": of a
// replaced module the version has no meaning.
//
// # Waiting
//
// Without a timeout a call waits for ever. [Socket.SetTimeout] bounds every
// call that begins later, and a …Context twin bounds one call: the error is
// os.ErrDeadlineExceeded after the timeout, and the context's own error after
// the context. [Socket.Close] ends every waiting call with net.ErrClosed.
//
// All methods may be called from several goroutines. One goroutine receives (or
// accepts) at a time and one sends (or connects) at a time; others wait for
// their turn, and the two directions never wait for each other.
//
// # Systems
//
// On Unix the descriptors are non-blocking and belong to the runtime's poller,
// so a waiting call holds no thread and ends as soon as it is cancelled.
//
// A Unix stream socket can be bound while connections of an earlier server on
// the same port fade out in TIME_WAIT, as with SO_REUSEADDR, but never beside
// another bound socket: an address in use fails in Bind, not in Listen.
//
// On Windows the sockets are Winsock's, bound and listening when the call says
// so, but:
//   - a waiting call holds a thread, and a timeout, a cancellation, Close or
//     Shutdown may take up to 20 ms to end it;
//   - sockets are bound with SO_EXCLUSIVEADDRUSE, so that no other program can
//     share or take over the port;
//   - errors unwrap to Winsock's numbers, and errors.Is also knows them by the
//     syscall.E… names that a program handles;
//   - a connected datagram socket does not learn that its peer's port is closed.
package socket
