package terminal

import (
	"strings"

	"sockeye"
	"sockeye/internal/payload"
)

// comment carries out /comment: it writes a comment on the last message of the session. Without
// words it sets a bookmark, and the word off removes the comment.
func (c *repl) comment(rest string) error {
	_, err := c.run.Bench.CommentLast(c.term.Ctx, c.session.ID(), CommentText(rest))
	return err // the view shows the comment as an event
}

// CommentText returns the comment that words mean: a bookmark without words, and "" for off.
func CommentText(words ...string) string {
	switch text := strings.TrimSpace(strings.Join(words, " ")); text {
	case "":
		return sockeye.Bookmark
	case "off":
		return ""
	default:
		return text
	}
}

// CommentLine reports where a comment on a message was kept. data is the beginning of the message.
func (a *Terminal) CommentLine(seq uint64, data []byte, text string) string {
	c := sockeye.Comment{Event: seq, Text: text}
	said := payload.SafeString(c.Sentence().In(a.Lang))
	if len(data) > 0 {
		said += "  [" + string(payload.AppendSafe(nil, data[:min(len(data), 60)])) + "]"
	}
	return said
}
