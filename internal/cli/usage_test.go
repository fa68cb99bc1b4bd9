package cli

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/terminal"
)

// refuse runs a command line that must be refused: exit code 2, nothing on standard
// output, one line with the fault that holds the words, and one with the hint.
func refuse(t *testing.T, fault string, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	signals := make(chan os.Signal, 2)
	late := time.AfterFunc(patience, func() { // it was not refused
		signals <- os.Interrupt
		signals <- os.Interrupt
	})
	defer late.Stop()
	env := func(string) string { return "" }
	code := Run(args, terminal.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: env}, signals)
	lines := strings.Split(errs.String(), "\n")
	if code != terminal.ExitOther || out.Len() > 0 || len(lines) != 3 || lines[2] != "" ||
		!strings.HasPrefix(lines[0], "sockeye: ") || !strings.Contains(lines[0], fault) || !strings.HasPrefix(lines[1], "hint: ") {
		t.Errorf("sockeye %s: want a fault with %q and a hint, got code %d, output %q and:\n%s", strings.Join(args, " "), fault, code, &out, &errs)
	}
}

// line is a command's words with what it cannot do without, and then more.
func line(c *cobra.Command, more ...string) []string {
	args := strings.Fields(c.CommandPath())[1:]
	if strings.Contains(c.Use, "MODE") {
		args = append(args, "connect")
	}
	if strings.Contains(c.Use, "ADDRESS") {
		args = append(args, "127.0.0.1:1")
	}
	if strings.Contains(c.Use, "LISTEN UPSTREAM") {
		args = append(args, "127.0.0.1:0", "127.0.0.1:1")
	}
	if strings.Contains(c.Use, "RECORDING TEXT") {
		args = append(args, "recording", "text")
	}
	if strings.Contains(c.Use, "SESSION TOPIC TEXT") {
		args = append(args, "s1", "topic", "text")
	}
	if c.Name() == "load" {
		args = append(args, "--send", "x")
	}
	return append(args, more...)
}

// Whatever is wrong with a flag of any command is said in two lines.
func TestEveryFlagRefuses(t *testing.T) {
	for c := range Every(tree(sockeye.English)) {
		if c.DisableFlagParsing {
			continue // its flags are another program's
		}
		refuse(t, "unknown flag --no-such-flag", line(c, "--no-such-flag")...)
		refuse(t, "unknown flag -?", line(c, "-?")...)
		c.Flags().VisitAll(func(f *pflag.Flag) {
			name := "--" + f.Name
			if f.Hidden { // another name for what an open one says
				return
			}
			if f.NoOptDefVal == "" {
				refuse(t, name+": needs a value", line(c, name)...)
			}
			switch f.Value.Type() {
			case "string", "words", "stringArray":
				return // each of these is in testdata/script
			case "bool":
				refuse(t, name+": ", line(c, name+"=perhaps")...)
				return
			}
			for _, wrong := range []string{"x", "-1", "", "0x", "1e999", "99999999999999999999", "١", "1 2"} {
				refuse(t, name+": ", line(c, name+"="+wrong)...)
			}
		})
	}
}

// A bare number is seconds wherever a time is typed.
func TestEveryTimeTakesBareSeconds(t *testing.T) {
	times := 0
	for c := range Every(tree(sockeye.English)) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() != "duration" {
				return
			}
			times++
			if err := f.Value.Set("5"); err != nil {
				t.Errorf("%s --%s 5: %v", c.CommandPath(), f.Name, err)
			}
		})
	}
	if times < 10 {
		t.Errorf("only %d flags take a time: are they of another type now?", times)
	}
}

// goTypes are words by which Go, not Sockeye, calls things.
var goTypes = regexp.MustCompile(`\b(u?int(8|16|32|64)?|float(32|64)|\w+(Slice|Array|Value)|strconv\.?\w*|Parse[A-Z]\w*|time\.\w+|netip\.\w+|\*\w+\.\w+)\b|invalid (argument|syntax)`)

// No flag of any command, hidden or not, answers a wrong value with the words of Go.
func TestNoGoTypesInErrors(t *testing.T) {
	tried := 0
	for c := range Every(tree(sockeye.English)) {
		for _, lang := range []sockeye.Lang{sockeye.English, sockeye.Chinese} {
			a := &app{Terminal: &terminal.Terminal{Lang: lang, Streams: terminal.Streams{Env: func(string) string { return "" }}}}
			c.Flags().VisitAll(func(f *pflag.Flag) {
				for _, wrong := range []string{"x", "-1", "", "0x", "1e999", "99999999999999999999", `"`, "a,,b", "\x00", "1 2", "300.300.300.300/99"} {
					err := c.ParseFlags([]string{"--" + f.Name + "=" + wrong})
					if err == nil {
						continue
					}
					tried++
					said := strings.Join(a.ErrorLines(withHint(c, a.badFlag(c, err))), "\n")
					if said = strings.ReplaceAll(said, "--"+f.Name, ""); goTypes.MatchString(said) {
						t.Errorf("%s --%s=%q: %s", c.CommandPath(), f.Name, wrong, said)
					}
				}
			})
		}
	}
	if tried < 100 {
		t.Errorf("only %d wrong values were refused", tried)
	}
}

// Every port that is none is refused, wherever a port is written.
func TestWrongPorts(t *testing.T) {
	for _, port := range []string{"-1", "65536", "99999999999999999999", "0x50", "1e3", "8o80", "٨٠", "+80", "80.0"} {
		for _, address := range []string{"127.0.0.1:%s", "[::1]:%s", "udp://localhost:%s"} {
			at := fmt.Sprintf(address, port)
			refuse(t, "port", "listen", at)
			refuse(t, "port", "connect", at)
			refuse(t, "port", "device", at)
		}
	}
}
