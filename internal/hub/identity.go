package hub

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/nats-io/nkeys"

	"sockeye"
	"sockeye/internal/private"
)

// Identity is what a board has once it is enrolled: a key of its own, which never left
// it, and what the hub permits the key.
type Identity struct {
	BoardID
	URLs string `json:"urls"`
	Pin  string `json:"pin,omitempty"`
	// Code is the public key of the code that was traded.
	Code string `json:"code"`
	Seed string `json:"seed"`
	// JWT is "" until the trade is done.
	JWT string `json:"jwt,omitempty"`

	dir string
}

// Credentials are how the board reaches its hub.
func (id *Identity) Credentials() Credentials {
	return Credentials{URLs: id.URLs, Pin: id.Pin, Seed: id.Seed, JWT: id.JWT, Inbox: id.Inbox(), Name: id.String()}
}

// Outbox is where a board records that was not told where: the events that the hub does
// not have yet are there.
func (id *Identity) Outbox() string { return filepath.Join(id.dir, "outbox") }

func (id *Identity) file() string { return filepath.Join(id.dir, "identity.json") }

// boardDir is where a board's identity is, in the directory of a person's data.
func boardDir(data string, b BoardID) string { return filepath.Join(data, "boards", b.Key()) }

// Join is the identity that a word means: a code is traded with the hub, once, and means
// the same identity ever after; the name of a board is one that was enrolled here. Data is
// the directory of this user's data.
func Join(ctx context.Context, data, word string) (*Identity, error) {
	if data == "" {
		return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "enrol", Target: "--hub",
			Message: sockeye.Text{En: "there is no home directory to keep the board's key in", Zh: "没有可保存密钥的主目录"},
			Hint:    sockeye.Text{En: "set SOCKEYE_HOME", Zh: "请设置 SOCKEYE_HOME"}}
	}
	if !IsCode(word) {
		return named(data, word)
	}
	code, err := ParseCode(word)
	if err != nil {
		return nil, err
	}
	board, _ := code.Board()
	key, _ := code.Key()
	id, err := readIdentity(boardDir(data, board))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case id.Code == key && id.JWT != "":
		return id, nil
	}
	if id == nil || id.Code != key { // else the hub may have traded already, with this key
		pair, err := nkeys.CreateUser()
		if err != nil {
			return nil, err
		}
		seed, err := pair.Seed()
		if err != nil {
			return nil, err
		}
		id = &Identity{BoardID: board, URLs: code.URLs, Pin: code.Pin, Code: key, Seed: string(seed), dir: boardDir(data, board)}
		if err := id.save(); err != nil {
			return nil, err
		}
	}
	return id, id.trade(ctx, code)
}

// named is the identity of a board that was enrolled before.
func named(data, word string) (*Identity, error) {
	b, err := ParseBoard(word)
	if err != nil {
		return nil, err
	}
	id, err := readIdentity(boardDir(data, b))
	if errors.Is(err, fs.ErrNotExist) || err == nil && id.JWT == "" {
		return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "enrol", Target: b.String(),
			Message: sockeye.Text{En: "no such board was enrolled here", Zh: "本机没有注册过此开发板"},
			Hint:    sockeye.Text{En: "give the code that sockeye hub enrol printed", Zh: "请填写 sockeye hub enrol 输出的注册码"}}
	}
	return id, err
}

func readIdentity(dir string) (*Identity, error) {
	text, err := private.ReadFile(filepath.Join(dir, "identity.json"))
	if err != nil {
		return nil, err
	}
	id := &Identity{dir: dir}
	if err := json.Unmarshal(text, id); err != nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: id.file(), Err: err,
			Message: sockeye.Text{En: "this is no identity of a board", Zh: "这不是开发板的身份文件"},
			Hint:    sockeye.Text{En: "move it away and enrol again", Zh: "请移走该文件并重新注册"}}
	}
	return id, nil
}

func (id *Identity) save() error {
	text, err := json.Marshal(id)
	if err != nil {
		return err
	}
	return private.WriteFile(id.file(), text)
}

// EnrolRequest is what a board asks with its code.
type EnrolRequest struct {
	// Key is the board's own public key.
	Key     string `json:"key"`
	Version string `json:"version,omitempty"`
}

// EnrolReply is what it gets: a JWT for its key, or why not.
type EnrolReply struct {
	JWT   string       `json:"jwt,omitempty"`
	Error *ErrorText   `json:"error,omitempty"`
	Code  EnrolRefusal `json:"code,omitempty"`
}

// ErrorText are a fault and the next step as one side tells the other.
type ErrorText struct {
	Message sockeye.Text `json:"message"`
	Hint    sockeye.Text `json:"hint"`
}

// EnrolRefusal is why a code was not traded: a stable word.
type EnrolRefusal string

// The refusals.
const (
	CodeUsed    EnrolRefusal = "used"
	CodeExpired EnrolRefusal = "expired"
	CodeUnknown EnrolRefusal = "unknown"
	BadRequest  EnrolRefusal = "bad-request"
)

// enrolTimeout bounds the trade of a code.
const enrolTimeout = 20 * time.Second

// trade gets the JWT for the board's key, and keeps it.
func (id *Identity) trade(ctx context.Context, code Code) error {
	if until := code.Expires(); time.Now().After(until) {
		return &sockeye.Error{Kind: sockeye.AccessDenied, Op: "enrol", Target: id.String(),
			Message: sockeye.Text{En: "the code expired at " + until.Format(time.RFC3339), Zh: "注册码已于 " + until.Format(time.RFC3339) + " 过期"},
			Hint:    sockeye.Text{En: "ask for a new one: sockeye hub enrol " + id.String(), Zh: "请重新生成：sockeye hub enrol " + id.String()}}
	}
	ctx, cancel := context.WithTimeout(ctx, enrolTimeout)
	defer cancel()
	conn, err := Dial(ctx, Credentials{URLs: code.URLs, Pin: code.Pin, Seed: code.Seed, JWT: code.JWT, Inbox: EnrolInbox(id.Code), Name: "enrol " + id.String()}, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	pair, err := nkeys.FromSeed([]byte(id.Seed))
	if err != nil {
		return err
	}
	public, err := pair.PublicKey()
	if err != nil {
		return err
	}
	ask, err := json.Marshal(EnrolRequest{Key: public})
	if err != nil {
		return err
	}
	answer, err := conn.RequestWithContext(ctx, EnrolSubject(id.Code), ask)
	if err != nil {
		return Explain(code.URLs, err)
	}
	var reply EnrolReply
	if err := json.Unmarshal(answer.Data, &reply); err != nil {
		return err
	}
	if reply.Error != nil {
		return &sockeye.Error{Kind: sockeye.AccessDenied, Op: "enrol", Target: id.String(), Message: reply.Error.Message, Hint: reply.Error.Hint}
	}
	id.JWT = reply.JWT
	return id.save()
}
