package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

// An option that the table has is everywhere: in flags and their completion, in JSON and
// workspace files, in the description of the API, the page's form, the manual in both
// languages and the pages of man, each time with the same name.
func TestEveryOptionIsEverywhere(t *testing.T) {
	openAPI, types, form := readDocument(t, "docs/openapi.json"), readDocument(t, "web/src/api-types.ts"), readDocument(t, "web/src/options.ts")
	man := readDocument(t, "docs/man/sockeye-session-open.1")
	manuals := []string{readDocument(t, "docs/manual.md"), readDocument(t, "docs/manual.zh-CN.md")}
	open, _, _ := tree(sockeye.English).Find([]string{"session", "open"})
	for _, d := range sockeye.AllOptions {
		file, request := d.Key(sockeye.FileForm), d.Key(sockeye.JSONForm)
		flag := open.Flags().Lookup(d.Name)
		if flag == nil || flag.Hidden {
			t.Errorf("there is no flag --%s", d.Name)
			continue
		}
		if complete, ok := open.GetFlagCompletionFunc(d.Name); !ok {
			t.Errorf("--%s is not completed", d.Name)
		} else if words, _ := complete(open, nil, ""); len(words) == 0 && slices.Contains([]sockeye.OptionKind{sockeye.OptionSwitch, sockeye.OptionChoice, sockeye.OptionInterface}, d.Kind) {
			t.Errorf("no value of --%s is offered", d.Name)
		}
		for _, other := range append(slices.Clone(d.Aliases), d.FlagAliases...) {
			if f := open.Flags().Lookup(other); f == nil || !f.Hidden {
				t.Errorf("--%s is no hidden flag", other)
			}
		}
		for where, text := range map[string]string{"the description of the API": openAPI, "the page's form": form} {
			if !strings.Contains(text, `"`+request+`"`) {
				t.Errorf("%s does not have %s", where, request)
			}
		}
		if !strings.Contains(types, "  "+request+"?: ") || !strings.Contains(types, "  "+file+"?: ") {
			t.Errorf("the page's types do not have %s and %s", request, file)
		}
		for _, manual := range manuals {
			if !strings.Contains(manual, "`"+file+"`") || !strings.Contains(manual, "--"+d.Name) {
				t.Errorf("a manual does not have %s", d.Name)
			}
		}
		if !strings.Contains(man, "--"+d.Name) {
			t.Errorf("man does not have %s", d.Name)
		}
		var asked api.Options
		if err := json.Unmarshal([]byte(fmt.Sprintf(`{%q:null}`, request)), &asked); err != nil {
			t.Errorf("a request cannot have %s: %v", request, err)
		}
		if _, err := workspace.Parse([]byte("sockeye = 2\n[[endpoint]]\nname = 'a'\nlisten = ':1'\n" + file + " = {}\n")); err == nil || !strings.Contains(err.Error(), file+": ") {
			t.Errorf("a workspace does not have %s: %v", file, err)
		}
	}
}

// A made-up option appears as a flag, in help and in completion because it is in a table.
func TestNewOptionAppearsAsFlag(t *testing.T) {
	made := sockeye.AllOptions[0]
	made.Name, made.Short, made.Aliases = "made-up", "", []string{"made"}
	made.Help = sockeye.Text{En: "what nobody has", Zh: "并不存在"}
	table := append(slices.Clone(sockeye.AllOptions), made)
	for _, lang := range []sockeye.Lang{sockeye.English, sockeye.Chinese} {
		var out bytes.Buffer
		a := &app{Terminal: &terminal.Terminal{Lang: lang, Streams: terminal.Streams{Out: &out}}}
		var f endpointFlags
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		f.registerOptions(a, fs, table, made.Mode)
		if err := fs.Parse([]string{"--made=2s"}); err != nil || f.o.IdleTimeout.Seconds() != 2 || f.typed["made-up"] != "made" {
			t.Errorf("%v, %+v", err, f)
		}
		if usage := a.flagList(fs, func(f *pflag.Flag) bool { return f.Name == "made-up" }); !strings.Contains(usage, "--made-up TIME") || !strings.Contains(usage, made.Help.In(lang)) {
			t.Errorf("%s", usage)
		}
		if err := a.writeOptions(table); err != nil || !strings.Contains(out.String(), "--made-up TIME") {
			t.Errorf("%v: %s", err, &out)
		}
	}
}

// In the list of all options, too, what an option does begins in its column, or below an
// option that reaches into it.
func TestListOfOptionsHasColumns(t *testing.T) {
	for _, lang := range []sockeye.Lang{sockeye.English, sockeye.Chinese} {
		var out bytes.Buffer
		a := &app{Terminal: &terminal.Terminal{Lang: lang, Streams: terminal.Streams{Out: &out}}}
		if err := a.writeOptions(sockeye.AllOptions); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if !strings.HasPrefix(strings.TrimLeft(line, " "), "-") || len(line) <= 33 {
				continue
			}
			if left := strings.TrimRight(line[:33], " "); len(left) == 33 && len(strings.Fields(line)) > 2 {
				t.Errorf("no room between an option and what it does: %s", line)
			}
		}
	}
}

// What is wrong with several flags is told together, each in the spelling that was typed.
func TestAllFaultsOfACommandLine(t *testing.T) {
	var out, errs bytes.Buffer
	code := Run([]string{"connect", "--idle-timeout", "soon", "--recv-buffer", "-1", "--wait=x", "--quit-after", "y", "--source", "::1,z", "--zero=maybe", "localhost:1"},
		terminal.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Env: func(string) string { return "" }}, nil)
	var told []string
	for line := range strings.Lines(errs.String()) {
		if fault, ok := strings.CutPrefix(line, "sockeye: "); ok {
			name, _, _ := strings.Cut(fault, ":")
			told = append(told, name)
		}
	}
	if want := "--idle-timeout --wait --quit-after --source --zero --recv-buffer"; strings.Join(told, " ") != want || code != terminal.ExitOther {
		t.Errorf("%d, told of %s, want %s:\n%s", code, strings.Join(told, " "), want, &errs)
	}
}
