package sockeye

// Cause is what made the workbench send a message, where nobody typed it. Echo and the
// greeting of a board have none: that a session does so is known from how it was opened.
type Cause struct {
	By CauseKind `json:"by"`
	// Name is that of the rule, of the list, which may be empty, or of the file.
	Name string `json:"name,omitempty"`
	// Row is that of the list, from 1.
	Row int `json:"row,omitempty"`
}

// CauseKind is who sends by itself: a stable word.
type CauseKind string

// Who sends by itself.
const (
	ByRule CauseKind = "rule" // a rule of the session answers
	ByList CauseKind = "list" // a row of a list is due
	ByFile CauseKind = "file" // a file is being sent
)

// Text says it in words: "by rule greet". Names are those that people gave, or that came
// with a recording: whoever shows it makes it safe to show.
func (c *Cause) Text() Text {
	switch {
	case c.By == ByRule:
		return WordByRule.Fill("name", c.Name)
	case c.By == ByList && c.Name == "":
		return WordByRow.Fill("row", c.Row)
	case c.By == ByList:
		return WordByList.Fill("name", c.Name, "row", c.Row)
	case c.By == ByFile:
		return WordByFile.Fill("name", c.Name)
	}
	return Text{}
}
