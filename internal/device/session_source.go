package device

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/userdir"
)

// leastAge is how old the value of a session may be at least and still be read.
const leastAge = 10 * time.Second

// sessionSource reads what a peer said to the workbench that this user runs: the latest
// value of a field. A value that is old is not said again, as if it were measured now.
type sessionSource struct {
	*Sensor
	getenv    func(string) string
	workbench *api.HTTPClient // nil before the first reading, and after a failed one
}

// Read asks the workbench, which may have been started anew since.
func (s *sessionSource) Read(ctx context.Context) (float64, error) {
	if s.workbench == nil {
		found, err := api.Find(userdir.State(s.getenv), sockeye.English)
		if err != nil {
			return 0, err
		}
		s.workbench = found
	}
	age := max(leastAge, 3*s.Every.or(time.Second))
	all, err := s.values(ctx, time.Now().Add(-age))
	if err != nil {
		s.Close()
		return 0, err
	}
	all = slices.DeleteFunc(all, func(one api.Series) bool { return one.Name != s.Field || one.Stats == nil || len(one.Seq) == 0 })
	if len(all) == 0 {
		return 0, &sockeye.Error{Kind: sockeye.TimedOut, Op: "read", Target: s.SessionID,
			Message: text("no value of %s came within %v", "%[2]v 内没有收到 %[1]s 的值", payload.Quote(s.Field, 40), age),
			Hint:    text("look what comes: sockeye session tail", "请查看收到的内容：sockeye session tail")}
	}
	latest := slices.MaxFunc(all, func(a, b api.Series) int { return cmp.Compare(a.Seq[len(a.Seq)-1], b.Seq[len(b.Seq)-1]) })
	return latest.Stats.Last, nil
}

// values are the series of a session since a time.
func (s *sessionSource) values(ctx context.Context, since time.Time) ([]api.Series, error) {
	q := url.Values{"session": {s.SessionID}, "direction": {"received"}, "fields": {s.Fields}, "columns": {"30"}, "since": {since.UTC().Format(time.RFC3339Nano)}}
	if s.Peer != "" {
		q.Set("peer", s.Peer)
	}
	if s.Frame != "" {
		q.Set("frame", s.Frame)
	}
	for {
		var page api.SeriesPage
		if err := s.workbench.Ask(ctx, "GET", "/series?"+q.Encode(), nil, &page); err != nil || page.Done {
			return page.Series, err
		}
	}
}

// Unit is that of the device file.
func (s *sessionSource) Unit() string { return s.Sensor.Unit }

// Close gives back the connections to the workbench; another Read finds it again.
func (s *sessionSource) Close() error {
	if s.workbench != nil {
		s.workbench.CloseIdle()
		s.workbench = nil
	}
	return nil
}

// session checks what only a session as a source has.
func (c *deviceChecker) session(s *Sensor) {
	if s.SessionID == "" {
		if s.Field+s.Fields+s.Peer+s.Frame != "" {
			c.add("", text("field, fields, peer and frame are for a session", "field、fields、peer、frame 只用于 session"), text(`write session = "s1"`, `写 session = "s1"`))
		}
		return
	}
	if s.Field == "" {
		c.add("field", text("which value is read is missing", "没有写明读取哪个值"), text(`write field = "temp", a name that fields gives`, `写 field = "temp"，即 fields 给出的名称`))
	}
	if s.Fields == "" {
		s.Fields = "keys"
	}
	if _, err := fields.Parse(s.Fields); err != nil {
		c.addError("fields", err)
	}
	if s.Frame != "" {
		if _, err := framing.Parse(s.Frame); err != nil {
			c.addError("frame", err)
		}
	}
}
