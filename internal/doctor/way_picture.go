package doctor

import (
	"cmp"
	"slices"

	"sockeye"
)

// way is the picture of the way from this machine to the other one.
func (d *Diagnosis) way(lang sockeye.Lang) []Stop {
	stops := d.stops(lang)
	broken := -1
	if d.Cause != nil {
		broken = slices.IndexFunc(stops, func(s Stop) bool { return s.Station == d.Cause.Station })
	}
	for n := range stops {
		switch s := &stops[n]; {
		case n == broken:
			s.State, s.Word = Wrong, d.brokenWord().In(lang)
		case (broken < 0 || n < broken) && d.passed(s.Station):
			s.State = OK
		default:
			s.State = CannotTell
		}
	}
	return stops
}

// brokenWord stands at the broken place.
func (d *Diagnosis) brokenWord() sockeye.Text {
	if d.Cause.Cause == CauseInvalidAddress {
		return say("typing error", "输入有误")
	}
	if d.Cause.Cause == CauseFirewallBetween || d.Cause.Cause == CauseLostBetween {
		return say("broken here or behind", "断在这里或后面")
	}
	return say("broken here", "断在这里")
}

// path is the way that is drawn: to the first address that answered, or to the first.
func (d *Diagnosis) path() Path {
	list := d.Facts.Paths
	if n := slices.IndexFunc(list, func(p Path) bool { return p.TCP.Answers() || p.UDP.Answers() }); n >= 0 {
		return list[n]
	}
	return list[0]
}

// passed says that a place is known to let through what was asked for. A place that was not
// checked is not.
func (d *Diagnosis) passed(at Station) bool {
	f := d.Facts
	switch {
	case f.Fault != nil:
		return false
	case f.Host == "" || f.Local || len(f.Paths) == 0:
		return d.passedHere(at)
	}
	p := d.path()
	open := f.open(p)
	came := open || p.TCP.Answers() || f.isUDP() && p.UDP.Answers() || f.fromOther(p.TCP) || f.fromOther(p.UDP)
	switch at {
	case StationProgram:
		return true
	case StationFirewall:
		return came || d.says(CheckFirewall, OK)
	case StationInterface:
		return came || d.says(CheckWay, OK)
	case StationNetwork:
		there := came && !f.fromOther(p.TCP) || p.OtherTCP.Answers() || p.OtherUDP.Answers()
		return there || p.Neighbour.Answered() && !p.Route.Gateway.IsValid()
	case StationThere:
		return open || p.TCP.Outcome == Reset
	case StationPort:
		return open && !f.unanswered(p)
	}
	return false
}

// passedHere is passed for a port of this machine.
func (d *Diagnosis) passedHere(at Station) bool {
	f := d.Facts
	loopback := len(f.Paths) > 0 && f.Paths[0].Address.IsLoopback()
	open := slices.ContainsFunc(f.Paths, f.open)
	switch at {
	case StationNetwork:
		return loopback && open || f.hasClient()
	case StationInterface:
		return loopback || d.says(CheckWay, OK)
	case StationFirewall:
		return open && loopback || f.hasClient() || d.says(CheckFirewall, OK)
	case StationProgram, StationPort, StationThere:
		return open || d.says(CheckHere, OK)
	}
	return false
}

// says is whether a check said something, and nothing but the verdict.
func (d *Diagnosis) says(c Check, v Verdict) bool {
	said := false
	for _, f := range d.Findings {
		if f.Check == c {
			if f.Verdict != v {
				return false
			}
			said = true
		}
	}
	return said
}

// stopsToAddress is the way for an address that means nothing: it ends at this end.
func (d *Diagnosis) stopsToAddress(lang sockeye.Lang) []Stop {
	const most = 40
	asked := []rune(d.Facts.Asked)
	if len(asked) > most {
		asked = append(asked[:most], '…')
	}
	return []Stop{
		{Station: StationProgram, Label: say("this machine", "本机").In(lang), Note: string(asked)},
		{Station: StationInterface, Label: say("interface", "网卡").In(lang)},
		{Station: StationNetwork, Label: say("network", "网络").In(lang)},
		{Station: StationPort, Label: say("the other machine", "对方机器").In(lang)},
	}
}

// stops are the places on the way, in the order in which packets pass them.
func (d *Diagnosis) stops(lang sockeye.Lang) []Stop {
	f := d.Facts
	if f.Fault != nil {
		return d.stopsToAddress(lang)
	}
	firewall, port := say("firewall", "防火墙").In(lang), say("port %d", "端口 %d", f.Port).In(lang)
	if f.Host == "" || len(f.Paths) == 0 || f.Local {
		list := d.stopsToHere(lang)
		if f.Port != 0 {
			list = append(list, Stop{Station: StationFirewall, Label: firewall}, Stop{Station: StationProgram, Label: port, Note: say("this machine", "本机").In(lang)})
		}
		return d.withPort(list)
	}
	p := d.path()
	network, note := d.networkStop(p)
	source := ""
	if p.Route.Source.IsValid() {
		source = p.Route.Source.String()
	}
	return []Stop{
		{Station: StationProgram, Label: say("this machine", "本机").In(lang), Note: source},
		{Station: StationFirewall, Label: firewall},
		{Station: StationInterface, Label: cmp.Or(p.Route.Interface, say("interface", "网卡").In(lang))},
		{Station: StationNetwork, Label: network.In(lang), Note: note},
		{Station: StationThere, Label: firewall},
		{Station: StationPort, Label: port, Note: p.Address.String()},
	}
}

// stopsToHere are the places before the firewall of this machine: whoever uses a loopback
// address is here too.
func (d *Diagnosis) stopsToHere(lang sockeye.Lang) []Stop {
	f := d.Facts
	from, at, note := say("other machines", "其他机器"), say("network", "网络").In(lang), ""
	here := len(f.Paths) > 0 && f.Paths[0].Address.IsLoopback()
	if here {
		from = say("programs here", "本机程序")
	}
	for _, i := range f.Interfaces {
		if i.Loopback == here && i.Up && len(i.Prefixes) > 0 && note == "" {
			at, note = i.Name, i.Prefixes[0].String()
		}
	}
	return []Stop{{Station: StationNetwork, Label: from.In(lang)}, {Station: StationInterface, Label: at, Note: note}}
}

// withPort lets a fault of the port there be shown at this machine's port: the machine is both.
func (d *Diagnosis) withPort(list []Stop) []Stop {
	if d.Cause == nil || len(list) == 0 {
		return list
	}
	switch last := &list[len(list)-1]; d.Cause.Station {
	case StationPort, StationThere:
		last.Station = d.Cause.Station
	}
	return list
}
