package workspace

import (
	"strings"

	"sockeye"
	"sockeye/internal/fault"
	"sockeye/internal/payload"
)

// Relay is how an endpoint passes on what its peers send, found sound.
type Relay struct {
	Upstream sockeye.Endpoint
	Share    string // which peers may write to the one connection that they share; "": each has its own
	Routes   []Route
	Faults   []string // as fault.Parse reads them
	Frame    string   // how streams are cut into messages for them
}

// Set is the faults, for one opening; nil of none. Seeds that none says are drawn.
func (r *Relay) Set() *fault.RelayFaults {
	if len(r.Faults) == 0 {
		return nil
	}
	set, err := fault.ParseSet(r.Frame, r.Faults)
	if err != nil {
		panic("workspace: faults that were checked: " + err.Error())
	}
	return set
}

// given says whether a key is in an endpoint.
type given struct {
	key string
	is  bool
}

// relayOf reads how an endpoint relays; nil if it does not.
func (c *checker) relayOf(e Endpoint, listen sockeye.Network, wrong func(error, string)) *Relay {
	if e.Upstream == "" {
		for _, one := range []given{{"share", e.Share != ""}, {"routes", e.Routes != nil}, {"faults", e.Faults != nil}, {"fault_frame", e.FaultFrame != ""}} {
			if one.is {
				wrong(problem("only a relay has it", "只有转发才有此项", `write upstream = "tcp://192.168.1.88:10000"`, `写 upstream = "tcp://192.168.1.88:10000"`), one.key)
			}
		}
		return nil
	}
	if e.Connect != "" {
		wrong(problem("only an endpoint that listens can be relayed", "只有监听的端点才能转发", "write listen instead of connect", "请用 listen 代替 connect"), "upstream")
	}
	for _, one := range []given{{"echo", e.Echo}, {"rules", e.Rules != ""}, {"send", e.Send != ""}} {
		if one.is {
			wrong(problem("a relay passes on what comes, and sends nothing by itself", "转发只传递数据，不会自动发送", "leave it out, or upstream", "请去掉它或 upstream"), one.key)
		}
	}
	r := &Relay{Share: e.Share, Faults: e.Faults, Frame: e.FaultFrame, Upstream: sockeye.Endpoint{Mode: sockeye.Connect}}
	if c.readAddress(&r.Upstream, e.Upstream, "upstream", wrong) {
		for _, one := range sockeye.SplitErrors(r.Upstream.Validate()) {
			wrong(one, "upstream")
		}
		if r.Upstream.Options.Reconnect {
			wrong(problem("the upstream is dialled for each peer", "上游按连接对象分别连接", "leave reconnect out", "请去掉 reconnect"), "upstream")
		}
	}
	var err error
	r.Routes, err = ParseRoutes(e.Routes, sockeye.DefaultPort)
	named(err, wrong)
	r.checkShare(wrong)
	r.checkFaults(listen, wrong)
	return r
}

// checkShare says what does not go together with peers that share one connection.
func (r *Relay) checkShare(wrong func(error, string)) {
	switch {
	case r.Share == "":
	case r.Share != "one" && r.Share != "all":
		wrong(problem("neither one nor all peers", "既不是 one 也不是 all", "write one or all: which peers may write", "请写 one 或 all：哪些连接对象可以写入"), "share")
	case len(r.Routes) > 0 || len(r.Faults) > 0:
		wrong(problem("routes and faults are for peers that have a connection to the upstream each", "routes 与 faults 只用于各自连接上游的连接对象", "leave them out, or share", "请去掉它们或 share"), "share")
	}
}

func (r *Relay) checkFaults(listen sockeye.Network, wrong func(error, string)) {
	set, err := fault.ParseSet(r.Frame, r.Faults)
	if err == nil && r.Upstream.Address.Network != "" {
		all := []sockeye.Network{r.Upstream.Address.Network}
		for _, route := range r.Routes {
			all = append(all, route.Upstream.Address.Network)
		}
		err = set.Check(listen, all...)
	}
	named(err, wrong)
}

// named tells each fault at the key that it is of.
func named(err error, wrong func(error, string)) {
	for _, one := range sockeye.SplitErrors(err) {
		key := sockeye.ErrorOf(one).Target
		if key == "frame" {
			key = "fault_frame"
		}
		wrong(one, key)
	}
}

// plan says what the relay does, a line for each.
func (r *Relay) plan(l sockeye.Lang) []string {
	say := func(en, zh string, args ...any) string { return both(en, zh, args...).In(l) }
	at := payload.SafeString(r.Upstream.Address.String())
	lines := []string{say("pass on to %s, each peer by a connection of its own", "转发到 %s，每个连接对象各用一个连接", at)}
	switch r.Share {
	case "one":
		lines[0] = say("pass on to %s, all by one connection to which one peer may write", "转发到 %s，共用一个连接，一个对象可写", at)
	case "all":
		lines[0] = say("pass on to %s, all by one connection", "转发到 %s，共用一个连接", at)
	}
	if why, ok := risk(r.Upstream.Address); ok {
		lines = append(lines, why.In(l))
	}
	for _, route := range r.Routes {
		lines = append(lines, say("other upstream: %s", "其他上游：%s", payload.SafeString(route.Text)))
		if why, ok := risk(route.Upstream.Address); ok {
			lines = append(lines, why.In(l))
		}
	}
	if len(r.Faults) > 0 {
		lines = append(lines, say("with faults: %s", "注入故障：%s", payload.SafeString(strings.Join(r.Faults, "; "))))
	}
	return lines
}
