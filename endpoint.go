package sockeye

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"time"
)

// Mode is which side of a connection an endpoint plays.
type Mode string

// The modes.
const (
	Listen  Mode = "listen"
	Connect Mode = "connect"
)

// Endpoint is what to open.
type Endpoint struct {
	Mode    Mode
	Address Address
	Options Options
}

// String names the endpoint as logs and recordings do: "tcp-listen://:10000".
func (e Endpoint) String() string {
	return string(e.Address.network()) + "-" + string(e.Mode) + "://" + e.Address.place()
}

// OptionalBool is an on-off option that can also be left to its default.
type OptionalBool int8

// The values of an OptionalBool.
const (
	Default OptionalBool = iota
	On
	Off
)

// Or resolves the choice against its default.
func (c OptionalBool) Or(def bool) bool {
	if c == Default {
		return def
	}
	return c == On
}

// ChoiceOf is On for true and Off for false.
func ChoiceOf(on bool) OptionalBool {
	if on {
		return On
	}
	return Off
}

// OverCap is what a listening session does with connections beyond its peer limit.
type OverCap string

// The policies beyond the peer limit.
const (
	// RefuseOverCap accepts and resets at once, so that the client knows. The default.
	RefuseOverCap OverCap = "refuse"
	// PauseOverCap stops accepting: connections wait in the kernel's queue, as
	// long as its backlog is.
	PauseOverCap OverCap = "pause"
)

// AnswerTimeout is that of the effective options.
func (e Endpoint) AnswerTimeout() time.Duration {
	o := e.Effective()
	return o.AnswerTimeout()
}

// Takes reports whether the endpoint has an option, by its name.
func (e Endpoint) Takes(option string) bool {
	d, _ := AllOptions.Lookup(option, FlagForm)
	return d != nil && d.Takes(e)
}

// ModeField is what an error of Validate names where the endpoint's mode is wrong: there
// is an option called mode, too.
const ModeField = "listen or connect"

// Validate reports everything that is wrong with the endpoint, joined; each part
// is an *Error of kind Invalid whose Target is the field.
func (e Endpoint) Validate() error {
	var v problems
	switch e.Mode {
	case Listen:
	case Connect:
		v.checkConnect(e)
	default:
		v.add(ModeField, Text{fmt.Sprintf("%q is neither listen nor connect", e.Mode), fmt.Sprintf("%q 既不是 listen 也不是 connect", e.Mode)}, Text{})
	}
	if !e.Address.network().Traits().IP && e.Address.Path == "" {
		hint := Text{"write unix:///run/x.sock", "写成 unix:///run/x.sock"}
		if e.Address.network().Traits().Line {
			hint = serialHint
		}
		v.add("address", Text{"the path is missing", "缺少路径"}, hint)
	}
	v.checkGroup(e)
	v.checkSocketFile(e)
	v.checkTogether(&e.Options)
	for i := range AllOptions {
		d := &AllOptions[i]
		if known := e.Mode == Listen || e.Mode == Connect; known && !d.Takes(e) && !d.saysDefault(&e.Options) {
			v = append(v, d.misplaced(e))
		} else {
			d.check(&v, &e.Options)
		}
	}
	return v.join()
}

// Check reports everything that is wrong with the options by themselves, as
// Endpoint.Validate does: for an endpoint whose scheme is not known.
func (o *Options) Check() error {
	var v problems
	v.checkTogether(o)
	for i := range AllOptions {
		AllOptions[i].check(&v, o)
	}
	return v.join()
}

// checkTogether notes options that do not fit each other, whatever the scheme.
func (v *problems) checkTogether(o *Options) {
	v.checkTLS(&o.TLS)
	v.checkClose(o)
}

// WithoutMisplaced is the endpoint without the options that its scheme or its mode does
// not have, and what is to be said of each.
func (e Endpoint) WithoutMisplaced() (Endpoint, []error) {
	var misplaced []error
	for i := range AllOptions {
		if d := &AllOptions[i]; !d.Takes(e) && !d.saysDefault(&e.Options) {
			misplaced = append(misplaced, d.misplaced(e))
			reflect.ValueOf(d.field(&e.Options)).Elem().SetZero()
		}
	}
	return e, misplaced
}

// problems collects what Validate finds.
type problems []error

func (v *problems) add(field string, message, hint Text) {
	*v = append(*v, &Error{Kind: Invalid, Op: "set", Target: field, Message: message, Hint: hint})
}

func (v problems) join() error { return errors.Join(v...) }

func (v *problems) checkConnect(e Endpoint) {
	t := e.Address.network().Traits()
	if t.Broker {
		v.add(ModeField, Text{"a broker only listens", "代理只能监听"},
			Text{"mosquitto_sub and mosquitto_pub are clients; sockeye device " + e.Address.String() + " publishes what it measures", "客户端请用 mosquitto_sub 与 mosquitto_pub；sockeye device " + e.Address.String() + " 可发布测量值"})
		return
	}
	if !t.IP {
		return
	}
	if e.Address.Host == "" {
		v.add("address", Text{"connect needs a host", "连接需要主机地址"},
			Text{fmt.Sprintf("write localhost:%d for this machine, or the other machine's address", e.Address.Port),
				fmt.Sprintf("本机请写 localhost:%d，否则写对方的地址", e.Address.Port)})
	}
	if e.Address.Port == 0 {
		v.add("address", Text{"connect needs a port from 1 to 65535", "连接需要 1 到 65535 的端口"},
			Text{"port 0, any free port, is for listening", "端口 0（任意空闲端口）只能用于监听"})
	}
	want := e.Address.Network.Family()
	if ip, err := netip.ParseAddr(e.Address.Host); err == nil && want == 0 {
		want = map[bool]int{true: 4, false: 6}[ip.Unmap().Is4()]
	}
	for _, s := range e.Options.Sources {
		if want != 0 && (want == 4) != s.Unmap().Is4() {
			v.add("source", Text{fmt.Sprintf("%s is not an IPv%d address", s, want), fmt.Sprintf("%s 不是 IPv%d 地址", s, want)},
				Text{"source and destination are of one family", "源地址与目标地址必须同为 IPv4 或 IPv6"})
		}
	}
}
