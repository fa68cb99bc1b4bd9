package sensor

import (
	"bufio"
	"context"
	"io"
	"os"
	"strconv"
	"strings"
)

// what does not depend on hardware is in /proc.

var loadAverages = []string{"1", "5", "15"}

func listLoad(m *Hardware) (all []sensorPath) {
	if m.exists("proc/loadavg") {
		for _, minutes := range loadAverages {
			all = append(all, sensorPath{minutes, ""})
		}
	}
	return all
}

func openLoad(m *Hardware, minutes string) (Source, error) {
	for n, known := range loadAverages {
		if known == minutes && m.exists("proc/loadavg") {
			return m.word("proc/loadavg", "", n), nil
		}
	}
	return nil, missing("load/" + minutes)
}

// word is the nth word of a file.
func (m *Hardware) word(name, unit string, n int) Source {
	file := &keptFile{machine: m, name: name}
	return &keptReading{file, reading{unit, func(context.Context) (float64, error) {
		text, err := file.text()
		if err != nil {
			return 0, err
		}
		if words := strings.Fields(text); n < len(words) {
			if v, err := strconv.ParseFloat(words[n], 64); err == nil {
				return v, nil
			}
		}
		return 0, noNumber(m.place(name), text)
	}}}
}

// keptFile is a file of the kernel that stays open between readings: a board that measures ten
// times a second spends more on opening than on reading. It belongs to one goroutine.
type keptFile struct {
	machine *Hardware
	name    string
	open    *os.File // nil: not yet, or no file of a real system
	buffer  []byte
}

// maxKept is how long a file that is kept may be; a longer one is opened each time.
const maxKept = 8 << 10

func (k *keptFile) text() (string, error) {
	if k.open == nil {
		f, err := k.machine.files.Open(k.name)
		if err != nil {
			return "", unreadable(k.machine.place(k.name), err)
		}
		real, ok := f.(*os.File)
		if !ok {
			f.Close()
			return k.machine.text(k.name)
		}
		k.open, k.buffer = real, make([]byte, maxKept)
	}
	n, err := k.open.ReadAt(k.buffer, 0)
	if err == io.EOF { // all of it
		return string(k.buffer[:n]), nil
	}
	k.close() // it is too long, or broken: who comes next opens it anew
	return k.machine.text(k.name)
}

func (k *keptFile) close() {
	if k.open != nil {
		k.open.Close() // it was only read
		k.open = nil
	}
}

// keptReading is a reading of a file that stays open.
type keptReading struct {
	file *keptFile
	reading
}

func (k *keptReading) Close() error {
	k.file.close()
	return nil
}

func listUptime(m *Hardware) []sensorPath {
	if m.exists("proc/uptime") {
		return []sensorPath{{}}
	}
	return nil
}

func openUptime(m *Hardware, rest string) (Source, error) {
	if rest != "" || !m.exists("proc/uptime") {
		return nil, missing("uptime/" + rest)
	}
	return m.word("proc/uptime", "s", 0), nil
}

// lines gives the words of the lines of a file, first word without its colon.
func (m *Hardware) lines(name string) (map[string][]string, error) {
	text, err := m.text(name)
	if err != nil {
		return nil, err
	}
	all := map[string][]string{}
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		if words := strings.Fields(s.Text()); len(words) > 1 {
			all[strings.TrimSuffix(words[0], ":")] = words[1:]
		}
	}
	return all, nil
}

var memoryNames = []string{"available", "used", "used_percent", "swap_used"}

func listMemory(m *Hardware) (all []sensorPath) {
	if m.exists("proc/meminfo") {
		for _, name := range memoryNames {
			all = append(all, sensorPath{name, ""})
		}
	}
	return all
}

func openMemory(m *Hardware, name string) (Source, error) {
	const mebi = 1.0 / 1024 // the file has KiB
	var value func(kib func(string) float64) float64
	unit := "MiB"
	switch name {
	case "available":
		value = func(kib func(string) float64) float64 { return kib("MemAvailable") * mebi }
	case "used":
		value = func(kib func(string) float64) float64 { return (kib("MemTotal") - kib("MemAvailable")) * mebi }
	case "used_percent":
		unit = "%"
		value = func(kib func(string) float64) float64 {
			return 100 * (kib("MemTotal") - kib("MemAvailable")) / max(1, kib("MemTotal"))
		}
	case "swap_used":
		value = func(kib func(string) float64) float64 { return (kib("SwapTotal") - kib("SwapFree")) * mebi }
	}
	if value == nil || !m.exists("proc/meminfo") {
		return nil, missing("memory/" + name)
	}
	file := &keptFile{machine: m, name: "proc/meminfo"}
	return &keptReading{file, reading{unit, func(context.Context) (float64, error) { return memory(file, value) }}}, nil
}

func memory(file *keptFile, value func(kib func(string) float64) float64) (float64, error) {
	text, err := file.text()
	if err != nil {
		return 0, err
	}
	var wrong error
	v := value(func(name string) float64 {
		word, ok := firstWordOf(text, name)
		if !ok {
			wrong = noNumber(file.machine.place(file.name), name)
			return 0
		}
		n, err := strconv.ParseFloat(word, 64)
		if err != nil {
			wrong = noNumber(file.machine.place(file.name), word)
		}
		return n
	})
	return v, wrong
}

// firstWordOf is the first word after "NAME:" at the beginning of a line. The file has many
// lines and is read often, so that they are not all made words.
func firstWordOf(text, name string) (word string, ok bool) {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name); ok && strings.HasPrefix(rest, ":") {
			rest = strings.TrimLeft(rest[1:], " \t")
			word, _, _ = strings.Cut(strings.TrimRight(rest, "\n"), " ")
			return word, word != ""
		}
	}
	return "", false
}

func listCPU(m *Hardware) []sensorPath {
	if m.exists("proc/stat") {
		return []sensorPath{{"usage", ""}}
	}
	return nil
}

// openCPU gives the share of time in which the processors worked since the reading
// before; the first one is since the machine started.
func openCPU(m *Hardware, name string) (Source, error) {
	if name != "usage" || !m.exists("proc/stat") {
		return nil, missing("cpu/" + name)
	}
	var idle, all float64
	return &reading{"%", func(context.Context) (float64, error) {
		lines, err := m.lines("proc/stat")
		if err != nil {
			return 0, err
		}
		nowIdle, nowAll := 0.0, 0.0
		for n, word := range lines["cpu"][:min(8, len(lines["cpu"]))] {
			v, err := strconv.ParseFloat(word, 64)
			if err != nil {
				return 0, noNumber(m.place("proc/stat"), word)
			}
			nowAll += v
			if n == 3 || n == 4 { // idle, iowait
				nowIdle += v
			}
		}
		if nowAll <= all {
			return 0, nil
		}
		busy := 100 * (1 - (nowIdle-idle)/(nowAll-all))
		idle, all = nowIdle, nowAll
		return max(0, busy), nil
	}}, nil
}

func listWifi(m *Hardware) (all []sensorPath) {
	lines, err := m.lines("proc/net/wireless")
	if err != nil {
		return nil
	}
	text, _ := m.text("proc/net/wireless")
	for _, line := range strings.Split(text, "\n") { // in the order of the file
		name, _, ok := strings.Cut(strings.TrimSpace(line), ":")
		if words := lines[name]; ok && len(words) >= 3 {
			all = append(all, sensorPath{name, ""})
		}
	}
	return all
}

// openWifi gives the level of the signal in dBm: the third column of the file.
func openWifi(m *Hardware, name string) (Source, error) {
	if lines, err := m.lines("proc/net/wireless"); err != nil || len(lines[name]) < 3 {
		return nil, missing("wifi/" + name)
	}
	return &reading{"dBm", func(context.Context) (float64, error) {
		lines, err := m.lines("proc/net/wireless")
		if err != nil {
			return 0, err
		}
		if words := lines[name]; len(words) >= 3 {
			if v, err := strconv.ParseFloat(strings.TrimSuffix(words[2], "."), 64); err == nil {
				return v, nil
			}
		}
		return 0, noNumber(m.place("proc/net/wireless"), name)
	}}, nil
}
