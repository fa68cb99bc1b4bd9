package api

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/api/access"
	"sockeye/internal/query"
)

// filterQuery are the query parameters that choose events.
var filterQuery = []string{"session", "peer", "direction", "text", "hex", "regexp", "commented"}

// filterWords reads them.
func (c *requestContext) filterWords() query.FilterWords {
	return query.FilterWords{Session: c.q.Get("session"), Peer: c.q.Get("peer"), Direction: c.q.Get("direction"), Text: c.q.Get("text"), Hex: c.q.Get("hex"), Regexp: c.q.Get("regexp"), Commented: c.q.Get("commented")}
}

// kinds reads the kinds of events that are wanted, with commas between.
func (c *requestContext) kinds(wrong *fieldFaults) (kinds []sockeye.EventKind) {
	if c.q.Get("kind") == "" {
		return nil
	}
	for word := range strings.SplitSeq(c.q.Get("kind"), ",") {
		kind, ok := kindOf(word)
		if !ok {
			wrong.note(invalid("kind", sockeye.Text{En: fmt.Sprintf("%q is no kind of event", word), Zh: fmt.Sprintf("%q 不是事件类型", word)}, sockeye.Text{}))
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// eventQuery is what the query asks for, with everything that is wrong with it.
func (c *requestContext) eventQuery() (q query.Query, wrong fieldFaults) {
	q.From = c.number("from", &wrong)
	limit := c.number("limit", &wrong)
	if limit > query.MaxQueryLimit {
		wrong.note(invalid("limit", sockeye.Text{En: fmt.Sprintf("more than %d", query.MaxQueryLimit), Zh: fmt.Sprintf("超过 %d", query.MaxQueryLimit)}, sockeye.Text{}))
	}
	q.Limit = int(min(limit, query.MaxQueryLimit))
	q.Backward = c.yes("back", &wrong)
	var err error
	q.Filter, err = c.filterWords().Parse()
	wrong.all(err)
	q.Kinds = c.kinds(&wrong)
	q.Cut = c.frames(&wrong)
	return q, wrong
}

// frames reads how frames are found, and which values are read in them.
func (c *requestContext) frames(wrong *fieldFaults) *query.FrameQuery {
	cut, err := query.ParseFrameQuery(c.q.Get("frame"), c.q.Get("check"))
	wrong.all(err)
	set, err := query.ParseFields(c.q.Get("fields"))
	wrong.all(err)
	if len(*wrong) == 0 {
		cut, err = query.WithFields(cut, set)
		wrong.all(err)
		cut, err = query.WithDecoder(cut, c.q.Get("decode"), c.workspace.knowledge())
		wrong.all(err)
	} else if name := c.q.Get("decode"); name != "" {
		_, err := query.WithDecoder(nil, name, c.workspace.knowledge())
		wrong.all(err)
	}
	return cut
}

func (c *requestContext) events(None) (Events, error) {
	q, wrong := c.eventQuery()
	if len(wrong) > 0 {
		return Events{}, wrong.join()
	}
	seen, err := c.reader().Query(c.ctx(), q)
	if err != nil {
		return Events{}, err
	}
	out := Events{Events: c.lines(seen.Events), Oldest: seen.Oldest, Next: seen.Next, ScannedTo: seen.ScannedTo, Done: seen.Done}
	if f := seen.Frames; f != nil {
		out.Cut = &Cut{From: f.From, To: f.To, Open: c.lines(f.Open), OpenLeftOut: f.OpenLeftOut, DueMS: float64(f.Due) / float64(time.Millisecond)}
		for n := range out.Cut.Open {
			out.Cut.Open[n].Bytes = nil // it is not the event that is told of
		}
	}
	return out, nil
}

// lines are events as they are shown outside.
func (c *requestContext) lines(events []query.PageEvent) []EventLine {
	out := make([]EventLine, 0, len(events))
	for i := range events {
		e := &events[i]
		line := EventLine{EventLine: e.Line(c.lang), FramesLeftOut: e.LeftOut}
		if line.Bytes != nil {
			*line.Bytes = e.Bytes
		}
		for n := range e.Frames {
			line.Frames = append(line.Frames, frameLine(&e.Event, &e.Frames[n], c.lang))
		}
		out = append(out, line)
	}
	return out
}

// eventData gives all bytes of one event, as a download.
func (c *requestContext) eventData() error {
	seq, err := number("seq", c.r.PathValue("seq"))
	if err != nil {
		return err
	}
	e, err := c.reader().Event(seq)
	if err != nil {
		return err
	}
	c.download(fmt.Sprintf("event-%d.bin", seq))
	c.w.Write(e.Data)
	return nil
}

// download makes the answer a file that no browser shows. The name is ours.
func (c *requestContext) download(name string) {
	h := c.w.Header()
	h.Set("Content-Type", octets)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Security-Policy", "sandbox; "+access.ContentPolicy)
	c.w.WriteHeader(http.StatusOK)
}
