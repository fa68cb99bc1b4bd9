package responder

import (
	"fmt"
	"runtime/debug"

	"sockeye"
	"sockeye/internal/journal"
)

// contain ends these rules, and nothing else, when one of them panics: that is a fault of
// this program, which must not cost the other sessions. It is deferred wherever rules
// run; whatever is locked then is unlocked by a defer, too.
func (r *ruleRunner) contain() {
	v := recover()
	if v == nil {
		return
	}
	r.stop()
	r.record(sockeye.Event{Time: journal.Now(), Kind: sockeye.Failed, Session: r.id, Detail: &sockeye.Detail{Err: &sockeye.Error{
		Kind: sockeye.System, Op: "answer", Target: r.id.ID, Err: fmt.Errorf("panic: %v\n%s", v, debug.Stack()),
		Message: sockeye.Text{
			En: fmt.Sprintf("a fault of Sockeye itself (%v): the rules of this session answer no more", v),
			Zh: fmt.Sprintf("Sockeye 内部错误（%v）：该会话的规则不再应答", v)},
		Hint: sockeye.Text{
			En: "set the rules again to go on; please report it with what was received",
			Zh: "重新设置规则即可继续；请连同收到的数据一起报告此问题"},
	}}})
}
