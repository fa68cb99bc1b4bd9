package device

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

const greenhouse = `
name = "greenhouse"
[[sensor]]
name = "temperature"
simulate = "sine"
minimum = 10
maximum = 30
every = "100ms"
digits = 1
dead_band = 0.5
[[sensor]]
name = "humidity"
simulate = "noise"
[[target]]
address = "tcp://127.0.0.1:9"
queue = "1MiB"
drop = "newest"
[[target]]
name = "broker"
address = "mqtt://127.0.0.1"
qos = 2
`

// A device file is read with its defaults filled in.
func TestParse(t *testing.T) {
	f, err := Parse("g.toml", []byte(greenhouse))
	if err != nil {
		t.Fatal(err)
	}
	if f.Sensors[0].Every.or(0).String() != "100ms" || *f.Sensors[0].Digits != 1 || f.Targets[0].Queue != 1<<20 || f.Targets[0].Format != Line || f.Targets[0].Name != "target1" ||
		f.Targets[1].Format != JSON || f.Targets[1].Topic != "sockeye/{name}" {
		t.Errorf("file: %+v", f)
	}
}

// All that is wrong is said together, each with its place.
func TestParseFaults(t *testing.T) {
	_, err := Parse("g.toml", []byte(`
name = "a/b"
colour = "red"
[[sensor]]
name = "1st"
read = "load/1"
simulate = "sawtooth"
every = "1us"
[[sensor]]
name = "t"
command = ["x"]
pattern = '('
column = 1
edge = "up"
[[sensor]]
name = "t"
simulate = "csv"
csv = "none.csv"
[[target]]
address = "tcp://"
format = "xml"
queue = "1KiB"
drop = "all"
batch = -1
[[target]]
address = "http://h/x"
topic = "x"
password = "a"
password_file = "none"
[[target]]
address = "mqtt://h"
topic = "a/#"
qos = 3
version = 4
[[target]]
address = "udp://h:1"
binary = "u8 nothing"
headers = {a = "b"}
[commands]
lines = ["led"]
`))
	var got []string
	for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
		e := sockeye.ErrorOf(one)
		if e.Kind != sockeye.Invalid || e.Message.En == "" || e.Message.Zh == "" {
			t.Errorf("not an error in both languages: %+v", e)
		}
		got = append(got, strings.TrimPrefix(e.Target, "g.toml: "))
	}
	want := []string{"line 3, column 1: colour", "name",
		"sensor[1].name", "sensor[1]", "sensor[1].simulate", "sensor[1].every",
		"sensor[2]", "sensor[2].pattern", "sensor[2].edge", "sensor[2]",
		"sensor[3].name", "sensor[3].csv",
		"target[1].address", "target[1].format", "target[1].batch", "target[1].queue", "target[1].drop",
		"target[2]", "target[2].password_file", "target[2].password_file",
		"target[3].topic", "target[3].qos", "target[3].version",
		"target[4].headers", "target[4].binary", "commands.lines"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s\n%v", diff, err)
	}
	for name, typed := range map[string]string{"syntax": "name = ", "duration": "[[sensor]]\nname='a'\nread='load/1'\nevery='often'\n", "empty": ""} {
		if _, err := Parse("g.toml", []byte(typed)); err == nil || sockeye.ErrorOf(err).Kind != sockeye.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// A hub as a target is a code or a board of this machine, and nothing else with it.
func TestHubTargets(t *testing.T) {
	sensor := "[[sensor]]\nname='a'\nsimulate='sine'\n"
	f, err := Parse("g.toml", []byte(sensor+"[[target]]\nhub='plant/press-7'\n"))
	if err != nil || f.Targets[0].Format != JSON || f.Targets[0].Address != "hub://plant/press-7" || !f.HasHub() {
		t.Fatalf("%+v, %v", f, err)
	}
	if e := sockeye.ErrorOf(f.Elsewhere()); e == nil || e.Target != "target[1].hub" || !strings.Contains(e.Hint.En, "sockeye hub enrol plant/press-7") {
		t.Errorf("a service with a board of this user: %v", e)
	}
	if err := f.canBeMany(); err == nil {
		t.Error("many boards with one code are taken")
	}
	for text, want := range map[string]string{
		"hub='hub1.abc'": "target[1].hub", "hub='A B'": "target[1].hub", "hub='x'\naddress='tcp://h:1'": "target[1].hub",
		"hub='x'\ncommands=true": "target[1]", "hub='x'\nformat='csv'": "target[1]", "hub='x'\nqos=1": "target[1]",
		"hub='x'\n[[target]]\nhub='home/x'": "target[2].hub",
	} {
		_, err := Parse("g.toml", []byte(sensor+"[[target]]\n"+text+"\n"))
		if e := sockeye.ErrorOf(err); err == nil || e.Target != "g.toml: "+want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzParse: no file panics, and one that is taken can be taken again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(greenhouse))
	f.Add([]byte("[[sensor]]\nname='a'\nread='load/1'\n[[target]]\naddress='udp://h:1'\nbinary='u8 a, pad 3'\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse("f.toml", text)
		if err == nil && (len(file.Sensors) == 0 || len(file.Targets) == 0 || file.Name == "") {
			t.Errorf("taken: %+v", file)
		}
	})
}

// A key is the one that it is spelled as: one that differs in capitals, as the decoder takes
// it for the same, is refused, each time, with its place.
func TestKeysLetterByLetter(t *testing.T) {
	for name, one := range map[string]struct{ text, place string }{
		"beside its twin": {"[[target]]\naddress = 'tcp://127.0.0.1:9'\nAddress = 'tcp://127.0.0.1:10'", "line 3, column 1: target.Address"},
		"alone":           {"[[target]]\nADDRESS = 'tcp://127.0.0.1:9'", "line 2, column 1: target.ADDRESS"},
		"folded":          {"[[target]]\n'addreſſ' = 'tcp://127.0.0.1:9'", "line 2, column 1: target.\"addreſſ\""},
		"a table":         {"[Commands]\nreboot = true", "line 1, column 1: Commands"},
		"an array":        {"[[Sensor]]\nname = 't'\nsimulate = 'sine'", "line 1, column 1: Sensor"},
		"in a table":      {"commands = { Reboot = true }", "line 1, column 1: commands.Reboot"},
		"with a -":        {"[[target]]\naddress = 'tcp://127.0.0.1:9'\nkeep-alive = '3s'", "line 3, column 1: target.keep-alive"},
	} {
		for range 20 { // the decoder's choice is random
			_, err := Parse("g.toml", []byte(one.text))
			if err == nil || !strings.Contains(err.Error(), one.place) || !strings.Contains(err.Error(), "there is no such key") {
				t.Fatalf("%s: %v, want %s", name, err, one.place)
			}
		}
	}
	if f, err := Parse("g.toml", []byte("[[sensor]]\nname = 't'\nsimulate = 'sine'\n[[target]]\naddress = 'http://127.0.0.1:9'\nheaders = { Accept = 'a', accept = 'b' }")); err != nil || len(f.Targets[0].Headers) != 2 {
		t.Errorf("headers have names of their own: %v", err)
	}
}

// A text that would make the decoder take memory is refused before it sees it.
func TestFileIsBounded(t *testing.T) {
	for name, one := range map[string]struct{ text, want string }{
		"parts of a key": {strings.Repeat("a.", 20_000) + "a = 1", "a key of more than 4 parts"},
		"nesting":        {"a = " + strings.Repeat("[", 500_000), "nested deeper than 16"},
		"tables":         {strings.Repeat("[[sensor]]\n", 50_000), "more than 12500 tables"},
		"values":         {"a = [" + strings.Repeat("1,", 400_000) + "]", "more than 10000 entries"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse("g.toml", []byte(one.text))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%s: %v, want %s", name, err, one.want)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 {
			t.Errorf("%s: it took %d MiB", name, took>>20)
		}
	}
}

// T43: a pattern of a sensor is bounded as every other expression is.
func TestPatternIsBounded(t *testing.T) {
	for pattern, want := range map[string]string{
		`t=(\d+)`:                 "",
		strings.Repeat("x", 3000): "longer than 2000 bytes",
		strings.Repeat(`\pL`, 99): "steps for each byte",
		`(`:                       "missing closing )",
	} {
		_, err := Parse("f.toml", []byte("name = 'b'\n[[sensor]]\nname = 't'\ncommand = ['x']\npattern = '"+pattern+"'\n[[target]]\naddress = 'tcp://h:1'\n"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.40q: %v, want %q", pattern, err, want)
		}
	}
}
