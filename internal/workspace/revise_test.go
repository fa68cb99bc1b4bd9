package workspace

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sockeye"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const written = `# mine
sockeye = 2   # the format

# what it is for
about = 'a shop'

[variables]
# of today
price = "3.20"   # in francs
unit = "kg"

[payloads] # messages
"say hello" = '''
hello
'''
query = { hex = "01 03" }  # with no checksum

# The first door.
[[endpoint]]
name = "shop"
listen = ":4000"   # all of it
frame = 'line'
rules = "shop"

  # indented
  [[endpoint]]
  name = "back"
  connect = "10.0.0.1:80"
  reconnect = false

# tea first
[[rules.shop]]
match = "prefix:tea"
replies = [
  { text = "yes" },   # at once
  { text = "soon", delay = "1000ms" },
]

# then the rest
[[rules.shop]]
match = "any"

[[rules.shop.replies]]
text = "no"

# the end
`

// Revise changes just the lines of what is different, and keeps comments, order, indentation and
// line endings of the rest.
func TestRevise(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *File)
		was    []string // pairs: what is in the old text, and what stands in its place
	}{
		"nothing":        {func(*File) {}, nil},
		"a value":        {func(f *File) { f.About = "it's mine" }, []string{`'a shop'`, `"it's mine"`}},
		"a variable":     {func(f *File) { f.Variables["price"] = "4" }, []string{`"3.20"`, `"4"`}},
		"a new variable": {func(f *File) { f.Variables["a b"] = `\` }, []string{"unit = \"kg\"\n", "unit = \"kg\"\n\"a b\" = '\\'\n"}},
		"no variables":   {func(f *File) { f.Variables = nil }, []string{"\n[variables]\n# of today\nprice = \"3.20\"   # in francs\nunit = \"kg\"\n", ""}},
		"a key goes":     {func(f *File) { f.Endpoints[0].Frame = "" }, []string{"frame = 'line'\n", ""}},
		"a key comes":    {func(f *File) { f.Endpoints[1].Options.IdleTimeout = 9e9 }, []string{"  reconnect = false\n", "  reconnect = false\nidle_timeout = \"9s\"\n"}},
		"said otherwise": {func(f *File) { f.Endpoints[1].Options.Reconnect = true }, []string{"reconnect = false", "reconnect = true"}},
		"an endpoint goes": {func(f *File) { f.Endpoints = f.Endpoints[:1] }, []string{
			"\n  # indented\n  [[endpoint]]\n  name = \"back\"\n  connect = \"10.0.0.1:80\"\n  reconnect = false\n", ""}},
		"the first goes": {func(f *File) { f.Endpoints = f.Endpoints[1:] }, []string{
			"\n# The first door.\n[[endpoint]]\nname = \"shop\"\nlisten = \":4000\"   # all of it\nframe = 'line'\nrules = \"shop\"\n", ""}},
		"an endpoint comes": {func(f *File) { f.Endpoints = append(f.Endpoints, Endpoint{Name: "c", Listen: ":1"}) }, []string{
			"  reconnect = false\n", "  reconnect = false\n\n[[endpoint]]\nname = \"c\"\nlisten = \":1\"\n"}},
		"rules change places": {func(f *File) { r := f.Rules["shop"]; r[0], r[1] = r[1], r[0] }, []string{
			"\n# tea first\n[[rules.shop]]\nmatch = \"prefix:tea\"\nreplies = [\n  { text = \"yes\" },   # at once\n  { text = \"soon\", delay = \"1000ms\" },\n]\n", "",
			"text = \"no\"\n", "text = \"no\"\n\n# tea first\n[[rules.shop]]\nmatch = \"prefix:tea\"\nreplies = [\n  { text = \"yes\" },   # at once\n  { text = \"soon\", delay = \"1000ms\" },\n]\n"}},
		"a rule with tables below": {func(f *File) { f.Rules["shop"][1].Cooldown.Min, f.Rules["shop"][1].Cooldown.Max = 1e9, 1e9 }, []string{
			"match = \"any\"\n\n[[rules.shop.replies]]\ntext = \"no\"\n", "match = \"any\"\nreplies = [{ text = \"no\" }]\ncooldown = \"1s\"\n"}},
		"another set": {func(f *File) { f.Rules["more"] = []Rule{{Join: true, Reply: "x"}} }, []string{
			"# the end\n", "# the end\n\n[[rules.more]]\njoin = true\nreply = \"x\"\n"}},
		"aliases": {func(f *File) { f.Aliases = map[string]string{"::1": "me"} }, []string{
			"\n[payloads]", "\n[aliases]\n\"::1\" = \"me\"\n\n[payloads]"}},
		"a payload": {func(f *File) { f.Payloads["query"] = Payload{Hex: "01 03", Checksum: "crc16modbus"} }, []string{
			`{ hex = "01 03" }`, `{ hex = "01 03", checksum = "crc16modbus" }`}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			want := written
			for i := 0; i < len(c.was); i += 2 {
				if strings.Count(want, c.was[i]) != 1 {
					t.Fatalf("%q is not once in the text", c.was[i])
				}
				want = strings.Replace(want, c.was[i], c.was[i+1], 1)
			}
			for _, end := range []string{"\n", "\r\n"} {
				old := strings.ReplaceAll(written, "\n", end)
				f, err := Parse([]byte(old))
				if err != nil {
					t.Fatal(err)
				}
				c.change(f)
				got, err := Revise([]byte(old), f)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(strings.ReplaceAll(want, "\n", end), string(got)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// Other ways to write the same are understood, too.
func TestReviseOtherLayouts(t *testing.T) {
	for _, old := range []string{
		"sockeye = 2\nendpoint = [ {name = \"a\", listen = \":1\"} ]",
		"sockeye = 2\nvariables.a = \"1\" # one\n[payloads.p]\nhex = \"01\"\n[payloads]\nq = \"x\"",
		"sockeye = 2\n[payloads.p]\ntext = \"01\" # one\n",
		"\xef\xbb\xbfsockeye = 2\n[variables]",
		"'sockeye' = 1\n[\"variables\" ]\n'a' = \"\"\n[[rules.\"a.b\"]]\njoin = true\n[[ rules . c ]]\njoin = true",
		"sockeye = 2\n[rules]\na = []",
		"sockeye = 2\nabout = \"\"\"\n[[endpoint]]\n# no\\\"\"\"\"\"\"",
		"sockeye = 2\n[variables]\na = '''it''''' # c\n",
	} {
		f, err := Parse([]byte(old))
		if err != nil {
			t.Fatalf("%q: %v", old, err)
		}
		if got, err := Revise([]byte(old), f); err != nil || string(got) != old {
			t.Errorf("%q became %q, %v", old, got, err)
		}
		for seed := range uint64(50) {
			changed := changed(t, f, seed)
			revised(t, []byte(old), changed)
		}
	}
	if _, err := Revise([]byte("sockeye ="), &File{}); err == nil {
		t.Error("a wrong text was revised")
	}
	if _, err := Revise([]byte("sockeye = 2"), &File{Endpoints: []Endpoint{{Name: "x"}}}); err == nil {
		t.Error("a wrong file was written")
	}
	if got, err := Revise(nil, &File{About: "x"}); err != nil || !strings.Contains(string(got), "about = \"x\"\n") {
		t.Errorf("%q %v", got, err)
	}
}

// changed is a file with some random changes.
func changed(t testing.TB, f *File, seed uint64) *File {
	out, err := Parse(f.Format())
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	texts := []string{"", "x", `\r\n`, "it's", "a\nb", "\"\x7f'", "你好", "#", "]] = ["}
	text := func() string { return texts[r.IntN(len(texts))] }
	set := func(m *map[string]string, key, value string) {
		if *m == nil {
			*m = map[string]string{}
		}
		(*m)[key] = value
	}
	for range 1 + r.IntN(4) {
		switch r.IntN(10) {
		case 0:
			out.About = text()
		case 1:
			set(&out.Variables, text(), text())
		case 2:
			out.Variables = nil
		case 3:
			set(&out.Aliases, fmt.Sprintf("10.0.0.%d", r.IntN(3)), "kitchen")
		case 4:
			if out.Payloads == nil {
				out.Payloads = map[string]Payload{}
			}
			out.Payloads[text()] = Payload{Text: "a", Charset: "gbk", LineEnd: "crlf", Prefix: `\x02`, Suffix: `\x03`}
		case 5:
			r.Shuffle(len(out.Endpoints), func(i, j int) { out.Endpoints[i], out.Endpoints[j] = out.Endpoints[j], out.Endpoints[i] })
		case 6:
			out.Endpoints = append(out.Endpoints, Endpoint{Name: fmt.Sprint("new", len(out.Endpoints)), Listen: ":0", Options: sockeye.Options{IdleTimeout: time.Duration(r.Int64N(1e9))}})
		case 7:
			if n := len(out.Endpoints); n > 0 {
				out.Endpoints[r.IntN(n)].Options.IdleTimeout = time.Duration(r.Int64N(9e9))
			}
		case 9:
			if out.Lists == nil {
				out.Lists = map[string]List{}
			}
			l := out.Lists["morning"]
			times := r.IntN(3)
			l.Times, l.Rows = &times, append(l.Rows, Row{Text: "a"})
			out.Lists["morning"] = l
			if r.IntN(2) == 0 {
				out.Lists[text()] = List{Rows: []Row{{Hex: "00"}}}
			}
		case 8:
			for name, set := range out.Rules {
				switch n := len(set); r.IntN(3) {
				case 0:
					out.Rules[name] = append([]Rule{{Match: "any", Reply: "new"}}, set...)
				case 1:
					if n > 1 && len(set[n-1].In)+len(set[0].In) == 0 {
						set[0], set[n-1] = set[n-1], set[0]
					}
				case 2:
					if n > 0 {
						set[r.IntN(n)].Count++
					}
				}
			}
		}
	}
	return out
}

// revised checks what Revise promises: the text says what the file says, and every
// table of the old text that says the same is in it, byte by byte.
func revised(t testing.TB, old []byte, f *File) {
	t.Helper()
	got, err := Revise(old, f)
	if err != nil {
		if _, wrong := Parse(f.Format()); wrong == nil {
			t.Fatalf("%v in:\n%s", err, old)
		}
		return // the change made a file that is not sound
	}
	again, err := Parse(got)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, got)
	}
	if diff := cmp.Diff(f.tree().String(), again.tree().String()); diff != "" {
		t.Fatalf("%s in:\n%s\nof:\n%s", diff, got, old)
	}
	if bytes.HasPrefix(got, []byte("# A workspace of Sockeye")) && !bytes.HasPrefix(old, []byte("# A workspace of Sockeye")) {
		return // it was written in a way that cannot be kept
	}
	was, err := Parse(old)
	if err != nil {
		t.Fatal(err)
	}
	blocks, ok := blocksOf(string(bytes.TrimPrefix(old, byteOrderMark)))
	if !ok {
		return
	}
	if end := blocks[len(blocks)-1].takeEnd(); !bytes.Contains(got, []byte(end)) {
		t.Errorf("the end is not there: %q\nin:\n%s", end, got)
	}
	seen := map[string]int{}
	for _, b := range blocks {
		n := was.tree().at(b.path...)
		m := f.tree().at(b.path...)
		if m == nil || n == nil {
			continue
		}
		same := n.String() == m.String()
		if b.inList {
			i := seen[pathText(b.path)]
			seen[pathText(b.path)]++
			same = false
			if i < len(n.list) {
				for _, one := range m.list {
					same = same || one.String() == n.list[i].String()
				}
			}
		}
		if same && !bytes.Contains(got, []byte(b.text())) {
			t.Errorf("this has changed:\n%s\nin:\n%s", b.text(), got)
		}
	}
}

// Revise of a file with its own content leaves every byte; with a random change the result reads
// as the changed content.
func TestReviseKeepsWhatIsTheSame(t *testing.T) {
	olds := [][]byte{[]byte(whole), []byte(written), []byte(strings.TrimSuffix(written, "\n\n# the end\n"))}
	examples, err := filepath.Glob("../../examples/workspaces/*.toml")
	if err != nil || len(examples) == 0 {
		t.Fatal(examples, err)
	}
	for _, e := range examples {
		text, err := os.ReadFile(e)
		if err != nil {
			t.Fatal(err)
		}
		olds = append(olds, text)
	}
	for _, old := range olds {
		f, err := Parse(old)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Revise(old, f); err != nil || !bytes.Equal(got, old) {
			t.Errorf("%v; nothing was changed, and yet: %s", err, cmp.Diff(string(old), string(got)))
		}
		for seed := range uint64(60) {
			revised(t, old, changed(t, f, seed))
		}
	}
}

// FuzzRevise: whatever the text and the change, it says what the file says.
func FuzzRevise(f *testing.F) {
	f.Add([]byte(whole), uint64(1))
	f.Add([]byte(written), uint64(2))
	f.Add([]byte("sockeye = 2\n[payloads.p]\nhex = \"01\"\n[payloads]\nq.text = \"x\""), uint64(3))
	f.Add([]byte("sockeye = 2\n[rules]\na = [ { join = true } ]\nb = []"), uint64(4))
	f.Add([]byte(versionOne), uint64(5))
	f.Fuzz(func(t *testing.T, old []byte, seed uint64) {
		was, err := Parse(old)
		if err != nil {
			return
		}
		if got, err := Revise(old, was); err != nil {
			t.Fatalf("%v in:\n%s", err, got)
		}
		revised(t, old, changed(t, was, seed))
	})
}
