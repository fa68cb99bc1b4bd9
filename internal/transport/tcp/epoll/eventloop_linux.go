package epoll

import (
	"encoding/binary"
	"runtime"
	"sockeye/internal/transport"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sockeye"
)

// eventLoop serves a listening session: one goroutine that waits for
// all its sockets at once (epoll(7)), accepts, reads and replies. None of its system calls
// can block, so they skip the preparations that Go makes for a call that may: for small
// messages these cost as much as everything else.
type eventLoop struct {
	session   *transport.DriverSession
	responder transport.SyncResponder // answers peers; nil: nobody does
	forwards  bool                    // what peers send goes to other peers; see transport.Forwarder
	lease     transport.BufferLease   // the recorder's memory to read into, or nil
	epoll     int
	wakeFD    int // an eventfd(2): ends the wait

	buf            []byte          // read bytes, not answered yet
	used           int             // how many of buf
	pendingReplies []pendingReply  // pieces to answer or forward; the locks of their connections are held
	events         []sockeye.Event // events to record

	now       time.Time // time of the last read
	lastYield time.Time // time of the last yield

	sawBulk   bool // a large piece was read since the last wait
	idleSpins int  // how many of the next waits begin without a busy poll

	mu        sync.Mutex
	conns     []*epollConn // by descriptor
	count     int          // peers of its session that it serves, and connections that join it
	listeners []*epollListener
	stopping  bool // no connection will be accepted any more
	ended     bool // it serves no connection any more
}

// The Pad of an epoll notification is one of these tags. It says what the Fd is: the
// descriptor of a connection, the number of a listener, or the wake-up descriptor.
const (
	tagConn = iota
	tagListener
	tagWake
)

// maxEvents is how many notifications the loop takes at once.
const maxEvents = 512

// bulkSize is the size from which on what was read is not worth copying: the next read
// of its connection goes into the recorder's memory.
const bulkSize = 8 << 10

// bulkReadPieces is how many events one call may read of such a connection, if there is
// nothing to reply: the kernel tells the sender less often how far it may send, and
// wakes it less often.
const bulkReadPieces = 8

// After a large read the loop polls for busyPollTime before it waits, because a stream goes
// on: otherwise its sender would have to wake the loop for every piece, which takes the
// sender longer than to send it. After a poll that found nothing, the loop does not poll
// before the next idleSpinWaits waits.
const (
	busyPollTime  = 20 * time.Microsecond
	idleSpinWaits = 16
)

// readEvents are the events that a connection is registered for. With edgeTriggered epoll
// reports once all that has come, and the kernel need not look whether that was read; then
// urgent data, at which a read ends early (tcp(7)), must be reported, too.
const (
	readEvents    = unix.EPOLLIN | unix.EPOLLRDHUP
	edgeTriggered = unix.EPOLLPRI | unix.EPOLLET&(1<<32-1)
)

func newLoop(s *transport.DriverSession, prompt transport.SyncResponder) (*eventLoop, error) {
	transport.EnsureTwoProcs()
	l := &eventLoop{session: s, responder: prompt, buf: make([]byte, replyBatchBytes+s.Options().ReadSize)}
	if s.Config().BufferLease != nil {
		l.lease = s.Config().BufferLease()
	}
	var err error
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	if l.wakeFD, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(l.epoll)
		return nil, err
	}
	l.register(l.wakeFD, unix.EPOLLIN, l.wakeFD, tagWake)
	return l, nil
}

func (l *eventLoop) close() {
	unix.Close(l.epoll)
	unix.Close(l.wakeFD)
	if l.lease != nil {
		l.lease.Close()
	}
}

func (l *eventLoop) register(fd int, events uint32, id, about int) error {
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(id), Pad: int32(about)})
}

// setInterest changes which events of a connection epoll reports.
func (l *eventLoop) setInterest(fd, op int, events uint32) {
	unix.EpollCtl(l.epoll, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd), Pad: tagConn})
}

// run serves until nothing is left to serve.
func (l *eventLoop) run() {
	events := make([]unix.EpollEvent, maxEvents)
	ready := make([]*epollConn, maxEvents)
	n := 0
	for l.isRunning() {
		n = l.wait(events, n)
		l.lookup(events[:n], ready)
		for i, e := range events[:n] {
			if c := ready[i]; c != nil {
				ready[i] = nil
				if c.serve(e.Events) {
					l.flushIfFull(c.bulk)
				}
			}
			if e.Pad != tagConn {
				l.flushReplies()
				l.dispatch(e)
			}
		}
		l.flushReplies()
		l.yield()
	}
	for _, d := range l.listeners {
		d.finish()
	}
	l.handOffGuests()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.close()
}

// yieldInterval is the longest time that the loop runs before it lets other goroutines run.
// Go itself would preempt it after 10 ms, but in the middle of a system call; and Go's
// monitor thread would then wake every 20 µs for some time.
const yieldInterval = 5 * time.Millisecond

func (l *eventLoop) yield() {
	if l.now.Sub(l.lastYield) >= yieldInterval {
		l.lastYield = l.now
		runtime.Gosched()
	}
}

// dispatch handles an event of a listener or of the wake-up descriptor.
func (l *eventLoop) dispatch(e unix.EpollEvent) {
	if e.Pad == tagListener {
		l.listeners[e.Fd].acceptReady()
		return
	}
	var b [8]byte
	unix.Read(l.wakeFD, b[:])
}

// readBuffer returns the memory to read into: the loop's own buffer, or for a large read the
// recorder's memory, if it has some free.
func (l *eventLoop) readBuffer(bulky bool) []byte {
	if bulky && l.lease != nil {
		l.flushReplies() // Take invalidates the memory it returned before
		one, most := l.session.Options().ReadSize, l.session.Options().ReadSize
		if l.responder == nil {
			most *= bulkReadPieces
		}
		if buf := l.lease.Take(one, most); buf != nil {
			return buf
		}
	}
	return l.buf[l.used : l.used+l.session.Options().ReadSize]
}

// wait returns how many notifications there are, at least one unless a signal
// came. last is how many there were before. After more than one, wait polls first, which
// costs less than to wait; after a single one, a poll would most likely find none.
func (l *eventLoop) wait(events []unix.EpollEvent, last int) int {
	if last > 1 {
		if n := rawEpollWait(l.epoll, events); n > 0 {
			return n
		}
	}
	if l.sawBulk {
		if n := l.busyPoll(events); n > 0 {
			return n
		}
	}
	n, _ := unix.EpollWait(l.epoll, events, -1)
	return max(0, n)
}

// busyPoll polls for more of a stream. It yields the processor between polls, because the
// sender may need this very one.
func (l *eventLoop) busyPoll(events []unix.EpollEvent) int {
	l.sawBulk = false
	if l.idleSpins > 0 {
		l.idleSpins--
		return 0
	}
	for start := time.Now(); time.Since(start) < busyPollTime; schedYield() {
		if n := rawEpollWait(l.epoll, events); n > 0 {
			return n
		}
	}
	l.idleSpins = idleSpinWaits
	return 0
}

// lookup finds the connections of notifications, all before any is served: otherwise a
// descriptor that is closed meanwhile and used again would be taken for the old one.
func (l *eventLoop) lookup(events []unix.EpollEvent, ready []*epollConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range events {
		if e.Pad == tagConn {
			ready[i] = l.conns[e.Fd]
		}
	}
}

func (l *eventLoop) isRunning() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = l.stopping && l.count == 0
	return !l.ended
}

// add adds a connection to the table. It is not registered with epoll yet.
func (l *eventLoop) add(c *epollConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.conns) <= int(c.fd) {
		l.conns = append(l.conns, nil)
	}
	l.conns[c.fd] = c
	if c.isOwn() {
		l.count++
	}
}

// drop removes a connection from the table.
func (l *eventLoop) drop(c *epollConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns[c.fd] == c {
		l.conns[c.fd] = nil
	}
}

// release removes a connection from the count: it has ended, or it was handed over and its
// new owner runs.
func (l *eventLoop) release(c *epollConn) {
	if c.isOwn() {
		l.uncount()
	}
}

func (l *eventLoop) uncount() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count--; l.count == 0 && l.stopping {
		l.wake()
	}
}

// stop ends the loop once its last peer is gone.
func (l *eventLoop) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	l.wake()
}

// wake ends the wait. It is called under the lock, before the loop has ended.
func (l *eventLoop) wake() { unix.Write(l.wakeFD, binary.NativeEndian.AppendUint64(nil, 1)) }
