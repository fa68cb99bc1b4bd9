package sensor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sockeye"
)

// board is a copy of the files of a board.
func board() *Hardware {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"sys/class/thermal/thermal_zone0/type":                      "cpu-thermal\n",
		"sys/class/thermal/thermal_zone0/temp":                      "48312\n",
		"sys/class/hwmon/hwmon0/name":                               "ina219\n",
		"sys/class/hwmon/hwmon0/in1_input":                          "5023\n",
		"sys/class/hwmon/hwmon0/in1_label":                          "bus\n",
		"sys/class/hwmon/hwmon0/power1_input":                       "1250000\n",
		"sys/class/hwmon/hwmon0/intrusion0_alarm":                   "0\n",
		"sys/bus/iio/devices/iio:device0/name":                      "bme280\n",
		"sys/bus/iio/devices/iio:device0/in_temp_input":             "23450\n",
		"sys/bus/iio/devices/iio:device0/in_pressure_input":         "101.325\n",
		"sys/bus/iio/devices/iio:device0/in_humidityrelative_input": "45678\n",
		"sys/bus/iio/devices/iio:device1/name":                      "ads1015\n",
		"sys/bus/iio/devices/iio:device1/in_voltage0_raw":           "1000\n",
		"sys/bus/iio/devices/iio:device1/in_voltage0_scale":         "3\n",
		"sys/bus/iio/devices/iio:device1/in_accel_x_raw":            "-100\n",
		"sys/bus/iio/devices/iio:device1/in_accel_scale":            "0.01\n",
		"sys/bus/iio/devices/iio:device1/in_accel_offset":           "20\n",
		"sys/bus/w1/devices/28-0316a2795ff0/w1_slave":               "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=-1062\n",
		"sys/bus/w1/devices/28-000000000000/w1_slave":               "00 00 00 00 00 00 00 00 00 : crc=00 NO\n00 00 00 00 00 00 00 00 00 t=0\n",
		"sys/bus/w1/devices/29-000000000001/state":                  "\x00",
		"sys/class/power_supply/BAT0/type":                          "Battery\n",
		"sys/class/power_supply/BAT0/capacity":                      "87\n",
		"sys/class/power_supply/BAT0/voltage_now":                   "12345000\n",
		"sys/class/power_supply/BAT0/temp":                          "305\n",
		"proc/loadavg":                                              "0.52 0.58 0.59 1/467 12345\n",
		"proc/uptime":                                               "350735.47 234388.90\n",
		"proc/meminfo":                                              "MemTotal:        1024000 kB\nMemFree:          100000 kB\nMemAvailable:     512000 kB\nSwapTotal:         20480 kB\nSwapFree:          10240 kB\n",
		"proc/stat":                                                 "cpu  100 0 100 700 100 0 0 0 0 0\n",
		"proc/net/wireless":                                         "Inter-| sta-|   Quality        |   Discarded packets\n face | tus | link level noise |  nwid  crypt\n wlan0: 0000   54.  -56.  -256        0      0\n",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return &Hardware{root: "/copy", files: files, chips: systemGPIO}
}

// The list has every sensor of the kernel's files with its label, unit and value or fault, and
// each path in it can be opened.
func TestList(t *testing.T) {
	want := []Info{
		{Path: "thermal/thermal_zone0", Label: "cpu-thermal", Unit: "°C", Value: 48.312},
		{Path: "hwmon/hwmon0/in1", Label: "ina219 bus", Unit: "V", Value: 5.023},
		{Path: "hwmon/hwmon0/power1", Label: "ina219", Unit: "W", Value: 1.25},
		{Path: "iio/iio:device0/in_humidityrelative", Label: "bme280", Unit: "%", Value: 45.678},
		{Path: "iio/iio:device0/in_pressure", Label: "bme280", Unit: "kPa", Value: 101.325},
		{Path: "iio/iio:device0/in_temp", Label: "bme280", Unit: "°C", Value: 23.45},
		{Path: "iio/iio:device1/in_accel_x", Label: "ads1015", Unit: "m/s²", Value: -0.8},
		{Path: "iio/iio:device1/in_voltage0", Label: "ads1015", Unit: "V", Value: 3},
		{Path: "w1/28-000000000000", Unit: "°C", Err: &sockeye.Error{Kind: sockeye.LineFault, Op: "read"}},
		{Path: "w1/28-0316a2795ff0", Unit: "°C", Value: -1.062},
		{Path: "power/BAT0/capacity", Label: "Battery", Unit: "%", Value: 87},
		{Path: "power/BAT0/temp", Label: "Battery", Unit: "°C", Value: 30.5},
		{Path: "power/BAT0/voltage_now", Label: "Battery", Unit: "V", Value: 12.345},
		{Path: "wifi/wlan0", Unit: "dBm", Value: -56},
		{Path: "cpu/usage", Unit: "%", Value: 20},
		{Path: "load/1", Value: 0.52}, {Path: "load/5", Value: 0.58}, {Path: "load/15", Value: 0.59},
		{Path: "memory/available", Unit: "MiB", Value: 500}, {Path: "memory/used", Unit: "MiB", Value: 500},
		{Path: "memory/used_percent", Unit: "%", Value: 50}, {Path: "memory/swap_used", Unit: "MiB", Value: 10},
		{Path: "uptime", Unit: "s", Value: 350735.47},
	}
	m := board()
	got := m.List(t.Context())
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9), cmpopts.IgnoreFields(sockeye.Error{}, "Target", "Message", "Hint", "Err")); diff != "" {
		t.Errorf("sensors (-want +got):\n%s", diff)
	}
	for _, info := range got { // what is listed can be opened
		s, err := m.Open(info.Path)
		if err != nil {
			t.Errorf("%s is listed, but: %v", info.Path, err)
			continue
		}
		s.Close()
	}
}

// Names from files lead nowhere but to sensors.
func TestOpenStrangePaths(t *testing.T) {
	m := board()
	for _, path := range []string{"", "nothing/x", "thermal/", "thermal/../..", "thermal/thermal_zone9", "hwmon/hwmon0/../in1", "iio/iio:device0/in_temp/..",
		"power/BAT0/../BAT0/capacity", "power/BAT0/type", "w1/..", "load/2", "memory/x", "uptime/x", "wifi/eth0", "cpu/0", "gpio/gpiochip0", "gpio/../0", "gpio/x/0", "gpio/gpiochip0/x"} {
		if _, err := m.Open(path); sockeye.ErrorOf(err) == nil {
			t.Errorf("Open(%q) is no error", path)
		} else if e := sockeye.ErrorOf(err); e.Kind != sockeye.NotFound && runtime.GOOS == "linux" {
			t.Errorf("Open(%q): kind %s, want not-found: %v", path, e.Kind, err)
		}
	}
}

// A sensor that goes away, and one that gives nonsense, say so.
func TestReadFails(t *testing.T) {
	m := board()
	s, err := m.Open("thermal/thermal_zone0")
	if err != nil {
		t.Fatal(err)
	}
	files := m.files.(fstest.MapFS)
	files["sys/class/thermal/thermal_zone0/temp"].Data = []byte("\x1b[31mhot")
	if _, err := s.Read(t.Context()); err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("nonsense: %v", err)
	}
	delete(files, "sys/class/thermal/thermal_zone0/temp")
	if _, err := s.Read(t.Context()); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.NotFound {
		t.Errorf("a file that is gone: %v", err)
	}
}

// The usage of the processors is of the time between two readings.
func TestCPUUsage(t *testing.T) {
	m := board()
	s, err := m.Open("cpu/usage")
	if err != nil {
		t.Fatal(err)
	}
	s.Read(t.Context())
	m.files.(fstest.MapFS)["proc/stat"].Data = []byte("cpu  175 0 100 725 100 0 0 0 0 0\n")
	if v, err := s.Read(t.Context()); err != nil || v != 75 {
		t.Errorf("usage is %v, %v; want 75", v, err)
	}
}

// On the real machine it runs, and finds what every Linux has.
func TestThisMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("sensors are those of Linux")
	}
	found := map[string]Info{}
	for _, info := range NewHardware("/").List(t.Context()) {
		found[info.Path] = info
	}
	for _, path := range []string{"load/1", "memory/available", "uptime"} {
		if info := found[path]; info.Err != nil || info.Path == "" {
			t.Errorf("%s: %+v", path, info)
		}
	}
	if found["uptime"].Value <= 0 || found["memory/available"].Value <= 0 {
		t.Errorf("no value: %v, %v", found["uptime"], found["memory/available"])
	}
	s, err := NewHardware("/").Open("disk/")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Read(t.Context()); err != nil || v <= 0 || v > 100 {
		t.Errorf("the disk is used by %v %%, %v", v, err)
	}
}

// A Pick finds its number in a text by position, pattern, column or path in JSON, and says so if
// there is none that is finite.
func TestPick(t *testing.T) {
	for _, c := range []struct {
		name, text string
		p          Pick
		want       float64
		ok         bool
	}{
		{"first number", "temp=23.5'C at 12", Pick{}, 23.5, true},
		{"negative", "a -4e1", Pick{}, -40, true},
		{"none", "nothing", Pick{}, 0, false},
		{"group", "a=1 b=2", Pick{Pattern: regexp.MustCompile(`b=(\S+)`)}, 2, true},
		{"pattern without group", "a=1 b=2", Pick{Pattern: regexp.MustCompile(`\d$`)}, 2, true},
		{"no match", "a=1", Pick{Pattern: regexp.MustCompile(`b=(\S+)`)}, 0, false},
		{"column", "x, 1;2\t3", Pick{Column: 4}, 3, true},
		{"column beyond", "1 2", Pick{Column: 3}, 0, false},
		{"json", `{"main":{"temp":[1,{"v":2.5}]}}`, Pick{JSON: "main.temp.1.v"}, 2.5, true},
		{"json bool", `{"on":true}`, Pick{JSON: "on"}, 1, true},
		{"json text", `["7"]`, Pick{JSON: "0"}, 7, true},
		{"json elsewhere", `{"a":1}`, Pick{JSON: "a.b"}, 0, false},
		{"infinite", "1e999", Pick{}, 0, false},
	} {
		if got, ok := c.p.Number(c.text); got != c.want || ok != c.ok {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

// A command is run without a shell, ends with its context, and its failure says what it wrote to
// its error output.
func TestCommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs Unix programs")
	}
	read := func(args ...string) (float64, error) {
		return Command(args, "", Pick{}).Read(t.Context())
	}
	if v, err := read("printf", "%s", "$(reboot) 42"); err != nil || v != 42 { // no shell
		t.Errorf("printf: %v, %v", v, err)
	}
	if _, err := read("no-such-program-here"); sockeye.ErrorOf(err) == nil || sockeye.ErrorOf(err).Kind != sockeye.NotFound {
		t.Errorf("no program: %v", err)
	}
	if _, err := read("sh", "-c", "echo broken >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("a failure: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Command([]string{"sleep", "60"}, "", Pick{}).Read(ctx); err == nil {
		t.Error("a command outlives its context")
	}
}

// A file is read anew for each value; a missing one and a folder are errors.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "room")
	s := File(path, "°C", Pick{})
	if _, err := s.Read(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte("t: 21.5"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Read(t.Context()); err != nil || v != 21.5 {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := File(t.TempDir(), "", Pick{}).Read(t.Context()); err == nil {
		t.Error("a folder is read")
	}
}

// A simulation gives the same values for the same seed, others for another, and stays between
// its bounds.
func TestSimulation(t *testing.T) {
	at := time.Unix(1000, 0)
	now := func() time.Time { return at }
	values := func(s Simulation, n int) (all []float64) {
		at = time.Unix(1000, 0)
		source := NewSimulation(s, "", now)
		for range n {
			v, err := source.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, math.Round(v*1000)/1000)
			at = at.Add(250 * time.Millisecond)
		}
		return all
	}
	for _, c := range []struct {
		name string
		s    Simulation
		want []float64
	}{
		{"sine", Simulation{Shape: "sine", Minimum: -10, Maximum: 10, Period: time.Second}, []float64{0, 10, 0, -10, 0}},
		{"steps", Simulation{Shape: "steps", Maximum: 9, Steps: 4, Period: 250 * time.Millisecond}, []float64{0, 3, 6, 9, 0}},
		{"csv", Simulation{Shape: "csv", Values: []float64{1, 2}}, []float64{1, 2, 1, 2, 1}},
	} {
		if diff := cmp.Diff(c.want, values(c.s, 5)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	for _, shape := range []string{"noise", "random-walk"} {
		s := Simulation{Shape: shape, Minimum: 5, Maximum: 6, Seed: 7}
		one := values(s, 200)
		if diff := cmp.Diff(one, values(s, 200)); diff != "" {
			t.Errorf("%s does not repeat with its seed:\n%s", shape, diff)
		}
		for _, v := range one {
			if v < 5 || v > 6 {
				t.Fatalf("%s gives %v, not between 5 and 6", shape, v)
			}
		}
		s.Seed = 8
		if cmp.Equal(one, values(s, 200)) {
			t.Errorf("%s does not depend on its seed", shape)
		}
	}
}

// The numbers of a column of CSV are found by its heading in any case, by its number, or in the
// first column that has any.
func TestReadColumn(t *testing.T) {
	const text = "\ufefftime, Temp ,note\n1,20.5,a\n2,,b\n3,21,c\n"
	for _, c := range []struct {
		column string
		want   []float64
	}{{"temp", []float64{20.5, 21}}, {"1", []float64{1, 2, 3}}, {"", []float64{1, 2, 3}}, {"4", nil}, {"other", nil}} {
		got, err := ReadColumn(strings.NewReader(text), c.column)
		if diff := cmp.Diff(c.want, got); diff != "" || (err != nil) != (c.want == nil) {
			t.Errorf("column %q: %v (-want +got):\n%s", c.column, err, diff)
		}
	}
}

// FuzzPick: no text, however hostile, panics or gives what is no number.
func FuzzPick(f *testing.F) {
	f.Add("temp=23.5", 1, "a.0")
	f.Add(`{"a":[1]}`, 0, "a.0")
	f.Add("00 YES\n t=12", 2, "")
	f.Fuzz(func(t *testing.T, text string, column int, way string) {
		for _, p := range []Pick{{}, {Column: column}, {JSON: way}, {Pattern: firstNumber()}} {
			if v, ok := p.Number(text); ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
				t.Errorf("%+v gives %v", p, v)
			}
		}
		ReadColumn(strings.NewReader(text), way)
		m := &Hardware{root: "/copy", files: fstest.MapFS{
			"sys/bus/w1/devices/28-0/w1_slave": {Data: []byte(text)}, "proc/stat": {Data: []byte(text)}, "proc/meminfo": {Data: []byte(text)},
			"proc/loadavg": {Data: []byte(text)}, "proc/net/wireless": {Data: []byte(text)}, "proc/mounts": {Data: []byte(text)}}, chips: systemGPIO}
		m.List(t.Context())
	})
}

// A file of the kernel that stays open tells the present value at each reading, also where it has
// become longer than what is kept of it.
func TestKeptFile(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, "proc", "loadavg"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("0 1 2\n")
	load, err := NewHardware(root).Open("load/1")
	if err != nil {
		t.Fatal(err)
	}
	defer load.Close()
	for want, rest := range []string{" 1 2\n", " 5 6\n", " " + strings.Repeat("x", 2*maxKept), " 1 2\n"} {
		write(fmt.Sprint(want) + rest)
		if got, err := load.Read(t.Context()); err != nil || got != float64(want) {
			t.Errorf("it is %v, %v; want %d", got, err, want)
		}
	}
}
