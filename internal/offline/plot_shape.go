package offline

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

// shapeFlags say what is drawn of values instead of all of them over time.
type shapeFlags struct {
	histogram   bool
	xy, trigger string
	window      time.Duration

	x, y string // of xy
	when fields.Trigger
}

func (f *shapeFlags) register(a *commands, fs *pflag.FlagSet) {
	fs.BoolVar(&f.histogram, "histogram", false, a.t("draw how often which values came", "绘制各数值出现的次数（直方图）"))
	fs.StringVar(&f.xy, "xy", "", a.t("draw one value over another: X,Y", "绘制一个值随另一个值的变化：X,Y"))
	fs.StringVar(&f.trigger, "trigger", "", a.t("draw around the first time that --value crosses a level: 'rising 20', 'falling 0 hold 1s'; also either, above, below", "绘制 --value 首次穿过电平前后的曲线：'rising 20'、'falling 0 hold 1s'，也可用 either、above、below"))
	fs.Var(terminal.DurationOf(&f.window), "window", a.t("with --trigger: how much time is drawn (default: a tenth of all)", "与 --trigger 一起使用：绘制多长时间（默认为全部的十分之一）"))
}

// parse judges the flags together.
func (f *shapeFlags) parse(values []string) error {
	asked := 0
	for _, one := range []bool{f.histogram, f.xy != "", f.trigger != ""} {
		if one {
			asked++
		}
	}
	if asked > 1 {
		return terminal.Usage("--histogram", sockeye.Text{En: "--histogram, --xy and --trigger draw different things", Zh: "--histogram、--xy 与 --trigger 绘制的内容不同"}, sockeye.Text{En: "choose one of them", Zh: "请选择其中一个"})
	}
	if f.window < 0 || f.window > 0 && f.trigger == "" {
		return terminal.Usage("--window", sockeye.Text{En: "it is how much time is drawn around a trigger", Zh: "它是触发前后绘制的时长"}, sockeye.Text{En: "use it with --trigger: --trigger 'rising 20' --window 2s", Zh: "与 --trigger 一起使用：--trigger 'rising 20' --window 2s"})
	}
	if f.xy != "" {
		x, y, two := strings.Cut(f.xy, ",")
		f.x, f.y = strings.TrimSpace(x), strings.TrimSpace(y)
		if !two || f.x == "" || f.y == "" {
			return terminal.Usage("--xy", sockeye.Text{En: fmt.Sprintf("%s is not the names of two values", payload.Quote(f.xy, 40)), Zh: fmt.Sprintf("%s 不是两个数值的名称", payload.Quote(f.xy, 40))}, sockeye.Text{En: "write them with a comma: --xy voltage,current", Zh: "用逗号分开：--xy voltage,current"})
		}
	}
	if f.trigger == "" {
		return nil
	}
	if len(values) != 1 {
		return terminal.Usage("--trigger", sockeye.Text{En: "it waits for one value", Zh: "触发只针对一个数值"}, sockeye.Text{En: "name it with --value", Zh: "请用 --value 指定"})
	}
	var err error
	if f.when, err = fields.ParseTrigger(f.trigger); err != nil {
		e := sockeye.ErrorOf(err)
		return terminal.Usage("--trigger", e.Message, e.Hint)
	}
	return nil
}

// noSuchValue says that there is nothing to draw.
func (a *commands) noSuchValue() error {
	fmt.Fprintln(a.Err, a.t("sockeye: no frame has such a value\nhint: sockeye fields guess proposes specs, and sockeye log show --fields shows what one reads",
		"sockeye: 没有帧含有这样的值\n提示：sockeye fields guess 会推荐字段格式，sockeye log show --fields 可查看读出的值"))
	return terminal.Exit{Code: terminal.ExitNetwork}
}

// drawHistograms draws how the values of each chart are spread.
func (a *commands) drawHistograms(c *charts, f *plotFlags) error {
	var b strings.Builder
	for n, one := range c.list {
		if n > 0 {
			b.WriteByte('\n')
		}
		var h fields.Histogram
		for _, p := range one.points {
			h.Add(p.Y)
		}
		low, width, counts := h.Bins()
		b.WriteString(a.chartHeading(one) + "\n")
		b.WriteString(terminal.Histogram(low, width, counts, 2*f.height, max(4, f.width-2*plotScale)))
	}
	_, err := a.Out.Write([]byte(b.String()))
	return err
}

// aroundTrigger says where the trigger fired and which time is drawn, in seconds.
func (a *commands) aroundTrigger(c *charts, f *plotFlags, begin, end float64) (from, to float64, err error) {
	fired, first := 0, 0.0
	least, most := math.Inf(1), math.Inf(-1)
	for _, one := range c.list { // each crosses the level by itself
		var state fields.TriggerState
		for _, p := range one.points {
			if state.Fires(f.shape.when, c.start.Add(time.Duration(p.X*float64(time.Second))), p.Y) {
				if fired++; fired == 1 || p.X < first {
					first = p.X
				}
			}
		}
		least, most = min(least, one.stats.Min), max(most, one.stats.Max)
	}
	if fired == 0 {
		fmt.Fprintf(a.Err, a.t("sockeye: %s never fired\nhint: the values go from %s to %s; choose a level between them\n", "sockeye: %s 从未触发\n提示：数值在 %s 与 %s 之间，请选择其间的电平\n"),
			f.shape.trigger, fields.FormatNumber(least), fields.FormatNumber(most))
		return 0, 0, terminal.Exit{Code: terminal.ExitNetwork}
	}
	window := f.shape.window.Seconds()
	if window == 0 {
		window = (end - begin) / 10
	}
	from, to = max(begin, first-window/2), min(end, first+window/2)
	fmt.Fprintf(a.Out, a.t("%s fired %d times, first at %s\n", "%s 触发 %d 次，首次在 %s\n"), f.shape.trigger, fired,
		c.start.Add(time.Duration(first*float64(time.Second))).Local().Format("2006-01-02 15:04:05.000"))
	return from, to, nil
}

// xyChart is one value over another, of one peer and direction.
type xyChart struct {
	owner seriesOwner
	key   chartKey
	pairs fields.XY
}

// addXY takes the values of a frame that are paired.
func (c *charts) addXY(f *framing.PeerFrame, values []fields.Value) {
	xs, ys := fields.NumbersOf(nil, values, c.shape.x), fields.NumbersOf(nil, values, c.shape.y)
	if len(xs)+len(ys) == 0 {
		return
	}
	key := chartKey{name: f.Kind.String()}
	if p := f.Peer; p != nil {
		key.id, key.remote = p.ID, p.Remote
	}
	for _, one := range c.xy {
		if one.key == key {
			one.pairs.AddFrame(xs, ys, f.Seq)
			return
		}
	}
	if len(c.xy) == maxCharts {
		c.leftOut += len(ys)
		return
	}
	one := &xyChart{owner: ownerOf(f), key: key}
	one.pairs.AddFrame(xs, ys, f.Seq)
	c.xy = append(c.xy, one)
}

// drawXY draws one value over another, a chart for each peer.
func (a *commands) drawXY(c *charts, f *plotFlags) error {
	c.nameSessions()
	var b strings.Builder
	for _, one := range c.xy {
		if one.pairs.Grid.N == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, a.t("%s over %s   %d pairs\n", "%s 随 %s 变化   %d 对\n"), chartName(c.shape.y, one.owner.who), payload.SafeString(c.shape.x), one.pairs.Grid.N)
		b.WriteString(terminal.Scatter(one.pairs.Grid.Cells(), max(4, f.width-plotScale), f.height))
	}
	if b.Len() == 0 {
		return a.noSuchValue()
	}
	_, err := a.Out.Write([]byte(b.String()))
	return err
}
