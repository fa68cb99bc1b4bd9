package sockeye

// The forms of an event and its parts outside the program, for whoever writes
// or reads them: one line of --json, one event of the API.
type (
	EventLine   = eventLine
	ErrorLine   = errorLine
	AttemptLine = attemptLine
	LostLine    = lostLine
	TCPLine     = tcpLine
	FaultLine   = faultLine
	Translation = translation
)

// Line is the event as it is shown outside the program. Texts of errors are in
// the given language; Data is lent as the event's is.
func (e *Event) Line(l Lang) EventLine { return e.line(l) }

// Line is the error as it is shown outside the program.
func (e *Error) Line(l Lang) *ErrorLine { return e.line(l) }

// Translated is Line with the texts in a second language beside those in the first.
func (e *Error) Translated(l, second Lang) *ErrorLine {
	line := e.line(l)
	line.Translation = &Translation{Language: second, Message: e.Reason(second), Hint: e.Hint.In(second)}
	return line
}
