package rule

import (
	"math/rand/v2"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/payload"
)

// Set is rules in the order they are tried, as people write them. For one frame
// the first rule that matches answers.
type Set struct {
	// Start is the state every peer begins in; "" is a state like any other name.
	Start string
	Rules []Rule
}

// Rule is: when this, then reply so. Exactly one of Match, Join, Every and After
// says when.
type Rule struct {
	// Name is for people; "" is the rule's number.
	Name string
	// Match is a pattern for frames, see ParsePattern.
	Match string
	// Join is a peer joining.
	Join bool
	// Every is time passing, again and again, and After once, from the moment when a
	// peer is in one of the states In.
	Every, After DurationRange
	// In are the states in which the rule is tried; none is all.
	In []string
	// Replies are sent one after the other.
	Replies []Reply
	// Goto is the state that the peer is in afterwards; "" leaves it.
	Goto string
	// Cooldown is how long the rule rests after a hit, for the same peer.
	Cooldown DurationRange
	// Count is the most hits for one peer; 0 is no limit.
	Count int
	// Chance is how probable a hit is, from 0 to 1; nil is always.
	Chance *float64
	// End is how the connection ends after the replies.
	End End
}

// Reply is one message that a rule sends.
type Reply struct {
	// Text or Hex is the payload (see payload.Parse), with {{match}} and {{match.NAME}}
	// for what the pattern's groups took. Only one of them is given.
	Text, Hex string
	// Options are its charset, checksum and line end; Hex and Match in them are not read.
	Options payload.ParseOptions
	// Delay is how long to wait before, after the reply before it.
	Delay DurationRange
	To    To
}

// End is how a rule ends a connection.
type End string

// The ends; "" leaves it open.
const (
	Close End = "close" // in good order (FIN)
	Abort End = "abort" // at once (RST)
)

// To is who gets a reply.
type To string

// The receivers; "" is the sender.
const (
	Sender To = "sender"
	Others To = "others" // every peer of the session but the sender
	All    To = "all"
)

// DurationRange is a time, or a range of times out of which one is drawn: "20ms",
// "100ms..300ms". The zero Span is no time.
type DurationRange struct{ Min, Max time.Duration }

// UnmarshalText reads a span.
func (s *DurationRange) UnmarshalText(text []byte) error {
	from, to, isRange := strings.Cut(string(text), "..")
	least, err := time.ParseDuration(strings.TrimSpace(from))
	most := least
	if isRange && err == nil {
		most, err = time.ParseDuration(strings.TrimSpace(to))
	}
	if err != nil || least < 0 || most < least || most > 24*time.Hour {
		return &sockeye.Error{Kind: sockeye.Invalid, Op: "parse", Target: payload.Quote(string(text), 40),
			Message: both("is no time up to 24h, nor a range of times", "不是 24h 以内的时间，也不是时间范围"),
			Hint:    both("write 20ms, 1.5s, or 100ms..300ms", "写成 20ms、1.5s 或 100ms..300ms")}
	}
	s.Min, s.Max = least, most
	return nil
}

// MarshalText writes the span as UnmarshalText reads it.
func (s DurationRange) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String writes the span as UnmarshalText reads it.
func (s DurationRange) String() string {
	if s.Min == s.Max {
		return s.Min.String()
	}
	return s.Min.String() + ".." + s.Max.String()
}

// IsZero says whether it is no time.
func (s DurationRange) IsZero() bool { return s == DurationRange{} }

// draw is a time out of the range.
func (s DurationRange) draw(r *rand.Rand) time.Duration {
	if s.Max <= s.Min {
		return s.Min
	}
	return s.Min + time.Duration(r.Int64N(int64(s.Max-s.Min)+1))
}
