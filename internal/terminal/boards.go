package terminal

import (
	"sync"

	"sockeye"
	"sockeye/internal/core"
	"sockeye/internal/responder"
)

// Play runs count boards until all have left or a signal comes.
func (l *Runner) Play(ep sockeye.Endpoint, board responder.Answer, count int) error {
	var running sync.WaitGroup
	var sessions []*core.Session
	for range count {
		s, err := l.Bench.Open(l.term.Ctx, ep, board)
		if err != nil {
			return err
		}
		sessions = append(sessions, s)
		running.Go(func() { <-s.Done() })
	}
	left := make(chan struct{})
	go func() {
		running.Wait()
		close(left)
	}()
	select {
	case <-l.term.Ctx.Done():
		return l.term.Interrupted()
	case <-l.ViewDone:
		return nil
	case <-left:
	}
	for _, s := range sessions {
		if _, cause := s.Outcome(); cause != nil {
			return cause
		}
	}
	return nil
}
