package terminal

import (
	"sockeye"
	"sockeye/internal/fields"
)

// fields carries out /fields: it shows the values in what was received before and comes from now
// on.
func (c *repl) fields(rest string) error {
	if rest == "" {
		return Usage("/fields", sockeye.Text{En: "which?", Zh: "缺少字段格式"}, sockeye.Text{En: "write keys, csv, json, u8 id, i16be temp*0.1 … or off", Zh: "写 keys、csv、json、u8 id, i16be temp*0.1…，或 off"})
	}
	var set fields.SpecSet
	if rest != "off" {
		s, err := fields.Parse(rest)
		if err != nil {
			return OfFlag(err, "/fields")
		}
		set = fields.SpecSet{s}
	}
	again := c.run.Bench.View(0)
	c.run.view.reframing.ask(func(v *View) { v.revalue(set, again) })
	return nil
}
