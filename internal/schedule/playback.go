package schedule

import "time"

// ScheduledRow is one message of a list that is being sent.
type ScheduledRow struct {
	// Row is the index of the row; Round and Repeat count from 0.
	Row, Round, Repeat int
	// Due is when it is to be sent, from the start of the list on.
	Due time.Duration
}

// Playback gives the steps of a list one after another. Due times add up exactly: a
// list that is sent for a day is as punctual at its end as at its beginning.
type Playback struct {
	list *List
	next ScheduledRow
	over bool
}

// Playback is the plan of the list, which must have passed Templates and not change.
func (l *List) Playback() *Playback {
	p := &Playback{list: l}
	p.over = !p.settle()
	return p
}

// Next is the next step; ok is false when there are no more.
func (p *Playback) Next() (s ScheduledRow, ok bool) {
	if p.over {
		return ScheduledRow{}, false
	}
	s = p.next
	row := p.list.Rows[s.Row]
	p.next.Due += row.Delay
	if p.next.Repeat++; p.next.Repeat >= max(1, row.Repeat) {
		p.next.Row, p.next.Repeat = s.Row+1, 0
		p.over = !p.settle()
	}
	return s, true
}

// settle moves on to a row that is on, and reports whether there is one.
func (p *Playback) settle() bool {
	for skipped := 0; ; p.next.Row++ {
		if p.next.Row >= len(p.list.Rows) {
			p.next.Row = 0
			if p.next.Round++; p.list.Times > 0 && p.next.Round >= p.list.Times {
				return false
			}
		}
		if len(p.list.Rows) == 0 {
			return false
		}
		if !p.list.Rows[p.next.Row].Off {
			return true
		}
		if skipped++; skipped > len(p.list.Rows) {
			return false
		}
	}
}
