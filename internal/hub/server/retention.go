package server

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/terminal"
)

// BoardLimit bounds what is kept of one board: what is beyond is deleted, the oldest first. Its
// newest message always stays, since the board goes on behind that. Zero fields are no bound.
type BoardLimit struct {
	Bytes int64         `json:"bytes,omitempty"` // as JetStream stores them
	Age   time.Duration `json:"age_ns,omitempty"`
}

// within is the limit with the bounds that another has and it has not.
func (l BoardLimit) within(other BoardLimit) BoardLimit {
	if l.Bytes == 0 {
		l.Bytes = other.Bytes
	}
	if l.Age == 0 {
		l.Age = other.Age
	}
	return l
}

// retentionParts is in how many parts what is kept of a board is counted: the oldest goes as a
// whole, so that little is asked of the servers.
const retentionParts = 32

// keptPart is consecutive messages of a board: from which to which, when, and how many bytes.
type keptPart struct {
	first, last    uint64
	oldest, newest time.Time
	bytes          int64
}

// keptMessages counts what the stream has of a board, in parts, the oldest first.
type keptMessages struct {
	parts    []keptPart
	bytes    int64
	from     uint64 // sequence of the first message that stays; 0 if nothing is to be deleted
	reported bool   // that something was deleted
}

// add counts the next message.
func (k *keptMessages) add(sequence uint64, at time.Time, bytes int64, l BoardLimit) {
	n := len(k.parts) - 1
	if n < 0 || l.Bytes > 0 && k.parts[n].bytes+bytes > l.Bytes/retentionParts || l.Age > 0 && at.Sub(k.parts[n].oldest) > l.Age/retentionParts {
		k.parts = append(k.parts, keptPart{first: sequence, oldest: at})
		n++
	}
	p := &k.parts[n]
	p.last, p.newest, p.bytes = sequence, at, p.bytes+bytes
	k.bytes += bytes
}

// cut forgets what is beyond a limit, and notes what is to be deleted.
func (k *keptMessages) cut(l BoardLimit, now time.Time) {
	for len(k.parts) > 0 {
		p := &k.parts[0]
		old := l.Age > 0 && now.Sub(p.newest) > l.Age
		switch {
		case !old && (l.Bytes == 0 || k.bytes <= l.Bytes):
			return
		case len(k.parts) > 1:
			k.from = p.last + 1
			k.bytes -= p.bytes
			k.parts = k.parts[1:]
		case p.first == p.last:
			return
		default: // its last message stays, whatever it is
			k.from = p.last
			p.first, p.oldest = p.last, p.newest
			return
		}
	}
}

// boardRetention keeps every board to its limit: its own, and for what that does not say, that
// of the hub. It counts what the stream has by the headers of the messages, from the first on.
type boardRetention struct {
	service *EnrolmentService
	limit   BoardLimit

	mu   sync.Mutex
	kept map[hub.BoardID]*keptMessages
	own  map[hub.BoardID]BoardLimit
	next uint64 // sequence of the first message that was not counted
}

// retentionRetry is the pause after a failure.
const retentionRetry = time.Second

// keepLimits keeps boards to their limits until ctx ends. It does nothing while there are none.
func (s *EnrolmentService) keepLimits(ctx context.Context, limit BoardLimit) {
	r := &boardRetention{service: s, limit: limit}
	go r.run(ctx)
}

func (r *boardRetention) run(ctx context.Context) {
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	stop := func() {}
	defer func() { stop() }()
	for {
		if r.readLimits() {
			stop()
			stop = r.startCount(ctx)
		}
		r.purge(ctx, time.Now())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// readLimits learns which boards have limits of their own, and reports whether that is news.
func (r *boardRetention) readLimits() bool {
	own := map[hub.BoardID]BoardLimit{}
	for _, e := range r.service.roster.boards() {
		if e.Keep != nil {
			own[e.BoardID] = *e.Keep
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	same := r.own != nil && maps.Equal(r.own, own)
	r.own = own
	return !same
}

// startCount counts from the first message on, in parts as the limits are now, until the
// function that it returns is called. Without limits it counts nothing.
func (r *boardRetention) startCount(ctx context.Context) (stop func()) {
	r.mu.Lock()
	r.kept, r.next = map[hub.BoardID]*keptMessages{}, 1
	subjects := []string{hub.EventSubjects}
	if r.limit == (BoardLimit{}) {
		subjects = nil
		for b := range r.own {
			subjects = append(subjects, b.Events(""))
		}
	}
	r.mu.Unlock()
	if len(subjects) == 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.count(ctx, subjects)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// limitOf is the limit of a board; the caller holds the lock.
func (r *boardRetention) limitOf(b hub.BoardID) BoardLimit { return r.own[b].within(r.limit) }

// count counts the messages of subjects until ctx ends.
func (r *boardRetention) count(ctx context.Context, subjects []string) {
	for ctx.Err() == nil {
		err := r.countOnce(ctx, subjects)
		if err != nil && ctx.Err() == nil {
			r.service.notice("retention", sockeye.Text{
				En: fmt.Sprintf("what is kept of each board cannot be counted now: %v", err),
				Zh: fmt.Sprintf("暂时无法统计每块开发板保留的数据：%v", err)})
		}
		select {
		case <-time.After(retentionRetry):
		case <-ctx.Done():
		}
	}
}

func (r *boardRetention) countOnce(ctx context.Context, subjects []string) error {
	js, err := jetstream.New(r.service.conn)
	if err != nil {
		return err
	}
	stream, err := js.Stream(ctx, hub.Stream)
	if err != nil {
		return err
	}
	r.mu.Lock()
	if stream.CachedInfo().State.LastSeq+1 < r.next { // it is another one
		clear(r.kept)
		r.next = 1
	}
	next := r.next
	r.mu.Unlock()
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: subjects,
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: next, HeadersOnly: true})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	defer context.AfterFunc(ctx, messages.Stop)()
	for {
		m, err := messages.Next()
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		r.add(m.Subject(), meta.Sequence.Stream, meta.Timestamp, storedSize(m))
	}
}

func (r *boardRetention) add(subject string, sequence uint64, at time.Time, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sequence < r.next {
		return
	}
	r.next = sequence + 1
	b, _, ok := hub.BoardOf(subject)
	if !ok {
		return
	}
	k := r.kept[b]
	if k == nil {
		k = &keptMessages{}
		r.kept[b] = k
	}
	k.add(sequence, at, bytes, r.limitOf(b))
}

// storedSize is how many bytes JetStream stores of a message of which only the headers came.
func storedSize(m jetstream.Msg) int64 {
	const record = 34 // beside subject, headers and data
	size, _ := strconv.ParseInt(m.Headers().Get(nats.MsgSize), 10, 64)
	size += record + int64(len(m.Subject())+len("NATS/1.0\r\n\r\n"))
	for key, values := range m.Headers() {
		for _, v := range values {
			if key != nats.MsgSize {
				size += int64(len(key) + len(": \r\n") + len(v))
			}
		}
	}
	return size
}

// purge deletes what is beyond the limits. What fails is tried again.
func (r *boardRetention) purge(ctx context.Context, now time.Time) {
	beyond := map[hub.BoardID]uint64{}
	r.mu.Lock()
	for b, k := range r.kept {
		if k.cut(r.limitOf(b), now); k.from > 0 {
			beyond[b] = k.from
		}
	}
	r.mu.Unlock()
	for b, from := range beyond {
		purged, err := r.purgeBoard(ctx, b, from)
		if err == nil {
			r.reportOnce(b, from, purged)
		} else if ctx.Err() == nil {
			r.service.notice("retention "+b.String(), sockeye.Text{
				En: fmt.Sprintf("%s: what is beyond its limit cannot be deleted now: %v", b, err),
				Zh: fmt.Sprintf("%s：暂时无法删除超出上限的数据：%v", b, err)})
		}
	}
}

// purgeBoard deletes the messages of a board before a sequence.
func (r *boardRetention) purgeBoard(ctx context.Context, b hub.BoardID, from uint64) (purged uint64, err error) {
	ask, err := sockeye.MarshalJSON(struct {
		Filter   string `json:"filter"`
		Sequence uint64 `json:"seq"`
	}{b.Events(""), from})
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	m, err := r.service.conn.RequestWithContext(ctx, "$JS.API.STREAM.PURGE."+hub.Stream, ask)
	if err != nil {
		return 0, err
	}
	var reply struct {
		Purged uint64              `json:"purged"`
		Error  *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &reply); err != nil {
		return 0, err
	}
	if reply.Error != nil {
		return 0, reply.Error
	}
	return reply.Purged, nil
}

// reportOnce takes that messages of a board were deleted, and says so once of each board.
func (r *boardRetention) reportOnce(b hub.BoardID, from, messages uint64) {
	r.mu.Lock()
	l, k := r.limitOf(b), r.kept[b]
	if k.from == from {
		k.from = 0
	}
	again := k.reported || messages == 0
	k.reported = k.reported || messages > 0
	r.mu.Unlock()
	if again {
		return
	}
	words := l.words()
	r.service.notice("limit "+b.String(), sockeye.Text{
		En: fmt.Sprintf("%s has more than is kept of it (%s): its oldest events are deleted, now and from now on (%d messages)", b, words.En, messages),
		Zh: fmt.Sprintf("%s 的数据超出保留上限（%s）：从现在起删除其最旧的事件（本次 %d 条消息）", b, words.Zh, messages)})
}

// words say a limit; both are "" without one.
func (l BoardLimit) words() (t sockeye.Text) {
	if l.Bytes > 0 {
		t.En = terminal.SizeText(float64(l.Bytes))
		t.Zh = t.En
	}
	if l.Age > 0 {
		if l.Bytes > 0 {
			t.En, t.Zh = t.En+", ", t.Zh+"、"
		}
		t.En, t.Zh = t.En+l.Age.String(), t.Zh+l.Age.String()
	}
	return t
}
