package workspace

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"sockeye/internal/payload"
)

// Widget is one instrument of a dashboard: it shows the last value of a field, or sends a
// message.
type Widget struct {
	Kind  WidgetKind `toml:"kind" json:"kind" enum:"gauge,led,value,slider,button"`
	Title string     `toml:"title,omitempty" json:"title,omitempty"`
	// Field is the name of the value that a gauge, LED or value shows.
	Field string `toml:"field,omitempty" json:"field,omitempty"`
	// Min and Max are the ends of a gauge or slider, 0 and 100 if they are not said; Step is
	// how far a slider moves at a time.
	Min  *float64 `toml:"min,omitempty" json:"min,omitempty"`
	Max  *float64 `toml:"max,omitempty" json:"max,omitempty"`
	Step *float64 `toml:"step,omitempty" json:"step,omitempty"`
	// On is the value from which an LED is lit; if it is not said, by everything but 0.
	On *float64 `toml:"on,omitempty" json:"on,omitempty"`
	// Text or Hex is what a slider or button sends, as Payload has them; {{var.value}} in it
	// is the value of the slider.
	Text string `toml:"text,omitempty" json:"text,omitempty"`
	Hex  string `toml:"hex,omitempty" json:"hex,omitempty"`
	// To names peers as sockeye.Peer.Answers, with spaces between; "" is those that the page
	// sends to.
	To string `toml:"to,omitempty" json:"to,omitempty"`
	// Column and Row are where it begins, from 1, in a grid of DashboardColumns, and Width and
	// Height how many cells it takes; 0 is the next place, 3 wide and 2 high.
	Column int `toml:"column,omitempty" json:"column,omitempty"`
	Row    int `toml:"row,omitempty" json:"row,omitempty"`
	Width  int `toml:"width,omitempty" json:"width,omitempty"`
	Height int `toml:"height,omitempty" json:"height,omitempty"`
}

// WidgetKind is what an instrument is: a stable word.
type WidgetKind string

// The kinds of instruments.
const (
	Gauge  WidgetKind = "gauge"
	LED    WidgetKind = "led"
	Value  WidgetKind = "value"
	Slider WidgetKind = "slider"
	Button WidgetKind = "button"
)

// Bounds of dashboards. A grid is DashboardColumns wide.
const (
	DashboardColumns = 12
	maxDashboardRow  = 100
	maxWidgetHeight  = 12
	maxWidgets       = 64
	maxDashboards    = 32
	maxWidgetTitle   = 80
	maxWidgetField   = 200
	maxWidgetPayload = 4096
)

// shows says whether the instrument shows a value; else it sends.
func (k WidgetKind) shows() bool { return k == Gauge || k == LED || k == Value }

func (k WidgetKind) known() bool { return k.shows() || k == Slider || k == Button }

// dashboards checks all dashboards: everything that is wrong with each instrument is told at
// its field.
func (c *checker) dashboards() {
	if n := len(c.file.Dashboards); n > maxDashboards {
		c.add(problem("%d dashboards are more than %d", "%d 个仪表盘超过了 %d 个", "split the file", "请拆成多个文件", n, maxDashboards), "dashboards", "dashboards")
		return
	}
	for _, name := range keys(c.file.Dashboards) {
		widgets := c.file.Dashboards[name]
		if n := len(widgets); n > maxWidgets {
			c.add(problem("%d instruments are more than %d", "%d 个控件超过了 %d 个", "make a second dashboard", "请另建一个仪表盘", n, maxWidgets), "dashboards."+name, "dashboards", name)
			continue
		}
		for n, w := range widgets {
			if c.isFull() {
				return
			}
			w.check(func(field string, err error) {
				if at := []any{"dashboards", name, n, field}; !c.isUnfit(at) {
					c.add(err, fmt.Sprintf("dashboards.%s: widget %d: %s", name, n+1, field), at...)
				}
			})
		}
	}
}

// check tells everything that is wrong with an instrument, with the field it is about.
func (w *Widget) check(wrong func(field string, err error)) {
	if !w.Kind.known() {
		wrong("kind", problem("%s is no kind of instrument", "%s 不是控件类型", "write gauge, led, value, slider or button", "写 gauge、led、value、slider 或 button", payload.Quote(string(w.Kind), 20)))
		return
	}
	if utf8.RuneCountInString(w.Title) > maxWidgetTitle {
		wrong("title", problem("longer than %d characters", "超过 %d 个字符", "", "", maxWidgetTitle))
	}
	w.checkContent(wrong)
	w.checkRange(wrong)
	w.checkPlace(wrong)
}

// checkContent looks at what the instrument shows or sends.
func (w *Widget) checkContent(wrong func(field string, err error)) {
	switch shows := w.Kind.shows(); {
	case shows && w.Field == "":
		wrong("field", problem("which value it shows is missing", "缺少要显示的字段", `write field = "temp"`, `写 field = "temp"`))
	case shows && len(w.Field) > maxWidgetField:
		wrong("field", problem("longer than %d bytes", "超过 %d 字节", "", "", maxWidgetField))
	case !shows && w.Field != "":
		wrong("field", problem("a %s shows no value", "%s 不显示数值", "take it away", "请删除", w.Kind))
	}
	for _, one := range [][2]string{{"text", w.Text}, {"hex", w.Hex}, {"to", w.To}} {
		switch {
		case w.Kind.shows() && one[1] != "":
			wrong(one[0], problem("a %s sends nothing", "%s 不发送数据", "take it away, or make it a button", "请删除，或改为 button", w.Kind))
		case len(one[1]) > maxWidgetPayload:
			wrong(one[0], problem("longer than %d bytes", "超过 %d 字节", "", "", maxWidgetPayload))
		}
	}
	if w.Kind.shows() {
		return
	}
	if (w.Text == "") == (w.Hex == "") {
		wrong("text", problem("it needs one of text and hex", "需要 text、hex 之一", `write text = 'led on\n'`, `写 text = 'led on\n'`))
		return
	}
	for _, fault := range (Payload{Text: w.sample(w.Text), Hex: w.sample(w.Hex)}).faults() {
		wrong(fault.Field, fault)
	}
}

// sample is a payload with the slider's beginning in the place of its value.
func (w *Widget) sample(text string) string {
	if w.Kind != Slider {
		return text
	}
	value, _ := w.ends()
	if w.Hex != "" {
		return strings.ReplaceAll(text, "{{var.value}}", "00") // two digits for each byte
	}
	return strings.ReplaceAll(text, "{{var.value}}", strconv.FormatFloat(value, 'g', -1, 64))
}

// ends are the ends of a gauge or slider.
func (w *Widget) ends() (least, most float64) {
	least, most = 0, 100
	if w.Min != nil {
		least = *w.Min
	}
	if w.Max != nil {
		most = *w.Max
	}
	return least, most
}

// checkRange looks at the numbers of the instrument.
func (w *Widget) checkRange(wrong func(field string, err error)) {
	sound := true
	for _, one := range []struct {
		field string
		value *float64
		of    bool // the instrument has it
	}{
		{"min", w.Min, w.Kind == Gauge || w.Kind == Slider}, {"max", w.Max, w.Kind == Gauge || w.Kind == Slider},
		{"step", w.Step, w.Kind == Slider}, {"on", w.On, w.Kind == LED},
	} {
		switch {
		case one.value == nil:
		case !one.of:
			wrong(one.field, problem("a %s has none", "%s 没有此项", "take it away", "请删除", w.Kind))
		case math.IsNaN(*one.value) || math.IsInf(*one.value, 0):
			sound = false
			wrong(one.field, problem("is no finite number", "不是有限的数", "", ""))
		}
	}
	if least, most := w.ends(); sound && least >= most {
		wrong("max", problem("%g is not above %g", "%g 不大于 %g", "max is above min", "max 应大于 min", most, least))
	}
	if w.Step != nil && !(*w.Step > 0) {
		wrong("step", problem("has to be above 0", "必须大于 0", "", ""))
	}
}

// checkPlace looks at where the instrument stands.
func (w *Widget) checkPlace(wrong func(field string, err error)) {
	for _, one := range []struct {
		field       string
		value, most int
	}{{"column", w.Column, DashboardColumns}, {"row", w.Row, maxDashboardRow}, {"width", w.Width, DashboardColumns}, {"height", w.Height, maxWidgetHeight}} {
		if one.value < 0 || one.value > one.most {
			wrong(one.field, problem("%d is not between 1 and %d", "%d 不在 1 到 %d 之间", "", "", one.value, one.most))
			return
		}
	}
	if w.Column > 0 && w.Column+max(w.Width, 1)-1 > DashboardColumns {
		wrong("width", problem("it ends in column %d, the grid has %d", "到第 %d 列，网格只有 %d 列", "make it narrower, or begin further to the left", "请改窄，或向左移", w.Column+w.Width-1, DashboardColumns))
	}
}
