package terminal

import (
	"sockeye"
	"sockeye/internal/payload"
)

// appendCause appends which rule or row of a list made the workbench send a message. It appends
// nothing for a file, since the command that sends it reports the file as a whole.
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
