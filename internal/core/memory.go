package core

import (
	"fmt"

	"sockeye"
	"sockeye/internal/journal"
	"sockeye/internal/memlimit"
)

// When the process holds these parts of the memory that the system gives it, new views are refused,
// and then new sessions. Open sessions and recordings go on.
const (
	shedViewsAt      = 0.75
	refuseSessionsAt = 0.85
)

// journalLimit returns how many bytes a journal holds in memory: the number that was asked for, or,
// if that is 0, at most a quarter of what the process may hold.
func journalLimit(asked int) int {
	if limit := memlimit.Limit(); asked == 0 && limit > 0 {
		return int(min(journal.DefaultLimit, limit/4))
	}
	return asked
}

// CheckView returns an error if memory is nearly used up, so that no view may be shown now. A view
// that goes on calls it again from time to time.
func (w *Core) CheckView() error {
	return w.checkMemory("read", shedViewsAt, sockeye.Text{En: "views are closed", Zh: "已关闭各视图"},
		sockeye.Text{En: "sessions and recording go on; close what is not needed, or allow more memory (GOMEMLIMIT, or the limit of the container)",
			Zh: "会话与记录照常进行；请关闭不需要的会话，或提高内存上限（GOMEMLIMIT 或容器的限额）"})
}

// checkSession says why no session may be opened now.
func (w *Core) checkSession() error {
	return w.checkMemory("open", refuseSessionsAt, sockeye.Text{En: "no session is opened", Zh: "不再打开会话"},
		sockeye.Text{En: "close what is not needed, or allow more memory (GOMEMLIMIT, or the limit of the container)", Zh: "请关闭不需要的会话，或提高内存上限（GOMEMLIMIT 或容器的限额）"})
}

func (w *Core) checkMemory(op string, from float64, what, hint sockeye.Text) error {
	share, held, limit := w.memory.Share()
	if share < from {
		return nil
	}
	return &sockeye.Error{Kind: sockeye.LimitReached, Op: op, Hint: hint, Message: sockeye.Text{
		En: fmt.Sprintf("%s: %d of the %d MiB of memory that this program may have are in use", what.En, held>>20, limit>>20),
		Zh: fmt.Sprintf("%s：本程序可用的 %[3]d MiB 内存已占用 %[2]d MiB", what.Zh, held>>20, limit>>20)}}
}
