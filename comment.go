package sockeye

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Comment is what somebody wrote on an event: the last one that names an event is the one
// that it has. A bookmark is a comment that is only Bookmark.
type Comment struct {
	// Event is the number of the event that it is on; 0 is the event that carries it.
	Event uint64 `json:"event,omitempty"`
	// Text is plain text on one line, of at most MaxComment characters; "" takes the comment
	// away.
	Text string `json:"text"`
}

// Bookmark is the text of a comment that says nothing: a mark to come back to.
const Bookmark = "★"

// MaxComment bounds the text of a comment, in characters. Each is at most four bytes, so
// that what is written is never longer than one that a recording shows whole.
const MaxComment = 500

// ParseComment is what somebody typed as a comment, without white space around it. The error
// is an *Error of kind Invalid.
func ParseComment(text string) (string, error) {
	text = strings.TrimSpace(text)
	wrong := func(message, hint Text) (string, error) {
		return "", &Error{Kind: Invalid, Op: "set", Target: "text", Message: message, Hint: hint}
	}
	if !utf8.ValidString(text) {
		return wrong(Text{"is not UTF-8", "不是 UTF-8"}, Text{"a comment is text: write bytes in hex", "注释是文本，字节请写成十六进制"})
	}
	if n := utf8.RuneCountInString(text); n > MaxComment {
		return wrong(Text{fmt.Sprintf("a comment has at most %d characters, this one has %d", MaxComment, n), fmt.Sprintf("注释最多 %d 个字符，这里有 %d 个", MaxComment, n)},
			Text{"write less, or comment on several messages", "请缩短，或分写在几条消息上"})
	}
	for _, r := range text {
		if !commentRune(r) {
			return wrong(Text{fmt.Sprintf("a comment is one line of text without %U", r), fmt.Sprintf("注释是单行文本，不能含有 %U", r)},
				Text{"leave out line ends and control characters", "请去掉换行和控制字符"})
		}
	}
	return text, nil
}

// commentRune reports whether a comment may have a character: none that moves others or cannot
// be seen.
func commentRune(r rune) bool {
	return !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) && r != '\u2028' && r != '\u2029'
}

// CommentOf is a comment made of any text, such as that of another program: on one line, with
// what no comment may have replaced, and cut where it is too long; "" if nothing is left.
func CommentOf(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case !commentRune(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
	text = strings.TrimSpace(text)
	if all := []rune(text); len(all) > MaxComment {
		text = string(all[:MaxComment-1]) + "…"
	}
	return text
}

// Sentence says it in words, as an event of its own or of the event that carries it. The text
// is that of a person or a file: whoever shows it makes it safe to show. The page shows comments
// at their rows, and needs no sentence.
func (c *Comment) Sentence() Text {
	switch {
	case c.Event == 0:
		return Text{"comment: " + c.Text, "注释：" + c.Text}
	case c.Text == "":
		return Text{fmt.Sprintf("the comment on event %d was removed", c.Event), fmt.Sprintf("已删除对事件 %d 的注释", c.Event)}
	}
	return Text{fmt.Sprintf("comment on event %d: %s", c.Event, c.Text), fmt.Sprintf("对事件 %d 的注释：%s", c.Event, c.Text)}
}
