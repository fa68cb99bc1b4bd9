package wire

import (
	"encoding/binary"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// loop is the fast mover of a listening session: one goroutine that waits for
// all its sockets at once (epoll(7)), accepts, reads and replies. What it calls
// cannot block, and so needs none of the preparations that Go makes for a system
// call that may: for small messages these cost as much as everything else.
type loop struct {
	session *Session
	prompt  Prompt // nil: nobody answers
	window  Window // the recorder's memory to read into, or nil
	epoll   int
	bell    int // an eventfd(2): ends the wait

	buf    []byte          // what was read and is not answered
	used   int             // bytes of it
	asked  []request       // what is to be answered
	events []sockeye.Event // what is to be recorded

	now   time.Time // of the last read
	given time.Time // when it gave way last

	stream bool // a large piece was read since the last wait
	vain   int  // for how many waits nothing is hoped for

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

// bulk is the size from which on what was read is not worth copying: the next read
// of its connection goes into the recorder's memory.
const bulk = 8 << 10

// manyPieces is how many events one call may read of such a connection, if there is
// nothing to reply: the kernel tells the sender less often how far it may send, and
// wakes it less often.
const manyPieces = 8

// A stream goes on, so the loop looks for a moment before it waits for more of it:
// otherwise its sender would have to wake the loop for every piece, which takes the
// sender longer than to send it. Having looked in vain, the loop waits at once for
// some time.
const (
	streamPause = 20 * time.Microsecond
	vainWaits   = 16
)

// toRead is what a connection is registered for. With toldOnce it is told of once for
// all that has come, and the kernel need not look whether that was read; then
// urgent data, at which a read ends early (tcp(7)), must be told of, too.
const (
	toRead   = unix.EPOLLIN | unix.EPOLLRDHUP
	toldOnce = unix.EPOLLPRI | unix.EPOLLET&(1<<32-1)
)

// shareProcessor lets the system share a single processor out between who reads many
// sockets or datagrams in one go, and keeps what Go calls a processor to itself
// meanwhile, and everybody else.
var shareProcessor = sync.OnceFunc(func() {
	if runtime.GOMAXPROCS(0) == 1 && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2)
	}
})

func newLoop(s *Session, prompt Prompt) (*loop, error) {
	shareProcessor()
	l := &loop{session: s, prompt: prompt, buf: make([]byte, fewBytes+s.opts.ReadSize)}
	if s.cfg.Window != nil {
		l.window = s.cfg.Window()
	}
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
	if l.window != nil {
		l.window.Close()
	}
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
			if c := ready[i]; c != nil {
				ready[i] = nil
				if c.serve(e.Events) {
					l.answerSome(c.bulky)
				}
			}
			if e.Pad != aboutConn {
				l.answer()
				l.look(e)
			}
		}
		l.answer()
		l.giveWay()
	}
	for _, d := range l.doors {
		d.gone()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.close()
}

// hold is how long the loop keeps others from running at most. Go would end that
// itself after 10 ms, but by taking its place away in the middle of a system call; and
// would watch more closely for some time, with a thread that wakes every 20 µs.
const hold = 5 * time.Millisecond

func (l *loop) giveWay() {
	if l.now.Sub(l.given) >= hold {
		l.given = l.now
		runtime.Gosched()
	}
}

// look sees to what is no connection.
func (l *loop) look(e unix.EpollEvent) {
	if e.Pad == aboutDoor {
		l.doors[e.Fd].answer()
		return
	}
	var b [8]byte
	unix.Read(l.bell, b[:])
}

// room is where to read into: the loop's own buffer, or the recorder's memory.
func (l *loop) room(bulky bool) []byte {
	if bulky && l.window != nil {
		l.answer() // what lies there is recorded first
		one, most := l.session.opts.ReadSize, l.session.opts.ReadSize
		if l.prompt == nil {
			most *= manyPieces
		}
		if buf := l.window.Take(one, most); buf != nil {
			return buf
		}
	}
	return l.buf[l.used : l.used+l.session.opts.ReadSize]
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
	if l.stream {
		if n := l.linger(events); n > 0 {
			return n
		}
	}
	n, _ := unix.EpollWait(l.epoll, events, -1)
	return max(0, n)
}

// linger looks for more of a stream, and lets others run meanwhile: the sender may
// need this very processor.
func (l *loop) linger(events []unix.EpollEvent) int {
	l.stream = false
	if l.vain > 0 {
		l.vain--
		return 0
	}
	for start := time.Now(); time.Since(start) < streamPause; yieldNow() {
		if n := pollNow(l.epoll, events); n > 0 {
			return n
		}
	}
	l.vain = vainWaits
	return 0
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
