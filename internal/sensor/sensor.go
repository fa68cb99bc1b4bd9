// Package sensor reads what a Linux machine can measure: temperatures, voltages,
// IIO and 1-Wire devices, batteries, load, memory, disks, the signal of a Wi-Fi card,
// GPIO lines, and besides these numbers in files, numbers that commands print, and
// simulated ones. It sends nothing anywhere; who reads how often is the caller's choice.
package sensor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sockeye"
)

// Source gives one number each time it is read. A Source is read by one goroutine at a
// time.
type Source interface {
	// Read measures now. It ends with ctx. The error is an *sockeye.Error.
	Read(ctx context.Context) (float64, error)
	// Unit is that of the numbers, "°C", or "" if they have none.
	Unit() string
	// Close gives back what the source holds, such as a GPIO line.
	Close() error
}

// Hardware is where sensors are looked for.
type Hardware struct {
	root  string // the folder that stands for /
	files fs.FS  // what is in it: sys, proc, dev
	chips gpioSystem
}

// NewHardware is this machine with root "/", and a copy of a machine's files (its
// folders sys, proc and dev) with any other root.
func NewHardware(root string) *Hardware {
	return &Hardware{root: root, files: os.DirFS(root), chips: systemGPIO}
}

// Info is a sensor that was found, with what it measured when it was.
type Info struct {
	// Path names the sensor for Open: its kind, then where it is,
	// "thermal/thermal_zone0".
	Path string
	// Label is what the hardware calls itself, "cpu-thermal", or "".
	Label string
	Unit  string
	// Value was measured just now, unless Err says why it was not.
	Value float64
	Err   *sockeye.Error
}

// sensorKind is one family of sensors: the first word of their paths.
type sensorKind struct {
	name string
	// list gives the paths below the kind that are there.
	list func(m *Hardware) []sensorPath
	// open makes a source of a path below the kind.
	open func(m *Hardware, path string) (Source, error)
}

// sensorPath is a path below a kind, and the hardware's own name of it.
type sensorPath struct{ path, label string }

// kinds are all of them, in the order in which they are listed.
var kinds = []sensorKind{
	{"thermal", listThermal, openThermal},
	{"hwmon", listHwmon, openHwmon},
	{"iio", listIIO, openIIO},
	{"w1", listW1, openW1},
	{"power", listPower, openPower},
	{"wifi", listWifi, openWifi},
	{"cpu", listCPU, openCPU},
	{"load", listLoad, openLoad},
	{"memory", listMemory, openMemory},
	{"disk", listDisks, openDisk},
	{"uptime", listUptime, openUptime},
	{"gpio", listGPIO, openGPIO},
}

// List finds every sensor there is and reads each once. Sensors that cannot be read are
// in the list, with the reason. GPIO lines are listed with their direction and are not
// requested, because that could change them.
func (m *Hardware) List(ctx context.Context) []Info {
	var all []Info
	for _, k := range kinds {
		for _, f := range k.list(m) {
			all = append(all, m.probe(ctx, k, f))
		}
	}
	return all
}

// probe reads a sensor once.
func (m *Hardware) probe(ctx context.Context, k sensorKind, f sensorPath) Info {
	info := Info{Path: strings.TrimSuffix(k.name+"/"+f.path, "/"), Label: f.label}
	if k.name == "disk" {
		info.Path = "disk/" + f.path
	}
	if k.name == "gpio" {
		return info
	}
	source, err := k.open(m, f.path)
	if err == nil {
		defer source.Close()
		info.Unit = source.Unit()
		info.Value, err = source.Read(ctx)
	}
	info.Err = sockeye.ErrorOf(err)
	return info
}

// Open makes a source of a path as List gives it. The error is an *sockeye.Error.
func (m *Hardware) Open(path string) (Source, error) {
	name, rest, _ := strings.Cut(path, "/")
	n := slices.IndexFunc(kinds, func(k sensorKind) bool { return k.name == name })
	if n < 0 {
		return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: path,
			Message: sockeye.Text{En: "there is no kind of sensor of this name", Zh: "没有这一类传感器"},
			Hint:    sockeye.Text{En: "the kinds are " + strings.Join(Kinds(), ", ") + "; sockeye sensors lists what is here", Zh: "种类有 " + strings.Join(Kinds(), "、") + "；sockeye sensors 列出本机的传感器"}}
	}
	s, err := kinds[n].open(m, rest)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Kinds are the first words of paths.
func Kinds() (names []string) {
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// missing is the error of a path that names nothing here.
func missing(path string) error {
	return &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: path,
		Message: sockeye.Text{En: "this machine has no such sensor", Zh: "本机没有这个传感器"},
		Hint:    sockeye.Text{En: "sockeye sensors lists those there are", Zh: "sockeye sensors 列出现有的传感器"}}
}

// unreadable is the error of a file that should hold a number.
func unreadable(path string, err error) error {
	e := &sockeye.Error{Kind: sockeye.System, Op: "read", Target: path, Err: err}
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		e.Err = inner.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Kind = sockeye.NotFound
		e.Message = sockeye.Text{En: "the file is gone: was the sensor unplugged?", Zh: "文件已消失：传感器被拔掉了吗？"}
	case errors.Is(err, fs.ErrPermission):
		e.Kind = sockeye.AccessDenied
		e.Hint = sockeye.Text{En: "run it as root, or put this user into the group that owns the file", Zh: "请以 root 运行，或把本用户加入该文件所属的组"}
	}
	return e
}

// noNumber is the error of text without the number that was looked for.
func noNumber(path, text string) error {
	return &sockeye.Error{Kind: sockeye.System, Op: "read", Target: path,
		Message: sockeye.Text{En: "no number in " + quote(text), Zh: quote(text) + " 中没有数字"}}
}

// place is a path below the root, for people and for Statfs.
func (m *Hardware) place(path string) string { return filepath.Join(m.root, filepath.FromSlash(path)) }
