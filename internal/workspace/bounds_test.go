package workspace

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"sockeye"
)

// mebibytes4 repeats a piece until a text is as large as a file may be.
func mebibytes4(piece func(i int) string) string {
	var b strings.Builder
	for i := 0; ; i++ {
		p := piece(i)
		if b.Len()+len(p) > MaxBytes-64 {
			return b.String()
		}
		b.WriteString(p)
	}
}

// numbers are n pieces with their numbers.
func numbers(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func always(s string) func(int) string { return func(int) string { return s } }

// hostileTexts are files of up to 4 MiB that cost a decoder much for each byte, with what
// must be said of them.
func hostileTexts() map[string][2]string {
	numbered := func(format string) string {
		return mebibytes4(func(i int) string { return fmt.Sprintf(format, i) })
	}
	values := "more than 40000 keys, tables and values"
	tables := "more than 12500 tables"
	entries := "more than 10000 entries in one table or array"
	return map[string][2]string{
		"key of 20,001 parts":      {strings.Repeat("a.", 20_000) + "a = 1", "line 2, column 1: a key of more than 4 parts"},
		"key of 2 M parts":         {mebibytes4(always("a.")) + "a = 1", "a key of more than 4 parts"},
		"quoted parts":             {mebibytes4(always(`"a".`)) + "a = 1", "a key of more than 4 parts"},
		"head of 2 M parts":        {"[" + mebibytes4(always("a.")) + "a]", "a key of more than 4 parts"},
		"list head":                {"[[" + mebibytes4(always("a.")) + "a]]", "a key of more than 4 parts"},
		"parts in an inline table": {"a = { " + mebibytes4(always("a.")) + "a = 1 }", "a key of more than 4 parts"},
		"arrays in arrays":         {"a = " + strings.Repeat("[", 2_500_000), "line 2, column 21: nested deeper than 16"},
		"tables in tables":         {"a = " + mebibytes4(always("{a=")), "nested deeper than 16"},
		"both in turn":             {"a = " + mebibytes4(always("[{a=")), "nested deeper than 16"},
		"over lines":               {"a = " + mebibytes4(always("[\n")), "nested deeper than 16"},
		"behind a comment":         {"# \ra = " + mebibytes4(always("[")), "nested deeper than 16"},
		"long key":                 {mebibytes4(always("a")) + " = 1", "a key longer than 1024 bytes"},
		"long quoted key":          {`"` + mebibytes4(always("a")) + `" = 1`, "a key longer than 1024 bytes"},
		"long head and many keys":  {"[" + strings.Repeat("a", 1<<20) + "]\n" + strings.Repeat("b=1\n", 10_000), "a key longer than 1024 bytes"},
		"many keys":                {numbered("a%d=1\n"), entries},
		"many tables":              {numbered("[a%d]\n"), tables},
		"many lists":               {mebibytes4(always("[[a]]\n")), tables},
		"many elements":            {"a = [" + mebibytes4(always("1,")) + "]", entries},
		"many tables in a list":    {"a = [" + mebibytes4(always("{a=1},")) + "]", entries},
		"many empty arrays":        {"a = [" + mebibytes4(always("[],")) + "]", entries},
		"keys of a table":          {"a = {" + numbered("a%d=1,") + "}", entries},
		"many strange keys":        {strings.Repeat("[[endpoint]]\nx=1\n", 12_400), `there is no key "x"`},
		"many endpoints":           {strings.Repeat("[[endpoint]]\nname='x'\n", 12_400), "12400 endpoints are more than 256"},
		"many rows":                {strings.Repeat("[[lists.l.row]]\ntext='x'\n", 12_400), "more than 10000 rows"},
		"many rules":               {strings.Repeat("[[rules.r]]\nmatch='regexp:a{900}'\nreply='x'\n", 12_400), "12400 rules are more than 2000"},
		"many sets":                {numbers(12_400, "[[rules.r%d]]\nmatch='regexp:(a|b|c){100}'\nreply='x'\n"), "12400 rules are more than 2000"},
		"many steps":               {numbers(2_000, "[[rules.r%d]]\nmatch='regexp:(a|b|c){300}'\nreply='x'\n"), "steps for each byte together"},
		"many states":              {"[[rules.r]]\nmatch='any'\nreply='x'\nin=[" + numbers(9_900, "'s%d',") + "]", "more than 1000 states"},
		"states nowhere reached":   {"[[rules.r]]\nmatch='any'\nreply='x'\nin=[" + numbers(900, "'s%d"+strings.Repeat("s", 4000)+"',") + "]", "no rule leads to the state"},
		"many starts":              {"[[rules.r]]\nmatch='regexp:a{900}'\nreply='x'\n" + numbers(256, "[[endpoint]]\nname='e%[1]d'\nlisten='tcp://:1'\nrules='r'\nstart='s%[1]d'\n"), "steps for each byte together"},
		"strange keys of a table":  {numbers(9_900, "endpoint.a%d=1\n"), `there is no key "a0"`},
		"strange keys of tables":   {numbers(9_900, "[endpoint.a%d]\nb=1\nc=1\nd=1\n"), `there is no key "a0"`},
		"strange keys, far below":  {strings.Repeat("\n", 200_000) + strings.Repeat("#"+strings.Repeat("x", 99)+"\n", 30_000) + numbers(30, "x%d=1\n"), `line 230002, column 1: there is no key "x0"`},
		"strange keys, comments":   {strings.Repeat("#\n", 3<<19) + numbers(30, "x%d=1\n"), "more than 250000 lines"},
		"many long heads":          {numbers(48_000, "[a%d.b.c.dddddddddddddddddddddddddddddddddddddddddddddddddddddd]\n"), tables},
		"many payloads":            {"[payloads]\n" + numbers(9_900, "k%d='{{'\n"), `is not closed`},
		"many variables":           {"[variables]\n" + numbers(49_000, "k%d='x'\n"), entries},
		"many lists of rows":       {numbers(12_400, "[[lists.l%d.row]]\n"), "more than 10000 payloads, variables, aliases and lists together"},
		"many values at once":      {strings.Repeat("[[endpoint]]\nframe=["+strings.Repeat("1,", 9_000)+"]\n", 10), values},
		"many classes":             {numbers(2_000, "[[rules.r%d]]\nmatch='regexp:"+strings.Repeat(`\pL`, 60)+"'\nreply='x'\n"), "steps for each byte together"},
		"more classes":             {strings.Repeat("[[rules.r]]\nmatch='regexp:"+strings.Repeat(`\pL`, 600)+"'\nreply='x'\n", 1_000), "takes 19200 steps for each byte"},
		"many wrong aliases":       {"[aliases]\n" + numbers(9_000, "'1.1.1.%d'='x'\n"), `"1.1.1.1000" is not an IP address`},
		"escapes in aliases":       {"[aliases]\n" + numbers(9_000, "\"\\u0031.1.1.%d\"='x'\n"), `is not an IP address`},
		"rows of a long payload":   {"[payloads]\na='" + strings.Repeat("x", 2<<20) + "'\n" + strings.Repeat("[[lists.l.row]]\npayload='a'\n", 2000), "row 1: payload: the payloads named here and before are more than 1 MiB"},
		"rules of a long payload":  {"[payloads]\na='" + strings.Repeat("x", 1<<19) + "'\n" + strings.Repeat("[[rules.r]]\nmatch='any'\npayload='a'\n", 900), "rule 3: payload: the payloads named here and before are more than 1 MiB"},
		"payloads nowhere":         {"[payloads]\n" + numbers(4_900, "k%d='x'\n") + numbers(4_900, "[[lists.l%d.row]]\npayload='zz'\n"), `there is no payload named "zz"`},
		"a long name nowhere":      {"[payloads]\n" + numbers(9_000, "k%d='x'\n") + "[[lists.l.row]]\npayload='" + strings.Repeat("z", 2<<20) + "'\n", `there is no payload named "zzzz`},
		"long names of endpoints":  {strings.Repeat("[[endpoint]]\nname='"+strings.Repeat("n", 200_000)+"'\nlisten='x'\nframe='x'\nsend='q'\n", 19), "no way to find frames"},
		"many fields":              {"[payloads]\na='" + strings.Repeat("{{time}}", 500_000) + "'", "more than 4096 fields"},
		"a long number":            {"about = " + mebibytes4(always("1")), "a value longer than 256 bytes that is no string"},
		"a long word":              {"about = " + mebibytes4(always("q")), "a value longer than 256 bytes that is no string"},
		"lines without an end":     {"about = '''" + mebibytes4(always("\n")), "a string that does not end"},
		"an old file":              {"#" + strings.Repeat("x", 2<<20), "version 1 of the format, and larger than 1 MiB"},
		"string without an end":    {"about = '" + mebibytes4(always("x")), "line 2, column 9: a string that does not end"},
		"no values":                {mebibytes4(always("a=\n")), entries},
		"no keys":                  {mebibytes4(always("=1\n")), entries},
		"only brackets":            {mebibytes4(always("]")), "line 2"},
	}
}

// Issue "Hostile files": a workspace of 40 KB took all memory, one of 2.5 MB the stack.
// Whatever a file of at most 4 MiB says, it is refused in words and costs little.
func TestHostileTextsAreRefusedCheaply(t *testing.T) {
	for name, one := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			version := "sockeye = 2\n"
			if name == "an old file" {
				version = "sockeye = 1\n"
			}
			text := []byte(version + one[0])
			if len(text) > MaxBytes {
				t.Fatalf("%d bytes", len(text))
			}
			_, err := cheaply(t, text)
			if err == nil || !strings.Contains(err.Error(), one[1]) {
				t.Errorf("got %.300v, want %s", err, one[1])
			}
			if err != nil {
				if kind := sockeye.ErrorOf(sockeye.SplitErrors(err)[0]).Kind; kind != sockeye.Invalid && kind != sockeye.NotFound {
					t.Errorf("kind %v", kind)
				}
			}
			if err != nil && len(err.Error()) > maxProblems*2*maxProblemText {
				t.Errorf("%d bytes are told", len(err.Error()))
			}
			if len(text) <= maxOldBytes { // it is rewritten first
				cheaply(t, []byte("sockeye = 1\n"+one[0]))
			}
		})
	}
}

// cheaply parses a text, which may take 50 MiB, and 0.1 s of a processor. A busy machine
// takes longer: the best of some attempts counts.
func cheaply(t *testing.T, text []byte) (*File, error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := processTime()
	f, err := Parse(text)
	best := processTime() - begun
	runtime.ReadMemStats(&after)
	used := after.TotalAlloc - before.TotalAlloc
	if used > 50<<20 && !raceEnabled {
		t.Errorf("%.20q took %d MiB of memory", text, used>>20)
	}
	attempts := 1
	for ; best > mostTime && attempts < 20; attempts++ {
		runtime.GC()
		begun := processTime()
		Parse(text)
		best = min(best, processTime()-begun)
	}
	t.Logf("%v of the processor (%d attempts), %d KiB", best, attempts, used>>10)
	if best > mostTime {
		t.Errorf("%.20q took %v of the processor", text, best)
	}
	return f, err
}

// What passes the bounds has no more in it for the decoder than the bounds say.
func FuzzBounds(f *testing.F) {
	f.Add("a.b.c = 1\n[a.'b.c'.\"d\"]\nx = [1, [2, {y.z = 3}]] # ]]]\n")
	f.Add("a = \"\"\"[[[\"\"\\\"\"\"\"\"\n[[a]]\r\n# \ra = [[\n]]")
	f.Add("a = '''[[['''''\nb = { c = [ {\n d.e = 1 } ] }")
	f.Add(whole)
	f.Fuzz(func(t *testing.T, text string) {
		if checkBounds(text) != nil {
			return
		}
		var all map[string]any
		md, err := toml.Decode(text, &all)
		if err != nil {
			return
		}
		if n := len(md.Keys()); n > maxValues {
			t.Errorf("%d keys", n)
		}
		if n := depthOf(all); n > maxNesting*(maxKeyParts+1) {
			t.Errorf("%d deep", n)
		}
	})
}

func depthOf(v any) int {
	most := 0
	switch v := v.(type) {
	case map[string]any:
		for _, one := range v {
			most = max(most, depthOf(one))
		}
	case []any:
		for _, one := range v {
			most = max(most, depthOf(one))
		}
	case []map[string]any:
		for _, one := range v {
			most = max(most, depthOf(one))
		}
	default:
		return 0
	}
	return most + 1
}
