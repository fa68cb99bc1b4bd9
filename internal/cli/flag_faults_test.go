package cli

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye/internal/terminal"
)

// Issue "Faults from the field" (5): everything that is wrong with a command line is told
// at once, so that nobody mends one flag after the other.
func TestAllFaultsOfEveryCommand(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"listen :x --backlog -1 --idle-timeout soon --charset zz --frame x --bogus", "--backlog --bogus --charset --frame --idle-timeout :x"},
		{"listen :x --charset zz --check crc99 --checksum crc99 --prefix {{ --suffix {{ --sync x --fields {{", "--charset --check --checksum --fields --prefix --suffix --sync :x"},
		{"listen :x --hex --json --repeat -1 --echo --broker --lift-guard zz", "--echo --hex --lift-guard --repeat :x"},
		{"listen --one --two -yz --backlog", "--backlog --one --two -y -z"},
		{"connect :x --send {{x --send-hex 0g --expect {{y --expect-hex 0g --charset zz --every soon", "--charset --every --expect --expect-hex --send --send-hex :x"},
		{"connect :x --hex --json --send a --send-file b --expect {{seq}}", "--expect --hex --send-file :x"},
		{"connect localhost --sour ::1 --bcklog 5", "--bcklog --sour"},
		{"device :x --recv 0 --count 0 --lift-guard zz", "--count --lift-guard --recv :x"},
		{"device :x --interval x --hello {{x --charset zz", "--charset --hello --interval :x"},
		{"session open listen :x --backlog -1 --bogus --prefer x", "--backlog --bogus --prefer :x"},
		{"session open listen :x --lift-guard zz", "--lift-guard :x"},
		{"session send s1 hi --prefix {{ --suffix {{ --every soon --bogus", "--bogus --every --prefix --suffix"},
		{"payload x --charset zz --checksum crc99 --prefix {{ --bogus", "--bogus --charset --checksum --prefix"},
		{"log show . --direction z --since x --until y --text \\q", "--direction --since --text --until"},
		{"log show . --frame qq --check crc99 --charset zz --drain x", "--charset --check --drain --frame"},
	} {
		var out, errs bytes.Buffer
		signals := make(chan os.Signal)
		env := func(string) string { return "" }
		code := Run(strings.Fields(c.line), terminal.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: env}, signals)
		if code != terminal.ExitOther || out.Len() > 0 {
			t.Errorf("%s: code %d, output %q", c.line, code, &out)
		}
		if diff := cmp.Diff(c.want, blamed(errs.String())); diff != "" {
			t.Errorf("%s (-want +got):\n%s%s", c.line, diff, &errs)
		}
	}
}

// blamed are the flags and addresses that errors are about, each once.
func blamed(errs string) string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^sockeye: (?:parse "?)?(?:unknown flag )?([^\s":]+|:x)`).FindAllStringSubmatch(errs, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}
