package terminal

import (
	"sockeye"
	"sockeye/internal/payload"
)

// appendCause appends which rule or row of a list made the workbench send a message. Which
// file it was is said when all of it was sent.
func (v *View) appendCause(dst []byte, e sockeye.Event) []byte {
	if e.Detail == nil || e.Detail.Cause == nil || e.Detail.Cause.By == sockeye.ByFile {
		return dst
	}
	text := payload.SafeString(e.Detail.Cause.Text().In(v.term.Lang))
	if text == "" {
		return dst
	}
	return append(append(append(dst, '('), text...), ")  "...)
}
