package workspace

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// versionOne is a file of version 1, in which lists were arrays of rows.
const versionOne = `# the kitchen
sockeye = 1   # the format
about = "a meter"

[payloads]
ask = "?\r\n"   # is sent a lot

# said at the beginning
[[ lists."good morning" ]]   # first
payload = "ask"
delay = "20ms"
[[lists."good morning"]]
text = """
[[lists.no]]
disabled = true
"""
disabled = true
`

// What version 1 says is read as version 2 says it, and errors name the lines of the file.
func TestOlderVersionIsRead(t *testing.T) {
	f, err := Parse([]byte(versionOne))
	if err != nil {
		t.Fatal(err)
	}
	off := false
	want := map[string]List{"good morning": {Rows: []Row{
		{Payload: "ask", Delay: f.Lists["good morning"].Rows[0].Delay},
		{Text: "[[lists.no]]\ndisabled = true\n", Enabled: &off},
	}}}
	if diff := cmp.Diff(want, f.Lists); diff != "" || f.Version != Version || want["good morning"].Rows[0].Delay.String() != "20ms" {
		t.Errorf("version %d: %s", f.Version, diff)
	}
	if _, err := Parse([]byte(strings.Replace(versionOne, `"20ms"`, `"soon"`, 1))); err == nil || !strings.Contains(err.Error(), "line 11") {
		t.Errorf("want the line of the file: %v", err)
	}
	for _, text := range []string{"sockeye = 1\n[lists]\na = [ { text = \"x\" } ]\n", "sockeye = 1\nlists.a = [\n { text = \"x\" },\n]\n"} {
		if f, err := Parse([]byte(text)); err != nil || len(f.Lists["a"].Rows) != 1 || f.Lists["a"].Rows[0].Text != "x" {
			t.Errorf("%s: %v %v", text, f, err)
		}
	}
}

// A change writes the file in the words of today; comments, order and what did not
// change stay.
func TestOlderVersionIsRevised(t *testing.T) {
	f, err := Parse([]byte(versionOne))
	if err != nil {
		t.Fatal(err)
	}
	same, err := Revise([]byte(versionOne), f)
	if err != nil || string(same) != versionOne {
		t.Errorf("nothing changed, and the file became %s, %v", same, err)
	}
	f.About = "a scale"
	got, err := Revise([]byte(versionOne), f)
	if err != nil {
		t.Fatal(err)
	}
	now := strings.NewReplacer("sockeye = 1 ", "sockeye = 2 ", "a meter", "a scale", "[[ lists.\"good morning\" ]]", "[[ lists.\"good morning\".row ]]",
		"[[lists.\"good morning\"]]", "[[lists.\"good morning\".row]]", "\n\"\"\"\ndisabled = true", "\n\"\"\"\nenabled = false")
	if diff := cmp.Diff(now.Replace(versionOne), string(got)); diff != "" {
		t.Error(diff)
	}
}
