package userdir

import (
	"path/filepath"
	"testing"
)

// SOCKEYE_HOME holds everything; a relative one is seen from the working directory.
func TestSockeyeHome(t *testing.T) {
	home := t.TempDir()
	env := func(vars map[string]string) func(string) string {
		return func(name string) string { return vars[name] }
	}
	all := env(map[string]string{"SOCKEYE_HOME": home, "XDG_STATE_HOME": t.TempDir(), "XDG_DATA_HOME": t.TempDir()})
	if got, want := State(all), filepath.Join(home, "state"); got != want {
		t.Errorf("stateDir is %s, want %s", got, want)
	}
	if got, want := Data(all), filepath.Join(home, "share"); got != want {
		t.Errorf("dataDir is %s, want %s", got, want)
	}
	if got, want := Config(all), filepath.Join(home, "config"); got != want {
		t.Errorf("configDir is %s, want %s", got, want)
	}
	t.Chdir(t.TempDir())
	here, err := filepath.Abs("here")
	if err != nil {
		t.Fatal(err)
	}
	relative := env(map[string]string{"SOCKEYE_HOME": "here", "XDG_DATA_HOME": t.TempDir()})
	if got, want := Data(relative), filepath.Join(here, "share"); got != want {
		t.Errorf("dataDir is %s, want %s", got, want)
	}
}
