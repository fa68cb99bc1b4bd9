// Package hub brings the journals of many boards and desks together on NATS. A
// Publisher sends the events of one workbench to a hub, from its recording, in order,
// each once; a Reader reads what a hub has; Send asks boards to send. Who may do what is
// decided by the accounts and JWTs of NATS. It links no NATS server: that is
// package hub/server's, and a program of its own.
package hub

import (
	"fmt"
	"strings"

	"sockeye"
)

// Stream is the JetStream stream that holds the events of all boards.
const Stream = "SOCKEYE"

// Boards is the key-value bucket of who is enrolled, and Codes that of codes that were
// given out.
const (
	Boards = "SOCKEYE_BOARDS"
	Codes  = "SOCKEYE_CODES"
)

// EventSubjects are the subjects of everything that the stream holds.
const EventSubjects = "sockeye.*.*.events.>"

// reserved is the site that the hub's own subjects have.
const reserved = "hub"

// BoardID names a board: its site, and its name there. Both are words of small letters,
// digits and hyphens, so that they are tokens of subjects and names of files.
type BoardID struct {
	Site string `json:"site"`
	Name string `json:"board"`
}

// DefaultSite is the site of a board whose name says none.
const DefaultSite = "home"

// ParseBoard reads "SITE/BOARD", or "BOARD" of DefaultSite.
func ParseBoard(text string) (BoardID, error) {
	site, name, found := strings.Cut(text, "/")
	if !found {
		site, name = DefaultSite, text
	}
	if b := (BoardID{site, name}); isName(site) && isName(name) && site != reserved {
		return b, nil
	}
	return BoardID{}, &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: fmt.Sprintf("%.80q", text),
		Message: sockeye.Text{En: "not the name of a board", Zh: "不是有效的开发板名称"},
		Hint:    sockeye.Text{En: "write BOARD or SITE/BOARD in small letters, digits and hyphens; a site cannot be called hub", Zh: "写成 BOARD 或 SITE/BOARD，只用小写字母、数字和连字符；站点不能叫 hub"}}
}

func isName(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

func (b BoardID) String() string { return b.Site + "/" + b.Name }

// Key is the board's key in the bucket Boards, and the name of its directory.
func (b BoardID) Key() string { return b.Site + "." + b.Name }

func (b BoardID) subject(rest string) string { return "sockeye." + b.Site + "." + b.Name + "." + rest }

// Events is where the events of one of the board's sessions go, "" for all of them.
// What concerns no session has the session "_".
func (b BoardID) Events(session string) string {
	if session == "" {
		session = ">"
	}
	return b.subject("events." + session)
}

// Live is where events of a session go while the stream is not up to date: at once, and
// kept nowhere.
func (b BoardID) Live(session string) string {
	if session == "" {
		session = ">"
	}
	return b.subject("live." + session)
}

// Status is the subject on which the board publishes its status.
func (b BoardID) Status() string { return b.subject("status") }

// SendSubject is where the board is asked to send.
func (b BoardID) SendSubject() string { return b.subject("send") }

// Inbox is the prefix of answers to what the board asks; nobody else may listen there.
func (b BoardID) Inbox() string { return "_INBOX." + b.Site + "." + b.Name }

// boardsReply is where the hub answers how many boards there are.
func (b BoardID) boardsReply() string { return b.Inbox() + ".boards" }

// LastMessage is where the board asks the stream for its own last message.
func (b BoardID) LastMessage() string {
	return "$JS.API.DIRECT.GET." + Stream + "." + b.Events("")
}

// IsCopied says whether a message with these headers is one that JetStream gave from a stream: it was
// not published to its subject by who may, but asked for with that as the reply subject, which NATS
// does not check.
func IsCopied(h map[string][]string) bool { return len(h[copiedFrom]) > 0 }

// copiedFrom is the header that JetStream adds to a message that it gives from a stream (ADR-31 of
// NATS, direct get).
const copiedFrom = "Nats-Stream"

// BoardOf is the board and the rest of one of its subjects.
func BoardOf(subject string) (b BoardID, rest string, ok bool) {
	part := strings.SplitN(subject, ".", 4)
	if len(part) < 4 || part[0] != "sockeye" || part[1] == reserved || !isName(part[1]) || !isName(part[2]) {
		return BoardID{}, "", false
	}
	return BoardID{part[1], part[2]}, part[3], true
}

// EnrolSubject is where a code with this public key is traded for an identity.
func EnrolSubject(key string) string { return "sockeye." + reserved + ".enrol." + key }

// EnrolInbox is the prefix of the answer to it.
func EnrolInbox(key string) string { return "_INBOX.enrol." + key }

// token makes the name of a session one token of a subject.
func token(session string) string {
	if session == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, session)
}
