package server

import (
	"testing"
	"time"
)

// What is kept of a board is its newest messages within the limit, to a part of it, and its last
// one in any case.
func TestKeptMessages(t *testing.T) {
	begin := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	const each = 100 // bytes of a message, one a second
	for _, c := range []struct {
		name     string
		limit    BoardLimit
		messages uint64
		later    time.Duration // after the last message
		from     uint64        // the first that stays; 0 is all
		slack    uint64        // or one of so many after it
	}{
		{"no limit", BoardLimit{}, 1000, time.Hour, 0, 0},
		{"below the size", BoardLimit{Bytes: 1000 * each}, 1000, time.Hour, 0, 0},
		{"beyond the size", BoardLimit{Bytes: 320 * each}, 1000, 0, 681, 10},
		{"one message is beyond the size", BoardLimit{Bytes: each / 2}, 7, 0, 7, 0},
		{"below the age", BoardLimit{Age: time.Hour}, 1000, 0, 0, 0},
		{"beyond the age", BoardLimit{Age: 320 * time.Second}, 1000, 0, 671, 10},
		{"all beyond the age", BoardLimit{Age: 320 * time.Second}, 1000, time.Hour, 1000, 0},
		{"all in one part beyond the age", BoardLimit{Age: time.Hour}, 5, 2 * time.Hour, 5, 0},
		{"size and age", BoardLimit{Bytes: 320 * each, Age: 64 * time.Second}, 1000, 0, 934, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var k keptMessages
			now := begin
			for n := range c.messages {
				now = begin.Add(time.Duration(n) * time.Second)
				k.add(n+1, now, each, c.limit)
				k.cut(c.limit, now)
			}
			k.cut(c.limit, now.Add(c.later))
			if k.from < c.from || k.from > c.from+c.slack {
				t.Errorf("the first of %d messages that stays is %d, want %d to %d", c.messages, k.from, c.from, c.from+c.slack)
			}
			if len(k.parts) > retentionParts+2 && c.limit != (BoardLimit{}) {
				t.Errorf("it is counted in %d parts", len(k.parts))
			}
		})
	}
}
