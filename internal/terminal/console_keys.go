package terminal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// complete sets the function that returns the words with which a line may continue; the last word
// of the line is incomplete. The console calls it on a goroutine of its own.
func (c *console) complete(words func(line string) []string) { c.words.Store(&words) }

// tab completes the word before the cursor as far as all candidates agree. If that adds nothing, it
// shows the candidates.
func (m *inputLine) tab() {
	words := m.console.words.Load()
	if words == nil {
		return
	}
	value := []rune(m.input.Value())
	at := m.input.Position()
	line := string(value[:at])
	begun := line[strings.LastIndexByte(line, ' ')+1:]
	found := fitting((*words)(line), begun)
	if len(found) == 0 {
		return
	}
	whole := commonPrefix(found)
	if len(found) == 1 {
		whole += " "
	}
	if whole == begun {
		m.console.print(strings.Join(found, "  "))
		return
	}
	rest := string(value[at:])
	m.input.SetValue(strings.TrimSuffix(line, begun) + whole + strings.TrimPrefix(rest, " "))
	m.input.SetCursor(at + len([]rune(whole)) - len([]rune(begun)))
}

// fitting returns the words that begin with begun, sorted and each once.
func fitting(words []string, begun string) []string {
	var found []string
	for _, w := range words {
		if strings.HasPrefix(w, begun) && w != "" {
			found = append(found, w)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// commonPrefix returns the longest prefix of sorted words, in whole characters.
func commonPrefix(words []string) string {
	first, last := []rune(words[0]), []rune(words[len(words)-1])
	n := 0
	for n < len(first) && n < len(last) && first[n] == last[n] {
		n++
	}
	return string(first[:n])
}

// lineSearch is the search in the history that Ctrl-R begins.
type lineSearch struct {
	typed  string
	at     int    // the line of the history that was found
	prompt string // of the line, shown again after the search
	before string // what was in the line
}

// startSearch begins to search backwards.
func (m *inputLine) startSearch() {
	m.search = &lineSearch{at: len(m.history), prompt: m.input.Prompt, before: m.input.Value()}
	m.showSearch()
}

// searchKey handles a key while the history is searched; text is what the key types, if anything.
// It returns false if the key ended the search and is to edit the line that was found.
func (m *inputLine) searchKey(k, text string) (done bool) {
	s := m.search
	switch k {
	case "ctrl+r":
		m.find(s.at - 1)
	case "backspace":
		if r := []rune(s.typed); len(r) > 0 {
			s.typed = string(r[:len(r)-1])
			m.find(len(m.history) - 1)
		}
	case "esc", "ctrl+g", "ctrl+c":
		m.endSearch()
		m.input.SetValue(s.before)
	default:
		if text == "" {
			m.endSearch()
			return false
		}
		s.typed += text
		m.find(min(s.at, len(m.history)-1))
	}
	return true
}

// find shows the newest line of the history, at or before from, that contains what was typed.
func (m *inputLine) find(from int) {
	for at := from; at >= 0; at-- {
		if strings.Contains(m.history[at], m.search.typed) {
			m.search.at = at
			m.at = at
			m.input.SetValue(m.history[at])
			m.input.CursorEnd()
			break
		}
	}
	m.showSearch()
}

func (m *inputLine) showSearch() {
	m.input.Prompt = fmt.Sprintf("(%s) ", ansi.Truncate(m.search.typed, max(8, m.width/3), "…"))
	m.fit()
}

// endSearch ends the search and makes the line that was found the input.
func (m *inputLine) endSearch() {
	m.input.Prompt = m.search.prompt
	m.search = nil
	m.fit()
}
