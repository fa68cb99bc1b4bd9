package sockeye

import "slices"

// OptionGroup are options of the same schemes and mode, under one heading.
type OptionGroup struct {
	Title   Text
	Options OptionTable
}

// Groups are the options by the endpoints that have them, those of every endpoint first.
func (t OptionTable) Groups() (groups []OptionGroup) {
	for _, d := range t {
		title := d.scope()
		n := slices.IndexFunc(groups, func(g OptionGroup) bool { return g.Title == title })
		if n < 0 {
			n = len(groups)
			groups = append(groups, OptionGroup{Title: title})
		}
		groups[n].Options = append(groups[n].Options, d)
	}
	slices.SortStableFunc(groups, func(a, b OptionGroup) int { return a.Options[0].rank() - b.Options[0].rank() })
	return groups
}

// scope says which endpoints have the option.
func (d *Option) scope() Text {
	of := SchemeNames(d.Schemes)
	if of.IsZero() {
		of = Text{"Every endpoint", "所有端点"}
	}
	switch {
	case len(d.Schemes) == 0 && d.Mode == Listen:
		return Text{"Endpoints that listen", "监听的端点"}
	case len(d.Schemes) == 0 && d.Mode == Connect:
		return Text{"Endpoints that connect", "发起连接的端点"}
	case d.Mode == Listen:
		return Text{of.En + ", listening", of.Zh + "，监听"}
	case d.Mode == Connect:
		return Text{of.En + ", connecting", of.Zh + "，连接"}
	}
	return of
}

// rank puts options of more endpoints first.
func (d *Option) rank() int {
	rank := 0
	switch d.Mode {
	case Listen:
		rank = 1
	case Connect:
		rank = 2
	}
	if len(d.Schemes) > 0 {
		rank += 10
		for n, network := range []Network{TCP, UDP} {
			if d.Schemes[0] == network {
				rank += 10 * (n + 1)
			}
		}
		if len(d.Schemes) > 1 {
			rank -= 10
		}
	}
	return rank
}
