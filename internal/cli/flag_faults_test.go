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
		{"listen 127.0.0.1:0 --idle-timeout soon --mode 660", "--idle-timeout --mode"},
		{"listen unix://@x --mode 660 --backlog 99999999", "--backlog --mode"},
		{"listen unix://@x --mode 660 --idle-timeout soon --hex --json", "--hex --idle-timeout --mode"},
		{"listen :x --backlog 99999999 --key k", "--backlog --key :x"},
		{"listen 127.0.0.1:0 --backlog 0 --max-peers -1", "--backlog --max-peers"},
		{"listen 127.0.0.1:0 --send x --every soon", "--every"}, // that nothing says when is no other fault
		{"connect 127.0.0.1:1 --idle-timeout soon --source ::1 --hex --json", "--hex --idle-timeout --source"},
		{"connect udp://239.1.2.3:7000 --interface nope", "--interface"}, // found when it is opened
		{"device 127.0.0.1:1 --idle-timeout soon --count 0 --source ::1", "--count --idle-timeout --source"},
		{"relay 127.0.0.1:0 :x --idle-timeout soon --reuse-address --mode 660", "--idle-timeout --mode :x"},
		{"session open listn :1 --idle-timeout soon --max-peers -1", "--idle-timeout --max-peers MODE"},
		{"session open listen unix://@ab12 --mode 660 --ttl x", "--mode --ttl"},
		{"log show . --direction z --since x --until y --text \\q", "--direction --since --text --until"},
		{"log show . --frame qq --check crc99 --charset zz --drain x", "--charset --check --drain --frame"},
	} {
		var out, errs bytes.Buffer
		signals := make(chan os.Signal)
		env := func(string) string { return "" }
		code := Run(strings.Fields(c.line), terminal.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: env}, signals)
		if code == 0 || out.Len() > 0 {
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
