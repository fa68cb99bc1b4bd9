package rule

import (
	"bytes"

	"sockeye"
)

// LoopDetector watches one peer of a session that sends everything back, for messages that
// go round and round: the peer echoes, too. Only who began a message can tell that it
// comes back, from a peer that asks the same again and again: so a LoopDetector is told
// what was begun here, and takes nothing else for a loop. It belongs to one goroutine at
// a time.
type LoopDetector struct {
	out   []byte // what was sent and has not come back, oldest first
	begun int    // bytes of it that were begun here, not echoed
	back  int    // bytes that came back in a row
	times int    // how often something came back in a row
	cut   bool   // what still comes back is not sent again
}

// Bounds of what comes back before it is taken for a loop: so often in a row, and
// everything that was begun so many times.
const (
	maxBack   = 10
	maxRounds = 3
)

// maxOut bounds the bytes that are under way and watched; longer ones are not.
const maxOut = 64 << 10

// Watching says whether there is anything that could come back.
func (c *LoopDetector) Watching() bool { return len(c.out) > 0 }

// OnSend notes a message that is sent and is no echo.
func (c *LoopDetector) OnSend(data []byte) {
	if len(c.out)+len(data) > maxOut {
		*c = LoopDetector{}
		return
	}
	c.out = append(c.out, data...)
	c.begun += len(data)
}

// Echo says whether data that came is to be sent back; then it is taken for sent. Why
// a loop is cut is said once for each.
func (c *LoopDetector) Echo(data []byte) (ok bool, trouble *sockeye.Error) {
	if len(c.out) == 0 {
		return true, nil
	}
	at := bytes.Index(c.out, data)
	if at < 0 || len(data) == 0 {
		*c = LoopDetector{} // the peer has something of its own to say
		return true, nil
	}
	c.out = append(c.out[:at], c.out[at+len(data):]...)
	c.back += len(data)
	c.times++
	if !c.cut && c.times >= maxBack && c.back >= maxRounds*c.begun {
		c.cut = true
		trouble = &sockeye.Error{
			Kind: sockeye.LimitReached, Op: "answer",
			Message: both("what was sent from here came back %d times in a row: the peer echoes, and so does this session; it is not sent again",
				"本端发出的内容连续 %d 次被原样发回：双方都在回传；不再发回该内容", c.times),
			Hint: both(`if that is wanted: --lift-guard storm, or allow = ["storm"] in a workspace`, `如果确实需要：--lift-guard storm，或在工作区中写 allow = ["storm"]`),
		}
	}
	if !c.cut {
		c.out = append(c.out, data...)
		return true, nil
	}
	if len(c.out) == 0 {
		*c = LoopDetector{}
	}
	return false, trouble
}
