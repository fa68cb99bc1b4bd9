// Package workspace reads and writes the one file that holds saved endpoints,
// aliases, payloads, lists and rules. It is TOML, made to be read, commented and
// sent to somebody; what is in a file is checked to the end before any of it is
// used. The package opens nothing: a File is data, until somebody says run.
package workspace

import (
	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/rule"
	"sockeye/internal/schedule"
)

// Version is the version of the format that is written. Older ones are read; see
// migrations.
const Version = 2

// MaxBytes is the largest file that is read, and MaxEndpoints the most that one opens.
const (
	MaxBytes     = 4 << 20
	MaxEndpoints = 256
)

// File is what a workspace file says. The tags are its keys.
type File struct {
	// Version is that of the format; every file begins with it.
	Version int `toml:"sockeye" json:"sockeye"`
	// About says in a line what the file is for.
	About string `toml:"about,omitempty" json:"about,omitempty"`
	// Variables are what {{var.NAME}} in payloads becomes.
	Variables map[string]string `toml:"variables,omitempty" json:"variables,omitempty"`
	// Aliases name addresses: "192.168.1.88" = "kitchen".
	Aliases map[string]string `toml:"aliases,omitempty" json:"aliases,omitempty"`
	// Payloads are messages with a name.
	Payloads map[string]Payload `toml:"payloads,omitempty" json:"payloads,omitempty"`
	// Endpoints are what the file opens, in this order.
	Endpoints []Endpoint `toml:"endpoint,omitempty" json:"endpoint,omitempty"`
	// Rules are sets of rules with a name; a set's rules are tried in their order.
	Rules map[string][]Rule `toml:"rules,omitempty" json:"rules,omitempty"`
	// Registers name what Modbus registers hold: "holding 100" = "i16be temp*0.1"; see
	// decode.ParseRegisters.
	Registers map[string]string `toml:"registers,omitempty" json:"registers,omitempty"`
	// Fields are field specs with a name, as fields.Parse reads them; several lines are
	// several specs, tried in turn.
	Fields map[string]string `toml:"fields,omitempty" json:"fields,omitempty"`
	// Dashboards are instruments that show values and send messages, by the names of the
	// dashboards.
	Dashboards map[string][]Widget `toml:"dashboards,omitempty" json:"dashboards,omitempty"`
	// Lists are lists of payloads to send, with a name.
	Lists map[string]List `toml:"lists,omitempty" json:"lists,omitempty"`
}

// Payload is a message: text with escapes and fields, or the same in hex. A file may
// give just the text, without a table.
type Payload struct {
	Text string `toml:"text,omitempty" json:"text,omitempty"`
	Hex  string `toml:"hex,omitempty" json:"hex,omitempty"`
	// Charset is what characters become, and Checksum is put after the rest: a name, or
	// what checksum.ParseTrailer reads.
	Charset  string `toml:"charset,omitempty" json:"charset,omitempty"`
	Checksum string `toml:"checksum,omitempty" json:"checksum,omitempty"`
	// LineEnd is put after all: "lf", "crlf" or "cr".
	LineEnd string `toml:"line_ending,omitempty" json:"line_ending,omitempty" alias:"line_end"`
	// Prefix and Suffix are text with escapes and fields, also around hex: prefix,
	// message, checksum, suffix, line end.
	Prefix string `toml:"prefix,omitempty" json:"prefix,omitempty"`
	Suffix string `toml:"suffix,omitempty" json:"suffix,omitempty"`
}

// Endpoint is something to open, and how it is answered. Exactly one of Listen and
// Connect is given.
type Endpoint struct {
	Name    string `toml:"name" json:"name"`
	Listen  string `toml:"listen,omitempty" json:"listen,omitempty"`
	Connect string `toml:"connect,omitempty" json:"connect,omitempty"`
	// Frame is a framing spec, Check the checksum that frames end with.
	Frame string `toml:"frame,omitempty" json:"frame,omitempty"`
	Check string `toml:"check,omitempty" json:"check,omitempty"`
	// Rules is the name of the set that answers, and Start the state that each peer
	// begins in.
	Rules string `toml:"rules,omitempty" json:"rules,omitempty"`
	Start string `toml:"start,omitempty" json:"start,omitempty"`
	// Allow lifts guards: "storm", "amplify", "low-ports".
	Allow []string `toml:"allow,omitempty" json:"allow,omitempty"`
	// Send is the name of the list that is sent once it is open.
	Send string `toml:"send,omitempty" json:"send,omitempty"`
	// Echo sends back what comes in.
	Echo bool `toml:"echo,omitempty" json:"echo,omitempty"`
	// Upstream makes a relay of an endpoint that listens: each peer gets a connection of its
	// own to this address, whose options stand behind a ?. Nothing else answers.
	Upstream string `toml:"upstream,omitempty" json:"upstream,omitempty"`
	// Share has all peers share one connection, and says which may write: "one" or "all".
	Share string `toml:"share,omitempty" json:"share,omitempty"`
	// Routes are upstreams of some peers, tried in order; see ParseRoute.
	Routes []string `toml:"routes,omitempty" json:"routes,omitempty"`
	// Faults are what goes wrong between the two sides, as fault.Parse reads it, and
	// FaultFrame how streams are cut into messages for them.
	Faults     []string `toml:"faults,omitempty" json:"faults,omitempty"`
	FaultFrame string   `toml:"fault_frame,omitempty" json:"fault_frame,omitempty"`

	// Options are keys of the endpoint itself; see OptionForm.
	Options sockeye.Options `toml:"-" json:"-"`
	// Ignored says which options of a file from before are not used.
	Ignored []sockeye.Text `toml:"-" json:"-"`
}

// Rule is a rule.Rule with a short form for the usual case of one reply.
type Rule struct {
	Name     string             `toml:"name,omitempty" json:"name,omitempty"`
	Match    string             `toml:"match,omitempty" json:"match,omitempty"`
	Join     bool               `toml:"join,omitempty" json:"join,omitempty"`
	Every    rule.DurationRange `toml:"every,omitzero" json:"every,omitzero"`
	After    rule.DurationRange `toml:"after,omitzero" json:"after,omitzero"`
	In       []string           `toml:"in,omitempty" json:"in,omitempty"`
	Reply    string             `toml:"reply,omitempty" json:"reply,omitempty"`
	ReplyHex string             `toml:"reply_hex,omitempty" json:"reply_hex,omitempty"`
	Payload  string             `toml:"payload,omitempty" json:"payload,omitempty"` // the name of one
	Delay    rule.DurationRange `toml:"delay,omitzero" json:"delay,omitzero"`
	To       rule.To            `toml:"to,omitempty" json:"to,omitempty"`
	Replies  []Reply            `toml:"replies,omitempty" json:"replies,omitempty"`
	Goto     string             `toml:"goto,omitempty" json:"goto,omitempty"`
	Cooldown rule.DurationRange `toml:"cooldown,omitzero" json:"cooldown,omitzero"`
	Count    int                `toml:"count,omitempty" json:"count,omitempty"`
	Chance   *float64           `toml:"chance,omitempty" json:"chance,omitempty"`
	End      rule.End           `toml:"end,omitempty" json:"end,omitempty"`
}

// Reply is one reply of a rule with several.
type Reply struct {
	Text    string             `toml:"text,omitempty" json:"text,omitempty"`
	Hex     string             `toml:"hex,omitempty" json:"hex,omitempty"`
	Payload string             `toml:"payload,omitempty" json:"payload,omitempty"`
	Delay   rule.DurationRange `toml:"delay,omitzero" json:"delay,omitzero"`
	To      rule.To            `toml:"to,omitempty" json:"to,omitempty"`
}

// Opening is an endpoint with everything that answers it, found sound.
type Opening struct {
	Name     string
	Endpoint sockeye.Endpoint
	Echo     bool
	Frame    framing.Spec
	Check    checksum.Trailer
	// RuleSet is the name of the rules, or "", and Compiled what they are.
	RuleSet  string
	Compiled *rule.Compiled
	Allow    rule.Allowed
	// List is what is sent once it is open, or nil.
	List *schedule.List
	// Relay is what its peers are passed on to, or nil.
	Relay *Relay

	ignored []sockeye.Text // options of a file from before that the endpoint does not have
}

// FrameSpec is how its frames are found, as framing.Parse reads it; "" is as they come.
func (o *Opening) FrameSpec() string {
	if o.Frame == (framing.Spec{}) {
		return ""
	}
	return o.Frame.String()
}

// Openings are what the file opens, in its order. The error joins everything that
// is wrong with the file, each an *sockeye.Error whose Target is the place.
func (f *File) Openings() ([]Opening, error) {
	c := checker{file: f}
	return c.openings()
}

// Faults is what Openings says is wrong with a file that came as JSON, with paths below
// root: "file.endpoint[0].listen".
func (f *File) Faults(root string) error {
	c := checker{file: f, root: root}
	_, err := c.openings()
	return err
}

// Lookup finds the file's variables for payloads: "var.NAME".
func (f *File) Lookup(name string) (string, bool) {
	const prefix = "var."
	if len(name) <= len(prefix) || name[:len(prefix)] != prefix {
		return "", false
	}
	v, ok := f.Variables[name[len(prefix):]]
	return v, ok
}

// Template is a named payload, ready to be sent.
func (f *File) Template(name string) (*payload.Template, error) {
	p, ok := f.Payloads[name]
	if !ok {
		return nil, unknownName("payload", name, f.Payloads)
	}
	return p.row().Parse()
}
