package device

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/BurntSushi/toml"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/outbox"
	"sockeye/internal/payload"
	"sockeye/internal/regular"
	"sockeye/internal/sensor"
	"sockeye/internal/workspace"
)

// Config is a device file: what a board measures, and to whom it says so.
type Config struct {
	// Name is the board's identity; "" is that of the machine.
	Name     string       `toml:"name"`
	Sensors  []Sensor     `toml:"sensor"`
	Targets  []Target     `toml:"target"`
	Commands CommandTable `toml:"commands"`

	folder   string // that of the file: relative paths begin there
	safeMode bool   // runs no programs and takes no commands
}

// Sensor is a [[sensor]]: exactly one of Read, File, Command, SessionID and Simulate is
// where its numbers come from.
type Sensor struct {
	Name     string   `toml:"name"`
	Read     string   `toml:"read"` // a path that sockeye sensors lists
	File     string   `toml:"file"`
	Command  []string `toml:"command"`
	Simulate string   `toml:"simulate"` // one of sensor.Shapes
	// SessionID is a session of the workbench that this user runs: the latest value of Field,
	// among those that Fields (as --fields reads it; "" is keys) finds in what came, cut
	// as Frame says, from Peer or from any.
	SessionID string `toml:"session"`
	Field     string `toml:"field"`
	Fields    string `toml:"fields"`
	Frame     string `toml:"frame"`
	Peer      string `toml:"peer"`

	// What of a text is the number (File, Command): see sensor.Pick.
	Pattern string `toml:"pattern"`
	Column  int    `toml:"column"`
	JSON    string `toml:"json"`

	// The value is the number times Scale plus Offset, in Unit; Scale 0 is 1.
	Scale  float64 `toml:"scale"`
	Offset float64 `toml:"offset"`
	Unit   string  `toml:"unit"`
	// Digits are those behind the point that are kept; nil is all.
	Digits *int `toml:"digits"`

	// Every is how often it is read; 0 is 1 s. A GPIO line with Edge is not read but
	// tells its changes.
	Every FileDuration `toml:"every"`
	// DeadBand is how much the value must have changed to be said; 0 says every one.
	DeadBand float64 `toml:"dead_band"`
	// AtLeast says it after this time whatever the dead band; 0 is never.
	AtLeast FileDuration `toml:"at_least"`

	Edge      string       `toml:"edge"`
	Bias      string       `toml:"bias"`
	ActiveLow bool         `toml:"active_low"`
	Debounce  FileDuration `toml:"debounce"`

	Minimum   float64      `toml:"minimum"`
	Maximum   float64      `toml:"maximum"`
	Period    FileDuration `toml:"period"`
	Steps     int          `toml:"steps"`
	Seed      uint64       `toml:"seed"`
	CSV       string       `toml:"csv"`        // a file
	CSVColumn string       `toml:"csv_column"` // its heading, or its number from 1

	pattern *regexp.Regexp
	values  []float64
}

// Target is a [[target]].
type Target struct {
	Name string `toml:"name"` // "" is made of the address
	// Address is that of a socket as everywhere (tcp://, udp://, ws://, …), or of a
	// service: http://, https://, mqtt://, mqtts://.
	Address string `toml:"address"`
	// Hub instead is a hub of Sockeye: a code, or the name of a board enrolled here.
	Hub   string `toml:"hub"`
	Hello string `toml:"hello"` // a payload, said when it is connected

	Format   RowFormat `toml:"format"`   // "" is json for services and hubs, else line
	Template string    `toml:"template"` // a payload, for the format template
	Binary   string    `toml:"binary"`   // a spec as --fields reads it, for the format binary

	// Batch is how many rows go together at most; 0 is 1. Linger is how long a row waits
	// for others.
	Batch  int          `toml:"batch"`
	Linger FileDuration `toml:"linger"`
	// Queue bounds what waits on disk, and Drop says what a full one drops.
	Queue ByteSize      `toml:"queue"`
	Drop  outbox.Policy `toml:"drop"`
	// Timeout is how long the target may take to confirm; 0 is 10 s.
	Timeout FileDuration `toml:"timeout"`
	// Commands are taken from this target.
	Commands bool `toml:"commands"`

	// CA is a file of certificates that are trusted instead of the system's (https,
	// mqtts); Insecure trusts everybody.
	CA       string `toml:"ca"`
	Insecure bool   `toml:"insecure"`
	Username string `toml:"username"`
	Password string `toml:"password"`
	// PasswordFile holds the password, so that the device file can be shown around.
	PasswordFile string `toml:"password_file"`

	Headers map[string]string `toml:"headers"` // HTTP

	Topic         string       `toml:"topic"` // MQTT; {name} and {sensor} are filled in
	QoS           int          `toml:"qos"`
	Retain        bool         `toml:"retain"`
	Version       int          `toml:"version"` // 3 (3.1.1) or 5; 0 is 5
	ClientID      string       `toml:"client_id"`
	KeepAlive     FileDuration `toml:"keep_alive"`
	WillTopic     string       `toml:"will_topic"`
	HomeAssistant bool         `toml:"home_assistant"`

	board hub.BoardID // what Hub means
}

// CommandTable is [commands]: what targets with commands = true may ask for.
type CommandTable struct {
	Rates  bool     `toml:"rates"`  // change how often sensors are read
	Lines  []string `toml:"lines"`  // set these GPIO lines: gpio/gpiochip0/17
	Reboot bool     `toml:"reboot"` // drop all connections and begin anew
}

// FileDuration is a time in a file: "500ms".
type FileDuration time.Duration

// UnmarshalText reads "500ms".
func (d *FileDuration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err == nil && v < 0 {
		err = errors.New("it is negative")
	}
	*d = FileDuration(v)
	return err
}

// or is the duration, or another one if it is 0.
func (d FileDuration) or(other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return time.Duration(d)
}

// ByteSize is an amount of bytes in a file: "16MiB".
type ByteSize int64

// UnmarshalText reads "16MiB".
func (s *ByteSize) UnmarshalText(text []byte) error {
	n, err := sockeye.ParseSize(string(text))
	*s = ByteSize(n)
	return err
}

// MaxFile bounds a device file.
const MaxFile = 1 << 20

// Read reads and checks a device file. The error joins what is wrong, each an
// *sockeye.Error that names the file and the place in it.
func Read(path string) (*Config, error) {
	text, err := regular.ReadFile(path, MaxFile)
	if err != nil {
		return nil, fileError(path, err)
	}
	return Parse(path, text)
}

// notInNames is what an address has and a name cannot have.
var notInNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[^\pL\pN_.]+`)
})

// One is the file of one sensor, read from a path or simulated, and one target, an address or
// a hub, as flags say it.
func One(read, simulate string, every time.Duration, address, hub string, format RowFormat) (*Config, error) {
	f := &Config{folder: ".",
		Sensors: []Sensor{{Name: "value", Read: read, Simulate: simulate, Every: FileDuration(every)}},
		Targets: []Target{{Name: strings.Trim(notInNames().ReplaceAllString(address, "-"), "-."), Address: address, Hub: hub, Format: format}}}
	if hub != "" {
		f.Targets[0].Name = "hub"
	}
	if n := strings.LastIndexByte(read, '/'); n >= 0 && isSensorName(read[n+1:]) {
		f.Sensors[0].Name = read[n+1:]
	} else if simulate != "" {
		f.Sensors[0].Name = strings.ReplaceAll(simulate, "-", "_")
	}
	c := deviceChecker{}
	c.file(f)
	return f, errors.Join(c.wrong...)
}

// HasHub says whether a target is a hub.
func (f *Config) HasHub() bool {
	return slices.ContainsFunc(f.Targets, func(t Target) bool { return t.Hub != "" })
}

// Parse is Read of a text that has this path.
func Parse(path string, text []byte) (*Config, error) {
	if len(text) > MaxFile {
		return nil, invalid(path, sockeye.Text{En: "larger than 1 MiB", Zh: "超过 1 MiB"}, sockeye.Text{})
	}
	f := &Config{folder: folderOf(path)}
	meta, err := workspace.Decode(string(text), f)
	if err != nil {
		return nil, syntaxError(path, err)
	}
	c := deviceChecker{path: path}
	strange, mistaken := workspace.StrangeKeys(meta, f)
	for _, key := range strange {
		c.strange(string(text), key)
	}
	if mistaken {
		return nil, errors.Join(c.wrong...)
	}
	c.file(f)
	if len(c.wrong) > 0 {
		return nil, errors.Join(c.wrong...)
	}
	return f, nil
}

// strange adds a key that a device file does not have, with its place.
func (c *deviceChecker) strange(text string, key toml.Key) {
	hint := sockeye.Text{En: "docs/board.md has all keys, and capitals count", Zh: "docs/board.zh-CN.md 中有全部键，区分大小写"}
	target := c.path
	if place := workspace.Place(text, key); place != "" {
		target += ": " + place
	}
	c.wrong = append(c.wrong, invalid(target+": "+payload.SafeString(key.String()), sockeye.Text{En: "there is no such key", Zh: "没有这个键"}, hint))
}

func syntaxError(path string, err error) error {
	e := *sockeye.ErrorOf(err)
	e.Target = strings.TrimSuffix(path+": "+e.Target, ": ")
	if e.Hint == (sockeye.Text{}) {
		e.Hint = sockeye.Text{En: "a device file is TOML: texts in quotes, [[sensor]] and [[target]] before their keys", Zh: "设备文件是 TOML 格式：文本要加引号，键写在 [[sensor]] 或 [[target]] 之后"}
	}
	return &e
}

func invalid(target string, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Target: target, Message: message, Hint: hint}
}

func fileError(path string, err error) error {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	e := &sockeye.Error{Kind: sockeye.System, Op: "read", Target: path, Err: err}
	switch {
	case errors.Is(err, os.ErrNotExist):
		e.Kind, e.Message = sockeye.NotFound, sockeye.Text{En: "no such file", Zh: "文件不存在"}
	case errors.Is(err, os.ErrPermission):
		e.Kind = sockeye.AccessDenied
	}
	return e
}

// pick is what of a text is the number.
func (s *Sensor) pick() sensor.Pick {
	return sensor.Pick{Pattern: s.pattern, Column: s.Column, JSON: s.JSON}
}
