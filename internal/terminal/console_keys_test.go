package terminal

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Tab completes what is certain, with a blank when there is one word, and shows what there
// is to choose from; what is behind the cursor stays.
func TestConsoleTab(t *testing.T) {
	m := testPrompt()
	m.press("tab") // nothing to complete with
	m.console.complete(func(line string) []string {
		if line[0] != '/' {
			return nil
		}
		if len(line) > 3 && line[:4] == "/to " {
			return []string{"all", "厨房-1", "厨房-2", "#1"}
		}
		return []string{"/to", "/text", "/peers"}
	})
	var got []string
	for _, keys := range [][]string{{"/p"}, {"/t"}, {"/to 厨"}, {"/to a"}, {"/x"}, {"te"}, {"/p all", "left", "left", "left", "left"}} {
		m.input.Reset()
		m.press(append(keys, "tab")...)
		got = append(got, m.input.Value())
	}
	want := []string{"/peers ", "/t", "/to 厨房-", "/to all ", "/x", "te", "/peers all"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if shown := m.console.take(); shown != "/text  /to" {
		t.Errorf("%q", shown)
	}
}

// Ctrl-R finds older lines; Escape gives back what was there; Enter sends what was found.
func TestConsoleSearch(t *testing.T) {
	m := testPrompt()
	m.Update(promptText{"all> ", ""})
	m.press("led on", "enter", "led off", "enter", "status", "enter", "draft", "ctrl+r", "led")
	if m.input.Value() != "led off" || m.input.Prompt != "(led) " {
		t.Errorf("%q %q", m.input.Prompt, m.input.Value())
	}
	m.Update(promptText{"#1> ", ""}) // what the line goes to changes meanwhile
	m.press("ctrl+r")
	if m.input.Value() != "led on" {
		t.Errorf("%q", m.input.Value())
	}
	m.press("esc")
	if m.input.Value() != "draft" || m.input.Prompt != "#1> " {
		t.Errorf("%q %q", m.input.Prompt, m.input.Value())
	}
	for range 3 {
		<-m.console.typed
	}
	m.press("ctrl+r", "stax", "backspace", "enter")
	if got := <-m.console.typed; got != "status" || m.search != nil {
		t.Errorf("%q", got)
	}
}

// Ctrl-C with text typed clears the line, and interrupts when there is none.
func TestConsoleClearsTheLine(t *testing.T) {
	m := testPrompt()
	interrupts := 0
	m.interrupt = func() { interrupts++ }
	m.press("/abort 3", "ctrl+c")
	if m.input.Value() != "" || interrupts != 0 {
		t.Errorf("%q, %d", m.input.Value(), interrupts)
	}
	m.press("ctrl+c")
	if interrupts != 1 {
		t.Errorf("%d interrupts", interrupts)
	}
}
