package wire

import (
	"encoding/binary"
	"sync"

	"golang.org/x/sys/unix"
)

// loop is the fast mover of a listening session: one goroutine that waits for
// all its sockets at once (epoll(7)), accepts, reads and replies. What it calls
// cannot block, and so needs none of the preparations that Go makes for a system
// call that may: for small messages these cost as much as everything else.
type loop struct {
	session *Session
	prompt  Prompt // nil: nobody answers
	buf     []byte // what is being read; the only one
	epoll   int
	bell    int // an eventfd(2): ends the wait

	mu       sync.Mutex
	conns    []*fast // by descriptor
	count    int     // peers whose mover it is
	doors    []*door
	stopping bool // nobody will be accepted any more
}

// What a notification of epoll is about is in its Pad; the Fd is a descriptor, or
// the number of a door.
const (
	aboutConn = iota
	aboutDoor
	aboutBell
)

// turn is how many notifications the loop takes at once.
const turn = 512

func newLoop(s *Session, prompt Prompt) (*loop, error) {
	l := &loop{session: s, prompt: prompt, buf: make([]byte, s.opts.ReadSize)}
	var err error
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if l.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(l.epoll)
		return nil, err
	}
	l.register(l.bell, unix.EPOLLIN, l.bell, aboutBell)
	return l, nil
}

func (l *loop) close() {
	unix.Close(l.epoll)
	unix.Close(l.bell)
}

func (l *loop) register(fd int, events uint32, id, about int) error {
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(id), Pad: int32(about)})
}

// heed changes what the loop is told about a connection.
func (l *loop) heed(fd, op int, events uint32) {
	unix.EpollCtl(l.epoll, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd), Pad: aboutConn})
}

// run serves until nothing is left to serve.
func (l *loop) run() {
	events := make([]unix.EpollEvent, turn)
	ready := make([]*fast, turn)
	n := 0
	for l.alive() {
		n = l.wait(events, n)
		l.find(events[:n], ready)
		for i, e := range events[:n] {
			switch {
			case ready[i] != nil:
				ready[i].serve()
				ready[i] = nil
			case e.Pad == aboutDoor:
				l.doors[e.Fd].answer()
			case e.Pad == aboutBell:
				var b [8]byte
				unix.Read(l.bell, b[:])
			}
		}
	}
	for _, d := range l.doors {
		d.gone()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.close()
}

// wait returns how many notifications there are, at least one unless a signal
// came. A loop that was busy looks first, which costs less than to wait does; one
// that had a single notification will most likely find none.
func (l *loop) wait(events []unix.EpollEvent, last int) int {
	if last > 1 {
		if n := pollNow(l.epoll, events); n > 0 {
			return n
		}
	}
	n, _ := unix.EpollWait(l.epoll, events, -1)
	return max(0, n)
}

// find looks up the connections that notifications are about, all before any is
// served: a descriptor that is closed meanwhile, and given out again, is not
// mistaken.
func (l *loop) find(events []unix.EpollEvent, ready []*fast) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range events {
		if e.Pad == aboutConn {
			ready[i] = l.conns[e.Fd]
		}
	}
}

func (l *loop) alive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.stopping || l.count > 0
}

// add takes in a connection, which is not registered with epoll yet.
func (l *loop) add(c *fast) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.conns) <= c.fd {
		l.conns = append(l.conns, nil)
	}
	l.conns[c.fd] = c
	l.count++
}

// drop takes a connection's descriptor out.
func (l *loop) drop(c *fast) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns[c.fd] == c {
		l.conns[c.fd] = nil
	}
}

// release notes that a connection is not the loop's any more: it ended, or it was
// handed over and its new owner runs.
func (l *loop) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count--; l.count == 0 && l.stopping {
		l.ring()
	}
}

// stop ends the loop once its last peer is gone.
func (l *loop) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	l.ring()
}

// ring ends the wait. It is called under the lock, before the loop has ended.
func (l *loop) ring() { unix.Write(l.bell, binary.NativeEndian.AppendUint64(nil, 1)) }
