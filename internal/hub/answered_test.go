package hub

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// T63: requests that come again, at the same moment or later, do what they ask for once, and
// all get the one answer.
func TestRequestsAreAnsweredOnce(t *testing.T) {
	var a answered
	const requests, copies = 50, 20
	var done [requests]atomic.Int32
	var all sync.WaitGroup
	for n := range requests * copies {
		all.Go(func() {
			n %= requests
			reply := a.once(t.Context(), fmt.Sprint("id", n), func() SendReply {
				done[n].Add(1)
				return SendReply{Result: Delivered, Peers: n}
			})
			if reply.Result != Delivered || reply.Peers != n {
				t.Errorf("request %d is answered with %+v", n, reply)
			}
		})
	}
	all.Wait()
	for n := range done {
		if times := done[n].Load(); times != 1 {
			t.Errorf("request %d was performed %d times", n, times)
		}
	}
	for range 2 { // who names none asks anew each time
		a.once(t.Context(), "", func() SendReply { done[0].Add(1); return SendReply{} })
	}
	if times := done[0].Load(); times != 3 {
		t.Errorf("requests without ID were performed %d times", times-1)
	}
}

// T63: the last 10,000 are remembered, and no more: whoever sends may not fill the memory.
func TestRequestsAreForgotten(t *testing.T) {
	var a answered
	performed := 0
	ask := func(n int) {
		a.once(t.Context(), fmt.Sprint(n), func() SendReply { performed++; return SendReply{} })
	}
	for n := range 3 * answeredKept {
		ask(n)
	}
	if len(a.replies) != answeredKept || len(a.order) != answeredKept {
		t.Errorf("%d are remembered in %d places", len(a.replies), len(a.order))
	}
	performed = 0
	for n := 2 * answeredKept; n < 3*answeredKept; n++ {
		ask(n)
	}
	if performed != 0 {
		t.Errorf("%d of the last are forgotten", performed)
	}
	if ask(0); performed != 1 {
		t.Error("the first is remembered still")
	}
}
