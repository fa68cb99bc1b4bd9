package terminal

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
)

// testPrompt is an input line without a terminal.
func testPrompt() *inputLine {
	m := &inputLine{console: &console{typed: make(chan string, 8)}, input: newInput(), width: 40, height: 6}
	m.console.room.L = &m.console.mu
	m.fit()
	return m
}

// press sends keys: names such as "up" and "enter", or text.
func (m *inputLine) press(keys ...string) {
	codes := map[string]tea.Key{
		"enter": {Code: tea.KeyEnter}, "up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft},
		"backspace": {Code: tea.KeyBackspace}, "ctrl+d": {Code: 'd', Mod: tea.ModCtrl}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl},
		"ctrl+a": {Code: 'a', Mod: tea.ModCtrl}, "ctrl+r": {Code: 'r', Mod: tea.ModCtrl}, "tab": {Code: tea.KeyTab}, "esc": {Code: tea.KeyEscape},
	}
	for _, k := range keys {
		if key, ok := codes[k]; ok {
			m.Update(tea.KeyPressMsg(key))
			continue
		}
		for _, r := range k {
			m.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
}

// Keys edit the line as a shell's do.
func TestConsoleEditsALine(t *testing.T) {
	m := testPrompt()
	m.press("你好x", "backspace", "left", "们", "enter")
	if got := <-m.console.typed; got != "你们好" {
		t.Errorf("%q", got)
	}
	if m.input.Value() != "" {
		t.Errorf("still there: %q", m.input.Value())
	}
}

// The arrows walk through the lines that were sent, a repeated one only once, and come back to
// the line that was begun.
func TestConsoleHistory(t *testing.T) {
	m := testPrompt()
	m.press("one", "enter", "two", "enter", "two", "enter", "dra")
	var seen []string
	for _, k := range []string{"up", "up", "up", "down", "down", "down"} {
		m.press(k)
		seen = append(seen, m.input.Value())
	}
	want := []string{"two", "one", "one", "two", "dra", "dra"} // a repeated line is kept once; a draft comes back
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// Ctrl-C interrupts once; Ctrl-D deletes in a line with text and ends the input in an empty one.
func TestConsoleEndsAndInterrupts(t *testing.T) {
	m := testPrompt()
	interrupts := 0
	m.interrupt = func() { interrupts++ }
	m.press("x", "ctrl+a", "ctrl+d") // with text, Ctrl-D deletes
	if m.input.Value() != "" || m.ended {
		t.Fatalf("%q, ended %v", m.input.Value(), m.ended)
	}
	m.press("ctrl+c", "ctrl+d", "late", "enter", "ctrl+d")
	if _, open := <-m.console.typed; open || interrupts != 1 {
		t.Errorf("open %v, %d interrupts", open, interrupts)
	}
}

// The cursor stands behind what was typed, whatever columns that takes.
func TestConsoleCursorColumn(t *testing.T) {
	m := testPrompt()
	m.Update(promptText{"厨房> ", ""})
	m.press("a你")
	if c := m.View().Cursor; c == nil || c.X != 4+2+3 {
		t.Errorf("%+v", c)
	}
	m.press("left")
	if c := m.View().Cursor; c == nil || c.X != 4+2+1 {
		t.Errorf("%+v", c)
	}
	m.press(strings.Repeat("long ", 20))
	if c := m.View().Cursor; c != nil {
		t.Errorf("a line that scrolls draws its own cursor, not %+v", c)
	}
}

// Text is printed in blocks of fewer rows than the screen has, wrapped lines
// counted, and nothing is lost.
func TestConsolePages(t *testing.T) {
	m := testPrompt() // 40 columns, 6 rows
	lines := []string{"a", "b", strings.Repeat("w", 100), "c", "d", "e", "f", "g"}
	var got []string
	for _, cmd := range m.pages(strings.Join(lines, "\n")) {
		body := pageText(cmd)
		rows := 0
		for _, line := range strings.Split(body, "\n") {
			rows += 1 + len(line)/40
			got = append(got, line)
		}
		if rows > 4 {
			t.Errorf("%d rows at once: %q", rows, body)
		}
	}
	if !slices.Equal(got, lines) {
		t.Errorf("%q", got)
	}
}

// pageText reads what a print command would print.
func pageText(cmd tea.Cmd) string {
	return strings.Trim(fmt.Sprint(cmd()), "{}")
}

// A view that writes more than the terminal shows waits instead of filling memory.
func TestConsoleWriteWaits(t *testing.T) {
	m := testPrompt()
	c := m.console
	c.running = true
	line := []byte(strings.Repeat("x", 1023) + "\n")
	for range maxBuffered/1024 + 1 {
		c.Write(line)
	}
	wrote := make(chan struct{})
	go func() {
		c.Write(line)
		close(wrote)
	}()
	c.mu.Lock()
	full := len(c.buffer)
	c.mu.Unlock()
	if full > maxBuffered+2*1024 {
		t.Errorf("%d bytes are waiting", full)
	}
	for taken := 0; ; {
		taken += len(c.take())
		select {
		case <-wrote:
			return
		default:
		}
	}
}
