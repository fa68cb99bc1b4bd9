package sockeye

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Option declares one option of endpoints. Everything that shows, reads or checks
// options walks AllOptions: flags, JSON, workspace files, the description of the API,
// the page's form, completion, the manual and the errors. A new one is a field of
// Options, an entry there, and the code that applies it.
type Option struct {
	// Name is how flags spell it, "receive-buffer". Files and JSON write receive_buffer;
	// see Key.
	Name string
	// Short is the letter of its flag, or "".
	Short string
	// Aliases are other names that are read and never shown, as flags, in JSON and in
	// files; FlagAliases only as flags.
	Aliases, FlagAliases []string
	Kind                 OptionKind
	// Schemes are those that have the option; none is all. Mode is "" for both.
	Schemes []Network
	Mode    Mode
	// System is the only one that has it, "Linux", or "".
	System string
	// Defaults are what it is where it is not given: the first that fits counts. None is
	// off, or nothing.
	Defaults []OptionDefault
	// Least and Most bound a number. Most of a time is MaxOptionTime.
	Least, Most int64
	// Words are the values of a choice.
	Words []OptionWord
	// Bare is the time that "true", or a flag without a value, means; 0: it needs a time.
	Bare time.Duration
	// Value is the word for the value in help, where that of the kind does not do.
	Value string
	// Label names it in a form. Help is what it does, in a line; Note says more in the
	// manual.
	Label, Help, Note Text
	// Expert options stand apart in help.
	Expert bool
	// Topic is the heading that a form shows it under, with others of the same words.
	Topic Text
	// Prominent options are in the form from the start; others when somebody asks for
	// more.
	Prominent bool
	// Suggest are usual values of an option that takes others, too.
	Suggest []string
	// Live options may be changed while the session is open.
	Live bool

	field func(*Options) any // the pointer to its field
}

// OptionKind is what values an option takes.
type OptionKind string

// The kinds of options.
const (
	OptionSwitch    OptionKind = "switch"    // on or off
	OptionTime      OptionKind = "time"      // 1m30s; JSON has milliseconds
	OptionBytes     OptionKind = "bytes"     // 65536, 64KiB
	OptionCount     OptionKind = "count"     // a whole number
	OptionPort      OptionKind = "port"      // 0 to 65535
	OptionChoice    OptionKind = "choice"    // one of Words
	OptionText      OptionKind = "text"      // any text
	OptionLines     OptionKind = "lines"     // texts, of a line each
	OptionFile      OptionKind = "file"      // the path of a file
	OptionInterface OptionKind = "interface" // the name of a network interface
	OptionAddresses OptionKind = "addresses" // IP addresses
	OptionPrefixes  OptionKind = "prefixes"  // IP addresses and ranges of them
)

// OptionWord is a value of a choice, and what it means.
type OptionWord struct {
	Word string
	Help Text
}

// OptionDefault is what an option is for some endpoints: a value of the type of its
// field, or, where the system or another option decides, what a text says.
type OptionDefault struct {
	Schemes []Network
	Mode    Mode
	Value   any
	Text    Text
}

// OptionForm is how a place spells options and their values.
type OptionForm int

// The forms of options.
const (
	FlagForm OptionForm = iota // receive-buffer, idle-timeout 90s
	FileForm                   // receive_buffer, idle_timeout = "90s"
	JSONForm                   // receive_buffer, idle_timeout_ms: 90000
)

// Key is the option's name in a form.
func (d *Option) Key(form OptionForm) string { return d.spell(d.Name, form) }

func (d *Option) spell(name string, form OptionForm) string {
	if form == FlagForm {
		return name
	}
	name = strings.ReplaceAll(name, "-", "_")
	if form == JSONForm && d.Kind == OptionTime {
		name += "_ms"
	}
	return name
}

// OptionTable is a list of options, in the order in which they are shown.
type OptionTable []Option

// Lookup finds an option by its name in a form, or by another name that is read. The
// form that comes back is that of its value: in JSON idle_timeout is read as files
// have it, and idle_timeout_ms has milliseconds.
func (t OptionTable) Lookup(key string, form OptionForm) (*Option, OptionForm) {
	as, isMS := form, false
	switch form {
	case FileForm: // as flags are spelled, too
		key = strings.ReplaceAll(key, "_", "-")
	case JSONForm:
		key = strings.ToLower(key)
		if strings.Contains(key, "-") {
			return nil, form
		}
		key, isMS = strings.CutSuffix(strings.ReplaceAll(key, "_", "-"), "-ms")
		if !isMS {
			as = FileForm
		}
	}
	for i := range t {
		if d := &t[i]; d.isNamed(key, form) && (!isMS || d.Kind == OptionTime) {
			if d.Kind != OptionTime {
				as = form
			}
			return d, as
		}
	}
	return nil, form
}

func (d *Option) isNamed(name string, form OptionForm) bool {
	return d.Name == name || slices.Contains(d.Aliases, name) || form == FlagForm && slices.Contains(d.FlagAliases, name)
}

// OptionKey is the name in a form of what an error of Endpoint.Validate names; what is
// no option stays.
func OptionKey(field string, form OptionForm) string {
	if d, _ := AllOptions.Lookup(field, FlagForm); d != nil {
		return d.Key(form)
	}
	return field
}

// Takes reports whether an endpoint has the option.
func (d *Option) Takes(e Endpoint) bool {
	return takes(d.Schemes, d.Mode, e.Address.network().Transport(), e.Mode)
}

func takes(schemes []Network, mode Mode, scheme Network, of Mode) bool {
	return (len(schemes) == 0 || slices.Contains(schemes, scheme)) && (mode == "" || mode == of)
}

// For are the options that a scheme has in a mode.
func (t OptionTable) For(scheme Network, mode Mode) (out OptionTable) {
	for _, d := range t {
		if takes(d.Schemes, d.Mode, scheme.Transport(), mode) {
			out = append(out, d)
		}
	}
	return out
}

// Live are the options that may be changed while a session is open.
func (t OptionTable) Live() (out OptionTable) {
	for _, d := range t {
		if d.Live {
			out = append(out, d)
		}
	}
	return out
}

// Merge writes the options of a table that were given in from over those of o.
func (t OptionTable) Merge(o, from *Options) {
	for i := range t {
		if d := &t[i]; d.IsSet(from) {
			reflect.ValueOf(d.field(o)).Elem().Set(reflect.ValueOf(d.field(from)).Elem())
		}
	}
}

// SchemeNames are schemes as people say them: "TCP", "TCP and UDP".
func SchemeNames(schemes []Network) Text {
	var names []string
	for _, s := range schemes {
		names = append(names, s.Title())
	}
	n := len(names)
	if n < 2 {
		return Text{strings.Join(names, ""), strings.Join(names, "")}
	}
	return Text{strings.Join(names[:n-1], ", ") + " and " + names[n-1], strings.Join(names, "、")}
}

// Title is the network's name in a sentence.
func (n Network) Title() string { return cmp.Or(n.scheme().title, strings.ToUpper(string(n))) }

// misplaced says why an endpoint does not have the option.
func (d *Option) misplaced(e Endpoint) error {
	scheme := e.Address.network().Transport()
	err := &Error{Kind: Invalid, Op: "set", Target: d.Name, Hint: Text{"leave it out", "请去掉它"}}
	if len(d.Schemes) > 0 && !slices.Contains(d.Schemes, scheme) {
		of := SchemeNames(d.Schemes)
		err.Message = Text{"is an option of " + of.En + "; this endpoint is " + scheme.Title(), "是 " + of.Zh + " 的选项，而这个端点是 " + scheme.Title()}
		return err
	}
	err.Message = Text{"is an option of endpoints that listen; this one connects", "是监听端点的选项，而这个端点是发起连接的"}
	if d.Mode == Connect {
		err.Message = Text{"is an option of endpoints that connect; this one listens", "是发起连接的端点的选项，而这个端点是监听的"}
	}
	return err
}

// DefaultFor is what the option is for a scheme and a mode where it is not given; zero
// is off, or nothing.
func (d *Option) DefaultFor(scheme Network, mode Mode) OptionDefault {
	for _, def := range d.Defaults {
		if takes(def.Schemes, def.Mode, scheme.Transport(), mode) {
			return def
		}
	}
	return OptionDefault{}
}

// DefaultText is the default in words, "5s", or each with the endpoints that it is of
// where they differ; zero: there is nothing to say.
func (d *Option) DefaultText() Text {
	var en, zh []string
	for _, def := range d.Defaults {
		t := d.TextOf(def)
		if of := SchemeNames(def.Schemes); len(def.Schemes) > 0 && len(d.Schemes) != len(def.Schemes) {
			t = Text{t.En + " for " + of.En, of.Zh + " 为 " + t.Zh}
			if def.Mode == Listen {
				t.En, t.Zh = t.En+" that listens", "监听的 "+t.Zh
			}
		}
		en, zh = append(en, t.En), append(zh, t.Zh)
	}
	return Text{strings.Join(en, ", else "), strings.Join(zh, "，其余")}
}

// TextOf is a default of the option in words.
func (d *Option) TextOf(def OptionDefault) Text {
	if def.Value == nil {
		return def.Text
	}
	return Text{d.valueText(def.Value), d.valueText(def.Value)}
}

// IsOnByDefault reports whether the option is a switch that is on where nobody says so.
func (d *Option) IsOnByDefault() bool {
	return d.Kind == OptionSwitch && len(d.Defaults) > 0 && d.Defaults[0].Value == On
}

// ValueName is the word for the option's value in help: "TIME", "refuse|pause". A
// switch has none.
func (d *Option) ValueName() string {
	if d.Value != "" {
		return d.Value
	}
	switch d.Kind {
	case OptionSwitch:
		return ""
	case OptionTime:
		return "TIME"
	case OptionBytes:
		return "BYTES"
	case OptionPort:
		return "PORT"
	case OptionChoice:
		return strings.Join(d.WordList(), "|")
	case OptionText, OptionLines:
		return "TEXT"
	case OptionFile:
		return "FILE"
	case OptionInterface:
		return "NAME"
	case OptionAddresses:
		return "IP"
	case OptionPrefixes:
		return "IP[/BITS]"
	}
	return "N"
}

// IsList reports whether the option has several values.
func (d *Option) IsList() bool {
	return reflect.TypeOf(d.field(&Options{})).Elem().Kind() == reflect.Slice
}

// WordList are the values of a choice.
func (d *Option) WordList() (words []string) {
	for _, w := range d.Words {
		words = append(words, w.Word)
	}
	return words
}
