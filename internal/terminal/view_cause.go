package terminal

import (
	"sockeye"
	"sockeye/internal/payload"
)

// appendCause appends why the workbench sent a message by itself.
func (v *View) appendCause(dst []byte, e sockeye.Event) []byte {
	if e.Detail == nil || e.Detail.Cause == nil {
		return dst
	}
	text := payload.SafeString(e.Detail.Cause.Text().In(v.term.Lang))
	if text == "" {
		return dst
	}
	return append(append(append(dst, '('), text...), ")  "...)
}
