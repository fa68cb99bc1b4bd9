package workspace

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/rule"
	"sockeye/internal/schedule"
)

// checker collects what is wrong with a file.
type checker struct {
	file     *File
	problems []error
	programs map[[2]string]*rule.Compiled // by rules and start, so that each is made once
	steps    int                          // of all programs
	named    namedBytes
	// options are those of the endpoints, as a text spells them, and unfit the paths of
	// what did not fit in it.
	options map[int]sockeye.OptionSet
	unfit   []string
	strange []string // keys that the format does not have, by pathOf
	// place finds the line of something, for files that were read; may be nil.
	place func(path ...any) string
	// root is what the fields of a file in JSON are below: a problem is told with its path.
	root string
}

// maxProblems bounds how many are told at once. When there are so many, nothing more
// is looked at.
const maxProblems = 20

// maxSteps bounds the expressions of all rules that a file compiles, and maxRules the
// rules: one set is bounded by itself, but a file may have thousands.
const (
	maxSteps = 4 * rule.MaxSteps
	maxRules = 2 * rule.MaxRules
)

// maxNamedBytes bounds the payloads that rows or rules name, counted once for each that
// names one: a thousand rules may name the same megabyte.
const maxNamedBytes = MaxBytes / 4

// namedBytes counts them.
type namedBytes int

func (n *namedBytes) add(p Payload) error {
	if *n += namedBytes(len(p.Text) + len(p.Hex)); *n <= maxNamedBytes {
		return nil
	}
	return problem("the payloads named here and before are more than %d MiB, each counted as often as it is named", "此处及之前引用的数据超过 %d MiB（每次引用都计入）", "name long payloads less often, or split the file", "请减少对长数据的引用，或拆成多个文件", maxNamedBytes>>20)
}

// join is all problems as one error, nil of none.
func (c *checker) join() error {
	if c.isFull() {
		return errors.Join(append(c.problems, notAll)...)
	}
	return errors.Join(c.problems...)
}

// notAll ends a list of problems that is full.
var notAll = &sockeye.Error{Kind: sockeye.Invalid, Message: both("perhaps more: after %d faults no others are looked for", "可能还有其他错误：找到 %d 处后不再继续查找", maxProblems)}

func (c *checker) isFull() bool { return len(c.problems) >= maxProblems }

// add notes a problem at a place: a path of keys and indexes, whose last words are
// named in the target.
func (c *checker) add(err error, target string, path ...any) {
	if c.isFull() {
		return
	}
	e := *sockeye.ErrorOf(err)
	e.Op, e.Target = "", shortened(target)
	e.Message = sockeye.Text{En: shortened(e.Message.En), Zh: shortened(e.Message.Zh)}
	if c.root != "" {
		e.Op, e.Target = "set", shortened(c.root+jsonPath(path))
	} else if c.place != nil {
		if at := c.place(path...); at != "" {
			e.Target = at + ": " + e.Target
		}
	}
	c.problems = append(c.problems, &e)
}

// jsonPath is a path below something: ".lists.boot.row[2].charset".
func jsonPath(path []any) string {
	var b strings.Builder
	for _, part := range path {
		if n, ok := part.(int); ok {
			fmt.Fprintf(&b, "[%d]", n)
		} else {
			fmt.Fprintf(&b, ".%s", part)
		}
	}
	return b.String()
}

// maxProblemText bounds what is told of a problem: a name or a value may be as long as the file.
const maxProblemText = 2000

func shortened(s string) string {
	if len(s) <= maxProblemText {
		return s
	}
	return strings.ToValidUTF8(s[:maxProblemText], "") + "…"
}

func problem(en, zh, hintEn, hintZh string, args ...any) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Message: both(en, zh, args...), Hint: sockeye.Text{En: hintEn, Zh: hintZh}}
}

func both(en, zh string, args ...any) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// unknownName is the error of a name that is not among those there are.
func unknownName[V any](what, name string, there map[string]V) error {
	e := &sockeye.Error{Kind: sockeye.NotFound, Message: both("there is no %s named %s", "没有名为 %[2]s 的 %[1]s", what, payload.Quote(name, 40))}
	if near := nearest(name, there); near != "" {
		e.Hint = both("did you mean %q?", "是否想写 %q？", near)
	} else if n := len(there); n > 0 && n <= maxNamesTold {
		e.Hint = both("there are: %s", "已有：%s", payload.SafeString(strings.Join(keys(there), ", ")))
	}
	return e
}

// nearest is the name that is spelled much like another; of two letters any two
// names are.
func nearest[V any](name string, there map[string]V) string {
	if len(name) < 3 || len(name) > maxNearBytes {
		return ""
	}
	name, near := strings.ToLower(name), ""
	for s := range there {
		differ := len(name) - len(s) // Near takes two letters at most, of 4 bytes each
		if differ >= -8 && differ <= 8 && (near == "" || s < near) && checksum.Near(name, strings.ToLower(s)) {
			near = s
		}
	}
	return near
}

// maxNearBytes is the longest name for which a similar one is looked for, maxNamesTold how
// many names there may be for all of them to be told.
const (
	maxNearBytes = 100
	maxNamesTold = 20
)

func (c *checker) openings() ([]Opening, error) {
	sets := c.sets()
	c.payloads()
	lists := c.lists()
	c.aliases()
	c.registers()
	c.fieldSpecs()
	c.dashboards()
	var all []Opening
	names := map[string]bool{}
	if n := len(c.file.Endpoints); n > MaxEndpoints {
		c.add(problem("%d endpoints are more than %d", "%d 个端点超过了 %d 个", "split the file", "请拆成多个文件", n, MaxEndpoints), "endpoint", "endpoint")
		return nil, c.join()
	}
	for n, e := range c.file.Endpoints {
		if c.isFull() {
			break
		}
		name := e.Name
		if name == "" {
			c.add(problem("an endpoint needs a name", "端点需要名称", `write name = "meter"`, `写 name = "meter"`), "endpoint "+strconv.Itoa(n+1), "endpoint", n, "name")
		} else if names[name] {
			c.add(problem("two endpoints have this name", "两个端点重名", "", ""), "endpoint "+name, "endpoint", n, "name")
		}
		names[name] = true
		all = append(all, c.opening(n, e, sets, lists))
	}
	return all, c.join()
}

func (c *checker) opening(n int, e Endpoint, sets map[string]rule.Set, lists map[string]*schedule.List) Opening {
	o := Opening{Name: e.Name, Echo: e.Echo, RuleSet: e.Rules, ignored: e.Ignored}
	wrong := func(err error, key string) {
		at := []any{"endpoint", n, key}
		if name, index, ok := strings.Cut(strings.TrimSuffix(key, "]"), "["); ok {
			element, _ := strconv.Atoi(index)
			at = []any{"endpoint", n, name, element}
		}
		if !c.isUnfit(at) {
			c.add(err, "endpoint "+e.Name+": "+key, at...)
		}
	}
	mode, typed, key := sockeye.Listen, e.Listen, "listen"
	if e.Connect != "" {
		mode, typed, key = sockeye.Connect, e.Connect, "connect"
	}
	if (e.Listen == "") == (e.Connect == "") {
		wrong(problem("an endpoint needs one of listen and connect", "端点需要 listen 或 connect 之一", `write listen = "tcp://:10000"`, `写 listen = "tcp://:10000"`), "listen")
	} else if o.Endpoint = (sockeye.Endpoint{Mode: mode, Options: e.Options}); !c.readAddress(&o.Endpoint, typed, key, wrong) {
		o.Endpoint = sockeye.Endpoint{}
	} else {
		spelled := c.options[n]
		for _, one := range sockeye.SplitErrors(o.Endpoint.Validate()) {
			target := spelled.KeyOf(sockeye.ErrorOf(one).Target, sockeye.FileForm)
			if target == "address" {
				target = key
			}
			wrong(one, target)
		}
	}
	o.around(e.Frame, e.Check, e.Allow, wrong)
	c.rulesOf(&o, e, sets, wrong)
	o.List = c.listOf(e, lists, wrong)
	o.Relay = c.relayOf(e, o.Endpoint.Address.Network, wrong)
	return o
}

// readAddress sets the address of an endpoint and the options that it names; false if
// something is wrong with them.
func (c *checker) readAddress(e *sockeye.Endpoint, typed, key string, wrong func(err error, key string)) bool {
	faults := sockeye.SplitErrors(e.ReadAddress(typed, sockeye.DefaultPort))
	for _, err := range faults {
		wrong(err, key)
	}
	return len(faults) == 0
}

// around reads how frames are found and judged, and which guards are lifted.
func (o *Opening) around(frame, check string, allow []string, wrong func(err error, key string)) {
	var err error
	if frame != "" {
		if o.Frame, err = framing.Parse(frame); err != nil {
			wrong(err, "frame")
		}
	}
	if check != "" {
		if o.Check, err = checksum.ParseTrailer(check); err != nil {
			wrong(err, "check")
		}
	}
	words, bad := Allowed(allow)
	for n, err := range bad {
		if err != nil {
			wrong(err, fmt.Sprintf("allow[%d]", n))
		}
	}
	o.Allow = words
}

func (c *checker) payloads() {
	for _, name := range keys(c.file.Payloads) {
		if c.isFull() {
			return
		}
		p := c.file.Payloads[name]
		if p.Text != "" && p.Hex != "" {
			c.add(problem("both text and hex", "同时写了 text 和 hex", "write one of them", "只写其中之一"), "payloads."+name, "payloads", name)
			continue
		}
		for _, fault := range p.faults() {
			if at := []any{"payloads", name, fault.Field}; !c.isUnfit(at) {
				c.add(fault, "payloads."+name+": "+fault.Field, at...)
			}
		}
	}
}

func (c *checker) aliases() {
	for _, address := range keys(c.file.Aliases) {
		if c.isFull() {
			return
		}
		if _, err := netip.ParseAddr(address); err != nil {
			c.add(problem("%s is not an IP address", "%s 不是 IP 地址", `write "192.168.1.88" = "kitchen"`, `写 "192.168.1.88" = "kitchen"`, payload.Quote(address, 40)), "aliases", "aliases", address)
		}
		alias := c.file.Aliases[address]
		if alias == "" {
			c.add(problem("an alias needs a name", "别名不能为空", "", ""), "aliases", "aliases", address)
		} else if err := sockeye.CheckAlias(alias); err != nil {
			c.add(err, "aliases: "+payload.Quote(alias, 40), "aliases", address)
		}
	}
}
