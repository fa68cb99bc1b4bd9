package hub

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"sockeye"
)

// StreamFilter chooses what to read of a hub's stream. Zero fields choose everything.
type StreamFilter struct {
	// Site and Board are names; Board goes with Site.
	Site, Board string
	// Session is one of the board's; it goes with Board.
	Session string
	// Boards are several boards, instead of the above; the name "*" is all of a site. None may
	// be one of those that another stands for.
	Boards []BoardID
	// Since and Until bound the time of events, by the clocks of the boards.
	Since, Until time.Time
	// Follow goes on with what comes, until the context ends. Since is the time at which the
	// hub got an event then, and Until means nothing.
	Follow bool
}

// BoardEvent is an event with the board whose it is.
type BoardEvent struct {
	BoardID
	sockeye.Event
}

// clockLeeway is how far the hub's clock, by which the stream is found, may be behind a
// board's whose events are chosen by time.
const clockLeeway = time.Hour

// Read gives the events that the stream has now, and with Follow those that come: those of
// one board in their order, those of several as they came to the hub. The loop ends with an
// error, or without one at the end. Messages in which something is no event do not end it:
// they are the error in the end, and with Follow one on the way, once for each board.
func Read(ctx context.Context, conn *nats.Conn, o StreamFilter) iter.Seq2[BoardEvent, error] {
	return func(yield func(BoardEvent, error) bool) {
		js, err := jetstream.New(conn)
		if err != nil {
			yield(BoardEvent{}, err)
			return
		}
		config := jetstream.OrderedConsumerConfig{FilterSubjects: o.subjects()}
		if !o.Since.IsZero() {
			start := o.Since
			if !o.Follow {
				start = start.Add(-clockLeeway)
			}
			config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &start
		}
		consumer, pending, err := order(ctx, js, config)
		if err != nil {
			yield(BoardEvent{}, Explain(Stream, err))
			return
		}
		if pending == 0 && !o.Follow {
			return
		}
		messages, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(500, 8<<20))
		if err != nil {
			yield(BoardEvent{}, Explain(Stream, err))
			return
		}
		defer messages.Stop()
		defer context.AfterFunc(ctx, messages.Stop)()
		if err := o.read(messages, yield); err != nil {
			yield(BoardEvent{}, err)
		}
	}
}

// electionTimeout is how long a cluster that has lost a server may take to agree again.
const electionTimeout = 30 * time.Second

// order makes a consumer, and says how many messages there are for it.
func order(ctx context.Context, js jetstream.JetStream, config jetstream.OrderedConsumerConfig) (jetstream.Consumer, uint64, error) {
	for until := time.Now().Add(electionTimeout); ; {
		consumer, err := js.OrderedConsumer(ctx, Stream, config)
		if err == nil {
			var info *jetstream.ConsumerInfo
			if info, err = consumer.Info(ctx); err == nil {
				return consumer, info.NumPending, nil
			}
		}
		if ctx.Err() != nil || time.Now().After(until) || errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil, 0, err
		}
		select {
		case <-time.After(retryDelay):
		case <-ctx.Done():
		}
	}
}

// read reads messages to the end. One that is wrong is left out, so that a board that was
// stolen hides nobody else's: what was wrong is the error in the end, once for each board.
func (o StreamFilter) read(messages jetstream.MessagesContext, yield func(BoardEvent, error) bool) error {
	decoders, wrong := map[BoardID]*MessageDecoder{}, map[BoardID]error{}
	for {
		m, err := messages.Next()
		if err != nil {
			return Explain(Stream, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if b, _, ok := BoardOf(m.Subject()); ok {
			d := decoders[b]
			if d == nil {
				d = NewMessageDecoder()
				decoders[b] = d
			}
			events, err := d.Events(m.Headers(), m.Data())
			for _, e := range events {
				if o.wants(e.Time) && !yield(BoardEvent{b, e}, nil) {
					return nil
				}
			}
			if err != nil && wrong[b] == nil {
				e := *sockeye.ErrorOf(err)
				e.Target = b.String()
				wrong[b] = &e
				if o.Follow && !yield(BoardEvent{BoardID: b}, &e) {
					return nil
				}
			}
		}
		if meta.NumPending == 0 && !o.Follow {
			return errors.Join(slices.Collect(maps.Values(wrong))...)
		}
	}
}

// subjects have what is wanted, and as little else as may be.
func (o StreamFilter) subjects() (subjects []string) {
	for _, b := range o.Boards {
		subjects = append(subjects, b.Events(""))
	}
	if len(subjects) > 0 {
		return subjects
	}
	any := func(name string) string {
		if name == "" {
			return "*"
		}
		return name
	}
	return []string{BoardID{any(o.Site), any(o.Board)}.Events(o.Session)}
}

func (o StreamFilter) wants(at time.Time) bool {
	return o.Follow || (o.Since.IsZero() || !at.Before(o.Since)) && (o.Until.IsZero() || at.Before(o.Until))
}
