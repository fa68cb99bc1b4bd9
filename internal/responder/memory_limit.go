package responder

import (
	"sync/atomic"

	"sockeye"
)

// maxRuleMemory bounds, in bytes, the unfinished frames and waiting replies of all peers
// of all sessions together; what is beyond is dropped, and said.
const maxRuleMemory = 64 << 20

// MemoryLimit bounds the memory that the rules of all sessions share. The zero value is
// unused.
type MemoryLimit struct {
	reserved atomic.Int64 // bytes; see maxRuleMemory
}

// reserve counts bytes of these rules against the limit of all. It returns false if they exceed it,
// or if these rules answer no more.
func (r *ruleRunner) reserve(bytes int) bool {
	total := r.memory.reserved.Add(int64(bytes))
	r.reserved.Add(int64(bytes))
	switch {
	case r.over(): // stop may not have seen these
		r.release(bytes)
		return false
	case total <= maxRuleMemory:
		r.forgetFull(total)
		return true
	}
	r.release(bytes)
	if !r.full.Swap(true) {
		r.report(&sockeye.Error{Kind: sockeye.LimitReached, Op: "answer", Target: r.id.ID,
			Message: sockeye.Text{En: "unfinished frames and waiting replies of all sessions together need more than 64 MiB; the newest are dropped", Zh: "全部会话未完成的帧与等待发送的应答合计超过 64 MiB，最新的被丢弃"},
			Hint:    sockeye.Text{En: "fewer peers (--max-peers), shorter frames (max= of the frame), rules that answer less, or fewer sessions with rules", Zh: "可减少连接对象（--max-peers）、缩短帧长（帧的 max=），让规则少应答，或减少带规则的会话"}}, nil)
	}
	return false
}

// release gives back reserved memory, but never more than these rules still have: stop gives back
// all at once, also for replies that are still being sent.
func (r *ruleRunner) release(bytes int) {
	for {
		held := r.reserved.Load()
		given := min(held, int64(bytes))
		if r.reserved.CompareAndSwap(held, held-given) {
			r.forgetFull(r.memory.reserved.Add(-given))
			return
		}
	}
}

// releaseReserved gives back all that these rules have.
func (r *ruleRunner) releaseReserved() { r.memory.reserved.Add(-r.reserved.Swap(0)) }

// forgetFull makes the next refusal be reported again, once half of the limit is free.
func (r *ruleRunner) forgetFull(total int64) {
	if total < maxRuleMemory/2 && r.full.Load() {
		r.full.Store(false)
	}
}
