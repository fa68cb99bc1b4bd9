package terminal

import (
	"strings"

	"sockeye"
	"sockeye/internal/payload"
)

// comment writes a comment on the last message of the session; a word alone is off to take it
// away, and nothing a bookmark.
func (c *repl) comment(rest string) error {
	_, err := c.run.Bench.CommentLast(c.term.Ctx, c.session.ID(), CommentText(rest))
	return err // the comment is an event, and shown as one
}

// CommentText is the comment that words mean: none is a bookmark, and off is none any more.
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
