package service

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

func named(t *testing.T) *Service {
	t.Helper()
	s, err := Named("/etc/greenhouse.toml", "/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// systemd's own programs take the unit, and find its sandbox tight.
func TestUnitIsTaken(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" {
			t.Fatal(err)
		}
		t.Skip("needs systemd-analyze (Debian: systemd)")
	}
	for name, change := range map[string]func(*Service){
		"plain": func(*Service) {}, "proc": func(s *Service) { s.Proc = true },
		"lines": func(s *Service) { s.Lines = true }, "serial": func(s *Service) { s.Serial, s.Proc = true, true },
	} {
		s := named(t)
		change(s)
		path := filepath.Join(t.TempDir(), s.ID()+".service")
		if err := os.WriteFile(path, []byte(s.Unit()), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: verify: %v\n%s", name, err, out)
		}
		out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", path).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		found := regexp.MustCompile(`exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
		if found == nil {
			t.Fatalf("%s: no level in:\n%s", name, out)
		}
		limit := map[string]float64{"plain": 1.5, "proc": 1.6}[name]
		if limit == 0 {
			limit = 2.2 // devices and their groups
		}
		if level, _ := strconv.ParseFloat(string(found[1]), 64); level > limit {
			t.Errorf("%s: exposure level %s, more than %.1f", name, found[1], limit)
		}
	}
}

// What each service manager is to write, run and remove, for installing, removing and asking.
func TestPlans(t *testing.T) {
	s := named(t)
	p := Systemd.Install(s, []byte("name = 'x'"))
	if p.Write[0].Path != "/etc/sockeye/greenhouse.toml" || p.Write[0].Mode != 0o600 || p.Write[1].Path != "/etc/systemd/system/sockeye-greenhouse.service" {
		t.Errorf("install writes %+v", p.Write)
	}
	// deploy puts the program where the sandbox does not see it.
	home, err := Named("/etc/greenhouse.toml", "/home/pi/.cache/sockeye/sockeye")
	if err != nil {
		t.Fatal(err)
	}
	const own = "/usr/local/lib/sockeye/sockeye-greenhouse"
	if p := Systemd.Install(home, nil); !slices.Equal(p.Run[0], []string{"install", "-D", "-m", "755", home.Program, own}) || !strings.Contains(home.Unit(), "\nExecStart="+own+" device ") {
		t.Errorf("a program in a home directory: %q and\n%s", p.Run, home.Unit())
	}
	if p := Systemd.Uninstall(home, false); !slices.Contains(p.Remove, own) {
		t.Errorf("uninstall removes %q", p.Remove)
	}
	for _, file := range Launchd.Install(s, nil).Write {
		if err := xml.NewDecoder(strings.NewReader(file.Text)).Decode(new(struct {
			XMLName xml.Name `xml:"plist"`
		})); err != nil {
			t.Errorf("plist: %v\n%s", err, file.Text)
		}
	}
	for _, m := range []Manager{Systemd, Launchd, Windows} {
		if p := m.Uninstall(s, true); len(p.Run) == 0 || len(m.Status(s)) == 0 {
			t.Errorf("%s: %+v", m, p)
		}
	}
}

// A plan writes whole files, runs what it says and takes away what is left; who may not
// is told what to do.
func TestApply(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("runs Unix programs")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "unit")
	var out bytes.Buffer
	if err := (Change{Write: []ChangedFile{{path, "text", 0o640}}, Run: [][]string{{"cat", path}}}).Apply(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o640 || out.String() != "text" {
		t.Errorf("%v, %v, %q", st, err, &out)
	}
	if err := (Change{Remove: []string{path, filepath.Join(dir, "none")}, After: [][]string{{"ls", "-A", filepath.Dir(path)}}}).Apply(t.Context(), &out); err != nil {
		t.Error(err)
	}
	if out.String() != "text" { // else ls found something
		t.Errorf("left: %q", &out)
	}
	err := Change{Run: [][]string{{"no-such-program-here"}}}.Apply(t.Context(), io.Discard)
	if e := sockeye.ErrorOf(err); e.Kind != sockeye.Unsupported || e.Hint.IsZero() || !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("no such program: %+v", e)
	}
	if err := (Change{Run: [][]string{{"false"}}}).Apply(t.Context(), io.Discard); err == nil {
		t.Error("a program that fails is no error")
	}
}

// A service is named after its file if that is a plain name, and arguments in a unit are quoted.
func TestNames(t *testing.T) {
	for path, want := range map[string]string{"x/green-house_1.toml": "sockeye-green-house_1", "x/a b.toml": "", "x/-a.toml": "", "x/..toml": "", "x/$(reboot).toml": ""} {
		s, err := Named(path, "p")
		got := ""
		if err == nil {
			got = s.ID()
		}
		if got != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if diff := cmp.Diff(`"/opt/my $$dir/100%%/so\"ckeye"`, quoteArgument(`/opt/my $dir/100%/so"ckeye`)); diff != "" {
		t.Error(diff)
	}
}
