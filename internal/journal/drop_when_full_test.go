package journal

import (
	"sync"
	"syscall"
	"testing"
	"time"

	"sockeye"
	"sockeye/internal/recording"
)

// F14: a session that must end waits for no disk. What finds no room in memory is
// counted, what is no data is kept, and others wait on.
func TestHurriedSession(t *testing.T) {
	t.Parallel()
	c := newScene(t, recording.WriteOptions{StallLimit: time.Hour}, 64<<10)
	release := c.files.stall("write")
	other := newSender("tcp")
	var writers sync.WaitGroup
	writers.Go(func() { c.s.numbered(c.j, 20_000) })
	<-c.files.stalled
	until(t, "TCP waits", func() bool { return waits(c.j) })
	waitAgain := c.j.DropWhenFull(c.s.session)
	within(t, "the hurried session's bytes go on, some into the gap", writers.Wait)
	last := c.j.Append(sockeye.Event{Time: Now(), Kind: sockeye.Ended, Session: c.s.session, Detail: &sockeye.Detail{Reason: sockeye.ReasonLocal}})
	if last == 0 {
		t.Error("the end of the session found no room")
	}
	waitAgain()
	through := make(chan struct{})
	go func() { defer close(through); other.numbered(c.j, 1_000) }()
	until(t, "the other session waits", func() bool { return waits(c.j) })
	release()
	<-through
	closeRecorder(t, c.r)
	_, next := c.j.Span()
	if lost := complete(t, c.dir, next-1); lost.Events == 0 || lost != c.r.Status().Lost {
		t.Errorf("the recording says lost %+v, the status %+v", lost, c.r.Status().Lost)
	}
}

// F14: a disk that fails once and then stands still where the next segment is made is
// waited for no longer than at a write.
func TestStallAtNewSegment(t *testing.T) {
	t.Parallel()
	c := newScene(t, recording.WriteOptions{StallLimit: 50 * time.Millisecond}, 64<<10)
	c.files.add(fault{call: "write", from: 1, to: 1, err: syscall.EIO})
	if lost := c.standStill("create"); lost != c.r.Status().Lost {
		t.Errorf("the recording says lost %+v, the status %+v", lost, c.r.Status().Lost)
	}
}
