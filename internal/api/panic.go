package api

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"sockeye"
)

// panicLog writes where the program panicked, at most once in panicEvery: a request that
// does it can come a thousand times a second.
type panicLog struct {
	mu   sync.Mutex
	out  io.Writer // nil: standard error
	last time.Time
}

const panicEvery = 10 * time.Second

func (l *panicLog) note(now time.Time, v any, stack []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.last.IsZero() && now.Sub(l.last) < panicEvery {
		return
	}
	l.last = now
	out := l.out
	if out == nil {
		out = os.Stderr
	}
	fmt.Fprintf(out, "sockeye: a fault of the program itself: %v\n%s", v, stack)
}

// contain makes a panic the failure of one request. What is answered already cannot be
// taken back: then the connection ends.
func (s *Server) contain(w http.ResponseWriter, r *http.Request) {
	v := recover()
	switch {
	case v == nil:
		return
	case v == http.ErrAbortHandler:
		panic(v)
	}
	s.panics.note(time.Now(), v, debug.Stack())
	if w.Header().Get("Content-Type") != "" {
		panic(http.ErrAbortHandler)
	}
	s.fail(w, r, http.StatusInternalServerError, &sockeye.Error{
		Kind: sockeye.System, Op: "answer", Target: r.URL.Path,
		Message: sockeye.Text{En: "a fault of Sockeye itself", Zh: "Sockeye 内部错误"},
		Hint:    sockeye.Text{En: "where it happened is on the workbench's standard error; please report it", Zh: "出错位置见工作台的标准错误输出，请报告此问题"}})
}
