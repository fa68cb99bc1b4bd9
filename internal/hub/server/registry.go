package server

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"sockeye"
	"sockeye/internal/hub"
)

// BoardRegistry is who is enrolled, and which codes were given out: two buckets in JetStream,
// so that every server of a cluster knows, in an account of their own (see Operator). All methods
// may be called from any goroutine.
type BoardRegistry struct {
	authority     *Operator
	boards, codes jetstream.KeyValue
}

// Enrolled is a board that was enrolled.
type Enrolled struct {
	hub.BoardID
	Key    string            `json:"key"` // public
	Labels map[string]string `json:"labels,omitempty"`
	Since  time.Time         `json:"since"`
	// Revoked is when it was revoked; zero if it was not.
	Revoked time.Time `json:"revoked,omitzero"`
	// Earlier are the keys it had before, which are revoked.
	Earlier []string `json:"earlier,omitempty"`
	// Keep bounds what is kept of it; for what it does not say, the hub's bounds hold.
	Keep *BoardLimit `json:"keep,omitempty"`
	// Suspension is the last time that it was not let in because it sent too much.
	Suspension *Suspension `json:"suspension,omitempty"`
}

// IsSuspended says whether it is not let in now because it sent too much.
func (e *Enrolled) IsSuspended(now time.Time) bool {
	return e.Suspension != nil && now.Before(e.Suspension.Until)
}

// givenCode is a code that was given out.
type givenCode struct {
	hub.BoardID
	Labels  map[string]string `json:"labels,omitempty"`
	Expires time.Time         `json:"expires"`
	// UsedBy is the public key that it was traded for, at Used; "" if it was not.
	UsedBy string    `json:"used_by,omitempty"`
	Used   time.Time `json:"used,omitzero"`
}

// Retention bounds what the stream keeps: what is beyond is deleted, the oldest first.
type Retention struct {
	Bytes      int64      // of all boards; 0 is no bound
	PerSession int64      // messages of one session of one board; 0 is no bound
	Board      BoardLimit // of each board that has no limit of its own
}

// codesKept is how long a code is remembered, so that who comes too late is told so.
const codesKept = 30 * 24 * time.Hour

// OpenRegistry makes the stream, in the account that conn is in, and the buckets, in that of
// records, unless they are there.
func OpenRegistry(ctx context.Context, conn, records *nats.Conn, a *Operator, replicas int, keep Retention) (*BoardRegistry, error) {
	boards, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	if err := makeStream(ctx, boards, replicas, keep); err != nil {
		return nil, notReady(err)
	}
	js, err := jetstream.New(records)
	if err != nil {
		return nil, err
	}
	r := &BoardRegistry{authority: a}
	for _, bucket := range []struct {
		kv  *jetstream.KeyValue
		cfg jetstream.KeyValueConfig
	}{
		{&r.boards, jetstream.KeyValueConfig{Bucket: hub.Boards, Description: "boards that are enrolled", Replicas: replicas}},
		{&r.codes, jetstream.KeyValueConfig{Bucket: hub.Codes, Description: "codes that were given out", Replicas: replicas, TTL: codesKept}},
	} {
		if *bucket.kv, err = js.CreateOrUpdateKeyValue(ctx, bucket.cfg); err != nil {
			return nil, notReady(err)
		}
		if err := moveBucket(ctx, boards, *bucket.kv); err != nil {
			return nil, notReady(err)
		}
	}
	return r, nil
}

// moveBucket moves what is in the bucket of the same name in the account of the boards, where
// buckets were before they had an account of their own.
func moveBucket(ctx context.Context, from jetstream.JetStream, to jetstream.KeyValue) error {
	old, err := from.KeyValue(ctx, to.Bucket())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	keys, err := old.ListKeys(ctx)
	if err != nil {
		return err
	}
	for key := range keys.Keys() {
		entry, err := old.Get(ctx, key)
		if errors.Is(err, jetstream.ErrKeyNotFound) { // deleted since
			continue
		} else if err != nil {
			return err
		}
		if _, err := to.Create(ctx, key, entry.Value()); err != nil && !errors.Is(err, jetstream.ErrKeyExists) {
			return err
		}
	}
	if err := ctx.Err(); err != nil { // the keys may have ended early
		return err
	}
	return from.DeleteKeyValue(ctx, to.Bucket())
}

// FindRegistry opens the buckets of a hub that runs.
func FindRegistry(ctx context.Context, conn *nats.Conn, a *Operator) (*BoardRegistry, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	r := &BoardRegistry{authority: a}
	if r.boards, err = js.KeyValue(ctx, hub.Boards); err == nil {
		r.codes, err = js.KeyValue(ctx, hub.Codes)
	}
	if err != nil {
		return nil, notReady(err)
	}
	return r, nil
}

func notReady(err error) error {
	return &sockeye.Error{Kind: sockeye.System, Op: "open", Target: hub.Stream, Err: err,
		Message: sockeye.Text{En: "JetStream is not ready: " + err.Error(), Zh: "JetStream 尚未就绪：" + err.Error()},
		Hint:    sockeye.Text{En: "a cluster needs more than half of its servers; a server of your own needs JetStream and the accounts that sockeye hub config prints", Zh: "集群需要半数以上的服务器；自备服务器需要启用 JetStream 并使用 sockeye hub config 输出的账户配置"}}
}

func makeStream(ctx context.Context, js jetstream.JetStream, replicas int, keep Retention) error {
	_, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: hub.Stream, Subjects: []string{hub.EventSubjects}, Description: "events of all boards",
		Storage: jetstream.FileStorage, Replicas: replicas, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxBytes: orNone(keep.Bytes), MaxMsgsPerSubject: orNone(keep.PerSession),
		AllowDirect: true, DenyDelete: true, Duplicates: time.Minute,
	})
	return err
}

func orNone(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

// Give makes a code for a board, which may be traded within a time.
func (r *BoardRegistry) Give(ctx context.Context, b hub.BoardID, labels map[string]string, life time.Duration) (hub.Code, error) {
	until := time.Now().Add(life)
	code, err := r.authority.Code(b, until)
	if err != nil {
		return code, err
	}
	key, err := code.Key()
	if err != nil {
		return code, err
	}
	text, err := json.Marshal(givenCode{BoardID: b, Labels: labels, Expires: until})
	if err == nil {
		_, err = r.codes.Create(ctx, key, text)
	}
	return code, err
}

// Trade makes a JWT for a board's key, for a code: once for each code, and as often as
// the same key asks, since an answer may be lost. It also gives keys of the board that are
// to be revoked now.
func (r *BoardRegistry) Trade(ctx context.Context, code, key string) (token string, revoked []string, err error) {
	entry, err := r.codes.Get(ctx, code)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return "", nil, refusal(hub.CodeUnknown, time.Time{})
	} else if err != nil {
		return "", nil, err
	}
	var c givenCode
	if err := json.Unmarshal(entry.Value(), &c); err != nil {
		return "", nil, err
	}
	switch {
	case c.UsedBy != "" && c.UsedBy != key:
		return "", nil, refusal(hub.CodeUsed, c.Used)
	case c.UsedBy == "" && time.Now().After(c.Expires):
		return "", nil, refusal(hub.CodeExpired, c.Expires)
	}
	if token, err = r.authority.BoardJWT(c.BoardID, key); err != nil {
		return "", nil, err
	}
	if c.UsedBy == "" {
		c.UsedBy, c.Used = key, time.Now()
		text, err := json.Marshal(c)
		if err != nil {
			return "", nil, err
		}
		if _, err := r.codes.Update(ctx, code, text, entry.Revision()); err != nil {
			return "", nil, refusal(hub.CodeUsed, c.Used) // somebody was faster
		}
	}
	revoked, err = r.enrol(ctx, &c, key)
	return token, revoked, err
}

// enrol enters a board. A key that it had before is revoked: there is one program to a
// board.
func (r *BoardRegistry) enrol(ctx context.Context, c *givenCode, key string) (revoked []string, err error) {
	e := Enrolled{BoardID: c.BoardID, Key: key, Labels: c.Labels, Since: c.Used}
	old, err := r.Board(ctx, c.BoardID)
	switch {
	case err == nil && old.Key == key:
		return nil, nil
	case err == nil:
		e.Earlier, e.Keep = append(old.Earlier, old.Key), old.Keep
	case !errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, err
	}
	return e.Earlier, r.put(ctx, &e)
}

func (r *BoardRegistry) put(ctx context.Context, e *Enrolled) error {
	text, err := json.Marshal(e)
	if err == nil {
		_, err = r.boards.Put(ctx, e.BoardID.Key(), text)
	}
	return err
}

// Board is a board that is enrolled; the error is jetstream.ErrKeyNotFound if it is not.
func (r *BoardRegistry) Board(ctx context.Context, b hub.BoardID) (*Enrolled, error) {
	entry, err := r.boards.Get(ctx, b.Key())
	if err != nil {
		return nil, err
	}
	e := &Enrolled{}
	return e, json.Unmarshal(entry.Value(), e)
}

// All are the boards that are or were enrolled, by name.
func (r *BoardRegistry) All(ctx context.Context) ([]Enrolled, error) {
	watcher, err := r.boards.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, err
	}
	defer watcher.Stop()
	var all []Enrolled
	for {
		select {
		case entry := <-watcher.Updates():
			if entry == nil { // that was all
				sortBoards(all)
				return all, nil
			}
			var e Enrolled
			if json.Unmarshal(entry.Value(), &e) == nil {
				all = append(all, e)
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// named is a board that a command names.
func (r *BoardRegistry) named(ctx context.Context, b hub.BoardID, op string) (*Enrolled, error) {
	e, err := r.Board(ctx, b)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: op, Target: b.String(),
			Message: sockeye.Text{En: "no such board is enrolled", Zh: "没有注册过此开发板"},
			Hint:    sockeye.Text{En: "sockeye hub ls lists them", Zh: "sockeye hub ls 列出全部开发板"}}
	}
	return e, err
}

// Keep changes what is kept of a board.
func (r *BoardRegistry) Keep(ctx context.Context, b hub.BoardID, change func(*BoardLimit)) error {
	e, err := r.named(ctx, b, "keep")
	if err != nil {
		return err
	}
	if e.Keep == nil {
		e.Keep = &BoardLimit{}
	}
	if change(e.Keep); *e.Keep == (BoardLimit{}) {
		e.Keep = nil
	}
	return r.put(ctx, e)
}

// Revoke takes a board's permissions away; its events stay.
func (r *BoardRegistry) Revoke(ctx context.Context, b hub.BoardID) error {
	e, err := r.named(ctx, b, "revoke")
	if err != nil {
		return err
	}
	if e.Revoked.IsZero() {
		e.Revoked = time.Now()
	}
	return r.put(ctx, e)
}

// Suspend keeps a board out for a while, unless it is kept out already.
func (r *BoardRegistry) Suspend(ctx context.Context, b hub.BoardID, budget Budget) (*Suspension, error) {
	e, err := r.Board(ctx, b)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if e.IsSuspended(now) {
		return e.Suspension, nil
	}
	e.Suspension = budget.after(e.Suspension, now)
	return e.Suspension, r.put(ctx, e)
}

// Revoked are the keys that must not be let in now.
func (r *BoardRegistry) Revoked(ctx context.Context) ([]string, error) {
	all, err := r.All(ctx)
	var keys []string
	now := time.Now()
	for _, e := range all {
		keys = append(keys, e.Earlier...)
		if !e.Revoked.IsZero() || e.IsSuspended(now) {
			keys = append(keys, e.Key)
		}
	}
	return keys, err
}

// refusalError is why a code is not traded.
type refusalError struct {
	Code  hub.EnrolRefusal
	Words hub.ErrorText
}

func (e *refusalError) Error() string { return e.Words.Message.En }

func refusal(why hub.EnrolRefusal, at time.Time) error {
	e := &refusalError{Code: why}
	e.Words.Hint = sockeye.Text{En: "ask for a new one: sockeye hub enrol NAME", Zh: "请重新生成：sockeye hub enrol NAME"}
	when := at.Format(time.RFC3339)
	switch why {
	case hub.CodeUsed:
		e.Words.Message = sockeye.Text{En: "the code was used already, at " + when, Zh: "注册码已于 " + when + " 使用过"}
	case hub.CodeExpired:
		e.Words.Message = sockeye.Text{En: "the code expired at " + when, Zh: "注册码已于 " + when + " 过期"}
	case hub.CodeUnknown:
		e.Words.Message = sockeye.Text{En: "the hub did not give this code, or forgot it after 30 days", Zh: "集线服务没有签发过此注册码，或已超过 30 天"}
	default:
		e.Words.Message = sockeye.Text{En: "this is no request to enrol", Zh: "不是有效的注册请求"}
	}
	return e
}
