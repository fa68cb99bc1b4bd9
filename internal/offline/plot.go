package offline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/pcapng"
	"sockeye/internal/query"
	"sockeye/internal/recording"
	"sockeye/internal/terminal"
)

// plotFlags are the flags of plot.
type plotFlags struct {
	filter        filterFlags
	frames        terminal.FrameFlags
	values        []string
	width, height int
	shape         shapeFlags
}

func (a *commands) plotCommand() *cobra.Command {
	var f plotFlags
	cmd := &cobra.Command{
		Use:   "plot RECORDING",
		Short: a.t("Draw values over time", "绘制数值随时间变化的曲线"),
		Long: a.t(`Draw the values in a recording over time, each in a chart of its own, with the
numbers that describe it. Without --fields the spec that fits best is taken, and said.
Every column shows the least and the greatest value in its time, so no spike is lost.
Of several sessions, such as those of a hub's boards, each chart says whose it is.

--histogram draws how often which values came instead, --xy X,Y one value over
another, and --trigger the values around the first time that one crosses a level.`,
			`绘制记录中的数值随时间变化的曲线，每个值一张图，并给出统计信息。不写 --fields 时采用最
合适的字段格式并说明。每一列都画出该时间内的最小值和最大值，不会丢失任何尖峰。
有多个会话时（例如集线服务的多块开发板），每张图都注明属于谁。

--histogram 改为绘制各数值出现的次数，--xy X,Y 绘制一个值随另一个值的变化，
--trigger 绘制某个值首次穿过电平前后的曲线。`),
		Example: `  sockeye plot board-log
  sockeye plot board-log --fields keys --value temp --peer kitchen --since 10m
  sockeye plot board-log --fields keys --value temp --histogram
  sockeye plot board-log --fields keys --value temp --trigger 'rising 30 hold 1s' --window 5s
  sockeye plot board-log --fields 'csv x, y' --xy x,y
  sockeye plot hub:plant/press-7,lab/ --fields json --value temp
  sockeye plot capture.pcap --fields 'u8 id, i16be temp*0.1 "°C"'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
				return err
			}
			return a.plot(args, &f)
		},
	}
	fs := cmd.Flags()
	f.frames.Register(a.Terminal, fs)
	fs.StringArrayVar(&f.values, "value", nil, a.t("only this value; may come several times", "只画这个值，可多次使用"))
	fs.IntVar(&f.width, "width", 0, a.t("characters across (default: the terminal's, else 80)", "宽度（字符数；默认为终端宽度，否则 80）"))
	fs.IntVar(&f.height, "height", 8, a.t("lines of each chart", "每张图的行数"))
	f.shape.register(a, fs)
	f.filter.register(a, fs)
	return cmd
}

// The bounds of charts.
const (
	minPlotWidth  = 20
	maxPlotWidth  = 1000
	maxPlotHeight = 100
	maxCharts     = 24
	maxPoints     = 20_000_000 // of all charts together, 16 bytes each
	plotScale     = 14         // characters for the numbers on the left
)

func (a *commands) plot(args []string, f *plotFlags) error {
	if f.width == 0 {
		f.width = terminal.Width(a.Out)
	}
	_, badFilter := f.filter.filter()
	if err := terminal.Together(within("--width", f.width, minPlotWidth, maxPlotWidth), within("--height", f.height, 1, maxPlotHeight), f.shape.parse(f.values), badFilter); err != nil {
		return err
	}
	if len(f.frames.Fields) == 0 {
		if err := a.guessFor(args, f); err != nil {
			return err
		}
	}
	charts, err := a.readCharts(args, f)
	if err != nil {
		return err
	}
	if charts.shape.x != "" {
		return a.drawXY(charts, f)
	}
	return a.drawCharts(charts, f)
}

// within is an error about a number that is out of bounds.
func within(flag string, n, least, most int) error {
	if n >= least && n <= most {
		return nil
	}
	return terminal.Usage(flag, sockeye.Text{En: fmt.Sprintf("%d is not from %d to %d", n, least, most), Zh: fmt.Sprintf("%d 不在 %d 到 %d 之间", n, least, most)}, sockeye.Text{})
}

// guessFor sets the spec that fits best and says it.
func (a *commands) guessFor(args []string, f *plotFlags) error {
	if len(args) > 0 {
		if err := terminal.NotStdin("RECORDING", args[0], sockeye.Text{En: "standard input can be read only once, and guessing reads first", Zh: "标准输入只能读取一次，而推断格式需要先读取"},
			sockeye.Text{En: "say with --fields what the values are", Zh: "请用 --fields 指定字段格式"}); err != nil {
			return err
		}
	}
	s, err := a.sample(args, &f.filter)
	if err != nil {
		return err
	}
	found := s.proposals()
	if len(found) == 0 {
		return terminal.Usage("--fields", sockeye.Text{En: "what was recorded does not look like values", Zh: "记录的内容看起来不是数值"},
			sockeye.Text{En: "say how they are written: sockeye fields --help", Zh: "请说明它们的写法：sockeye fields --help"})
	}
	best := found[0]
	f.frames.Fields = []string{best.Spec.String()}
	if f.frames.Frame == "" {
		f.frames.Frame = best.frame
	}
	fmt.Fprintf(a.Err, a.t("sockeye: taken: %s\n", "sockeye: 采用：%s\n"), best.flags())
	return nil
}

// seriesOwner is whose values a chart has, and of which session.
type seriesOwner struct {
	session string
	who     string // as it is shown; "" is nobody
}

// ownerOf is who sent a frame, or got it.
func ownerOf(f *framing.PeerFrame) (o seriesOwner) {
	if p := f.Peer; p != nil {
		o.who = terminal.PeerName(p)
		if p.Session != nil {
			o.session = p.Session.ID
		}
	}
	if f.Kind == sockeye.Sent {
		o.who = "→ " + o.who
	}
	return o
}

// valueChart is the points of one value of one peer.
type valueChart struct {
	name, unit string
	owner      seriesOwner
	points     []fields.Point
	stats      fields.Stats
}

// charts are the values of a recording over time.
type charts struct {
	list    []*valueChart
	byName  map[chartKey]*valueChart
	start   time.Time
	leftOut int // values beyond the bounds
	points  int
	shape   *shapeFlags
	xy      []*xyChart
}

// bounds are the time of all charts, in seconds after the start, which need not be the first
// of it: of several boards, one that was away comes late with what is older.
func (c *charts) bounds() (first, last float64) {
	for _, one := range c.list {
		first = min(first, one.points[0].X)
		last = max(last, one.points[len(one.points)-1].X)
	}
	return first, last
}

type chartKey struct {
	id     uint64
	remote sockeye.SocketAddr
	name   string
}

func (a *commands) readCharts(args []string, f *plotFlags) (*charts, error) {
	filter, err := f.filter.filter()
	if err != nil {
		return nil, err
	}
	choice, err := f.frames.Choice()
	if err != nil {
		return nil, err
	}
	events, wants, err := query.FramesOf(filter)
	if err != nil {
		return nil, err
	}
	m, err := events.Matcher()
	if err != nil {
		return nil, err
	}
	r, err := a.openRecording(args)
	if err != nil {
		return nil, err
	}
	p, told := a.StartProgress(a.t("reading", "正在读取")), 0
	d, err := r.Read(recording.ReadOptions{Progress: p.At, Damaged: func(file string, d pcapng.Damage) { a.warnDamage(file, d, &told) }})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	c := &charts{byName: map[chartKey]*valueChart{}, shape: &f.shape}
	split, reader := choice.Splitter(), choice.Values()
	var values []fields.Value
	take := func(fr *framing.PeerFrame) {
		if terminal.HasValues(fr) && (wants == nil || wants(fr)) {
			values, _ = reader.Read(values[:0], fr.Peer, fr.Kind, fr.Body)
			if c.shape.x != "" {
				c.addXY(fr, values)
				return
			}
			c.add(fr, values, f.values)
		}
	}
	err = d.Each(a.Ctx, m, func(e *sockeye.Event) error {
		split.Event(e, take)
		return nil
	})
	split.End(take)
	p.End()
	return c, a.ended(err)
}

// add takes the numbers of a frame that are wanted.
func (c *charts) add(f *framing.PeerFrame, values []fields.Value, wanted []string) {
	for n := range values {
		v := &values[n]
		if !v.Numeric || len(wanted) > 0 && !slices.Contains(wanted, v.Name) {
			continue
		}
		if c.points == maxPoints {
			c.leftOut++
			continue
		}
		chart := c.chart(f, v)
		if chart == nil {
			c.leftOut++
			continue
		}
		if c.start.IsZero() {
			c.start = f.Time
		}
		c.points++
		chart.points = append(chart.points, fields.Point{X: f.Time.Sub(c.start).Seconds(), Y: v.Number})
		chart.stats.Add(v.Number)
	}
}

// chart is the chart of a value; nil if there are too many.
func (c *charts) chart(f *framing.PeerFrame, v *fields.Value) *valueChart {
	key := chartKey{name: v.Name}
	if p := f.Peer; p != nil {
		key.id, key.remote = p.ID, p.Remote
	}
	if f.Kind == sockeye.Sent {
		key.name = "→" + key.name
	}
	chart := c.byName[key]
	if chart == nil && len(c.list) < maxCharts {
		chart = &valueChart{name: v.Name, unit: v.Unit, owner: ownerOf(f)}
		c.byName[key] = chart
		c.list = append(c.list, chart)
	}
	return chart
}

// nameSessions puts the session before each peer where there are several: of boards of a hub
// it is the board's name, too.
func (c *charts) nameSessions() {
	var names []*seriesOwner
	for _, one := range c.list {
		names = append(names, &one.owner)
	}
	for _, one := range c.xy {
		names = append(names, &one.owner)
	}
	if !slices.ContainsFunc(names, func(o *seriesOwner) bool { return o.session != names[0].session }) {
		return
	}
	for _, o := range names {
		o.who = strings.TrimSpace(payload.SafeString(o.session) + " " + o.who)
	}
}

func (a *commands) drawCharts(c *charts, f *plotFlags) error {
	if len(c.list) == 0 {
		return a.noSuchValue()
	}
	c.nameSessions()
	if f.shape.histogram {
		return a.drawHistograms(c, f)
	}
	x0, x1 := c.bounds()
	if f.shape.trigger != "" {
		var err error
		if x0, x1, err = a.aroundTrigger(c, f, x0, x1); err != nil {
			return err
		}
	}
	end := c.start.Add(time.Duration(x1 * float64(time.Second)))
	if x0 == x1 {
		x0, x1 = 0, c.byOrder()
	}
	var b strings.Builder
	for n, one := range c.list {
		if n > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(a.chartHeading(one) + "\n")
		b.WriteString(terminal.Chart(fields.Columns(one.points, x0, x1, 2*max(4, f.width-plotScale)), f.height))
	}
	fmt.Fprintf(&b, a.t("\nfrom %s to %s\n", "\n%s 至 %s\n"), c.start.Add(time.Duration(x0*float64(time.Second))).Local().Format("2006-01-02 15:04:05.000"), end.Local().Format("2006-01-02 15:04:05.000"))
	if c.leftOut > 0 {
		fmt.Fprintf(&b, a.t("%d values are not drawn: choose some with --value, --peer or --since\n", "有 %d 个值未画出：请用 --value、--peer 或 --since 选择\n"), c.leftOut)
	}
	_, err := a.Out.Write([]byte(b.String()))
	return err
}

// byOrder puts values that all came at once in the order in which they came, and says where
// the last one is.
func (c *charts) byOrder() (last float64) {
	for _, one := range c.list {
		for n := range one.points {
			one.points[n].X = float64(n)
			last = max(last, float64(n))
		}
	}
	return last
}

// chartHeading is what a chart shows, and the numbers that describe it.
func (a *commands) chartHeading(c *valueChart) string {
	unit := ""
	if c.unit != "" {
		unit = " " + payload.SafeString(c.unit)
	}
	s, text := c.stats, fields.FormatNumber
	digits := func(n float64) string { return text(terminal.Rounded(n, max(s.Max-s.Min, 1e-9)/100)) }
	return chartName(c.name, c.owner.who) + fmt.Sprintf(a.t("   last %s%s, min %s, max %s, mean %s, deviation %s, %d values", "   最新 %s%s，最小 %s，最大 %s，平均 %s，标准差 %s，共 %d 个"),
		text(s.Last), unit, text(s.Min), text(s.Max), digits(s.Mean), digits(s.Deviation()), s.N)
}

// chartName is a value and whose it is.
func chartName(name, who string) string {
	if who != "" {
		return payload.SafeString(name) + "  " + who
	}
	return payload.SafeString(name)
}
