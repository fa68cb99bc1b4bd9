package api

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"testing"
)

// waves opens a session that receives values of so many names, 1000 of each, and says
// which it is.
func waves(t *testing.T, v *served, names int) url.Values {
	t.Helper()
	s := ask[Session](v, "POST", "/api/v1/sessions", Open{Mode: "listen", Address: "127.0.0.1:0"})
	c, err := net.Dial("tcp", s.Locals[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	random := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for n := range 1000 {
		for name := range names {
			fmt.Fprintf(&text, "v%d=%v ", name, math.Sin(float64(n)/50)+float64(name)+1e-9*random.Float64())
		}
		text.WriteByte('\n')
	}
	go io.WriteString(c, text.String())
	v.follow(func(l Live) bool { return len(l.Peers) == 1 && l.Peers[0].ReceivedBytes == uint64(text.Len()) })
	return url.Values{"fields": {"keys"}, "session": {s.ID}}
}

// whole asks until everything was read.
func whole[T any](v *served, path string, done func(*T) bool) *T {
	for {
		if page := ask[T](v, "GET", path, nil); done(&page) {
			return &page
		}
	}
}

// Values are counted in intervals, drawn over each other, and looked for by a trigger.
func TestHistogramXYAndTriggers(t *testing.T) {
	v := serve(t)
	q := waves(t, v, 2)
	spread := whole(v, "/api/v1/series/histogram?"+q.Encode(), func(p *HistogramPage) bool { return p.Done })
	if len(spread.Series) != 2 || spread.Series[0].Name != "v0" || spread.Series[0].Count != 1000 || spread.Series[0].Stats.Max > 1.1 {
		t.Fatalf("%+v", spread)
	}
	sum := 0
	for _, n := range spread.Series[0].Counts {
		sum += n
	}
	if one := spread.Series[0]; sum != 1000 || one.Low > one.Stats.Min || one.Low+one.Width*float64(len(one.Counts)) <= one.Stats.Max {
		t.Errorf("%d values from %g by %g", sum, one.Low, one.Width)
	}

	q.Set("x", "v0")
	q.Set("y", "v1")
	xy := whole(v, "/api/v1/series/xy?"+q.Encode(), func(p *XYPage) bool { return p.Done })
	if len(xy.Series) != 1 || xy.Series[0].Pairs != 1000 || xy.Series[0].Name != "v1" {
		t.Fatalf("%+v", xy)
	}
	for n, x := range xy.Series[0].X { // the one is the other and 1
		if y := xy.Series[0].Y[n]; math.Abs(y-x-1) > 0.01 || xy.Series[0].Seq[n] == 0 {
			t.Errorf("(%g, %g) of event %d", x, y, xy.Series[0].Seq[n])
		}
	}
	q.Del("x")
	q.Del("y")

	q.Set("value", "v0")
	q.Set("level", "0.5")
	for kind, want := range map[string]int{"rising": 4, "falling": 3, "either": 7} { // 1000/50/2π is 3.2 waves
		q.Set("trigger", kind)
		fired := whole(v, "/api/v1/series/triggers?"+q.Encode(), func(p *Triggers) bool { return p.Done })
		if fired.Count != want || fired.First.Seq == 0 || fired.Last.Seq < fired.First.Seq || math.Abs(fired.First.Value-0.5) > 0.05 {
			t.Errorf("%s: %+v", kind, fired)
		}
	}
	q.Set("trigger", "above")
	q.Set("level", "9")
	if fired := whole(v, "/api/v1/series/triggers?"+q.Encode(), func(p *Triggers) bool { return p.Done }); fired.Count != 0 || fired.First != nil {
		t.Errorf("%+v", fired)
	}
}

// A chart of however many series and columns is sent in less than 100 kB.
func TestChartsAreSmall(t *testing.T) {
	v := serve(t)
	for _, names := range []int{1, 3, 40} {
		q := waves(t, v, names)
		for _, path := range []string{"/series?columns=2000&", "/series/histogram?", "/series/xy?x=v0&y=v0&"} {
			whole(v, "/api/v1"+path+q.Encode(), func(p *struct {
				Done bool `json:"done"`
			}) bool {
				return p.Done
			})
			if _, text := v.do(v.request("GET", "/api/v1"+path+q.Encode(), nil)); len(text) > 100_000 {
				t.Errorf("%s of %d series: %d bytes", path, names, len(text))
			}
		}
		v.do(v.request("DELETE", "/api/v1/sessions/"+q.Get("session"), nil))
	}
}
