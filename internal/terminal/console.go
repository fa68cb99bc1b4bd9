package terminal

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sockeye/internal/payload"
)

// console is the bottom line of a terminal. It edits the input, keeps a history, and prints above
// itself what is written to it. Write may be called from any goroutine.
type console struct {
	program *tea.Program
	typed   chan string   // whole lines; closed when the person ends the input
	over    chan struct{} // closed when the program has ended
	out     io.Writer

	mu      sync.Mutex
	room    sync.Cond // signalled when the buffer was taken or the program ended
	buffer  []byte    // written and not shown yet
	running bool

	words atomic.Pointer[func(line string) []string] // see complete
}

// maxBuffered is how many bytes a console holds for the terminal. A view that writes more waits,
// falls behind the journal, and reports a gap.
const maxBuffered = 256 << 10

// newConsole takes over the terminal until Close. Ctrl-C is a plain key until then, and calls
// interrupt.
func newConsole(in io.Reader, out io.Writer, interrupt func()) *console {
	c := &console{typed: make(chan string, 256), over: make(chan struct{}), out: out, running: true}
	c.room.L = &c.mu
	m := &inputLine{console: c, input: newInput(), interrupt: interrupt}
	c.program = tea.NewProgram(m, tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler())
	go func() {
		defer close(c.over)
		c.program.Run() // it ends when the terminal is gone or Close was called, so its error tells nothing new
		m.end()
		c.mu.Lock()
		c.running = false
		c.room.Broadcast()
		c.mu.Unlock()
	}()
	return c
}

// Write queues whole or partial lines for the terminal.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.running && len(c.buffer) > maxBuffered {
		c.room.Wait()
	}
	c.buffer = append(c.buffer, p...)
	return len(p), nil
}

// take removes the whole lines that are queued.
func (c *console) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := bytes.LastIndexByte(c.buffer, '\n')
	if end < 0 {
		return ""
	}
	text := string(c.buffer[:end])
	c.buffer = append(c.buffer[:0], c.buffer[end+1:]...)
	c.room.Broadcast()
	return text
}

// prompt shows a text before the input line; busy, if not empty, after it.
func (c *console) prompt(text, busy string) { c.program.Send(promptText{text, busy}) }

// Close restores the terminal and writes out what was not shown yet. Later writes are not
// shown.
func (c *console) Close() {
	c.program.Quit()
	<-c.over
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.Write(c.buffer)
	c.buffer = nil
}

// The messages of the console's program.
type (
	tick       struct{}
	promptText struct{ text, busy string }
)

// refresh is the time between two updates of the terminal.
const refresh = 40 * time.Millisecond

// nextTick returns a new tick each time, since the clock of a tick runs from its making.
func nextTick() tea.Cmd { return tea.Tick(refresh, func(time.Time) tea.Msg { return tick{} }) }

// inputLine is the model of the program: the input line.
type inputLine struct {
	console   *console
	input     textinput.Model
	busy      string
	width     int
	height    int
	history   []string
	at        int    // position in history; len(history) is the line being written
	draft     string // the line being written, while another one is shown
	ended     bool   // no more lines will be typed
	interrupt func()
	search    *lineSearch // nil: the line is edited
}

func newInput() textinput.Model {
	in := textinput.New()
	plain := textinput.DefaultDarkStyles()
	plain.Focused = textinput.StyleState{}
	plain.Cursor.Blink = false
	in.SetStyles(plain)
	in.Focus()
	return in
}

func (m *inputLine) Init() tea.Cmd { return nextTick() }

func (m *inputLine) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tick:
		return m, tea.Sequence(append(m.pages(m.console.take()), nextTick())...)
	case promptText:
		m.busy = msg.busy
		if m.search != nil {
			m.search.prompt = msg.text
			return m, nil
		}
		m.input.Prompt = msg.text
		m.fit()
		return m, nil
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.fit()
		return m, nil
	case tea.KeyPressMsg:
		if m.search != nil && m.searchKey(msg.String(), msg.Text) {
			return m, nil
		}
		if done, cmd := m.key(msg.String()); done {
			return m, cmd
		}
	}
	var cmd tea.Cmd
	m.input, cmd = m.input.Update(msg)
	return m, cmd
}

// fit gives the input the width that prompt and cursor leave.
func (m *inputLine) fit() {
	if m.width > 0 {
		m.input.SetWidth(max(8, m.width-ansi.StringWidth(m.input.Prompt+m.busy)-2))
	}
}

// key handles the keys that do not edit the line.
func (m *inputLine) key(k string) (done bool, cmd tea.Cmd) {
	switch k {
	case "enter":
		m.enter()
	case "tab":
		m.tab()
	case "ctrl+r":
		m.startSearch()
	case "ctrl+c":
		if m.input.Value() == "" {
			m.interrupt()
			break
		}
		m.input.Reset()
		m.at, m.draft = len(m.history), ""
	case "ctrl+d":
		if m.input.Value() != "" {
			return false, nil // deletes a character
		}
		m.end()
	case "ctrl+z":
		return true, tea.Suspend
	case "up", "ctrl+p":
		m.recall(m.at - 1)
	case "down", "ctrl+n":
		m.recall(m.at + 1)
	default:
		return false, nil
	}
	return true, nil
}

func (m *inputLine) enter() {
	if m.ended {
		return
	}
	line := m.input.Value()
	select {
	case m.console.typed <- line:
	default:
		return // hundreds of lines are waiting: keep this one where it can be seen
	}
	if line != "" && (len(m.history) == 0 || m.history[len(m.history)-1] != line) {
		m.history = append(m.history, line)
	}
	m.at = len(m.history)
	m.draft = ""
	m.input.Reset()
}

// recall shows another line of the history.
func (m *inputLine) recall(at int) {
	if at < 0 || at > len(m.history) {
		return
	}
	if m.at == len(m.history) {
		m.draft = m.input.Value()
	}
	m.at = at
	if at == len(m.history) {
		m.input.SetValue(m.draft)
	} else {
		m.input.SetValue(m.history[at])
	}
	m.input.CursorEnd()
}

// end tells that no more lines will be typed.
func (m *inputLine) end() {
	if !m.ended {
		m.ended = true
		close(m.console.typed)
	}
}

// pages prints text above the prompt in pieces that fit the screen. Text that is printed at once
// scrolls as one block, and a block longer than the screen would leave empty lines.
func (m *inputLine) pages(text string) []tea.Cmd {
	if text == "" {
		return nil
	}
	var cmds []tea.Cmd
	var page strings.Builder
	rows, most := 0, max(1, m.height-2)
	flush := func() {
		if page.Len() > 0 {
			cmds = append(cmds, tea.Println(strings.TrimSuffix(page.String(), "\n")))
			page.Reset()
			rows = 0
		}
	}
	for _, line := range strings.Split(text, "\n") {
		need := 1
		if m.width > 0 {
			need += ansi.StringWidth(line) / m.width
		}
		if rows+need > most {
			flush()
		}
		page.WriteString(line + "\n")
		rows += need
	}
	flush()
	return cmds
}

// View draws the input line. The terminal's own cursor is where the text goes, so
// that an input method opens there; a line longer than the screen draws its own.
func (m *inputLine) View() tea.View {
	value := []rune(m.input.Value())
	fits := ansi.StringWidth(string(value)) < m.input.Width()
	m.input.SetVirtualCursor(!fits)
	v := tea.NewView(m.input.View() + m.busy)
	if fits {
		before := m.input.Prompt + string(value[:m.input.Position()])
		v.Cursor = tea.NewCursor(ansi.StringWidth(before), 0)
	}
	return v
}

// print writes lines of the program's own, made safe for a terminal.
func (c *console) print(text string) {
	for line := range strings.Lines(text) {
		c.Write([]byte(payload.SafeString(strings.TrimSuffix(line, "\n")) + "\n"))
	}
}
