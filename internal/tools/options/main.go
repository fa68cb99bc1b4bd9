// Command options writes what documents and the page say of the options of endpoints,
// from the one table of them: go run ./internal/tools/options, in the root of the
// repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sockeye"
)

func main() {
	files, err := generate(".", sockeye.AllOptions)
	for name, text := range files {
		if err == nil {
			err = os.WriteFile(name, []byte(text), 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// generate is what each file below root is to say, by its name.
func generate(root string, table sockeye.OptionTable) (map[string]string, error) {
	kinds, err := schemes()
	if err != nil {
		return nil, err
	}
	files := map[string]string{
		filepath.Join(root, "web/src/options.ts"): page(table),
		filepath.Join(root, "web/src/schemes.ts"): kinds,
		filepath.Join(root, "web/src/faults.ts"):  faultForms(),
	}
	for name, part := range map[string]string{
		"docs/manual.md": manual(table, sockeye.English), "docs/manual.zh-CN.md": manual(table, sockeye.Chinese),
		"docs/protocols.md": keys(table, sockeye.English), "docs/protocols.zh-CN.md": keys(table, sockeye.Chinese),
	} {
		path := filepath.Join(root, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		before, rest, begins := strings.Cut(string(text), begin)
		_, after, ends := strings.Cut(rest, end)
		if !begins || !ends {
			return nil, fmt.Errorf("%s has no lines %q and %q", path, begin, end)
		}
		files[path] = before + begin + "\n" + part + end + after
	}
	return files, nil
}

// What is between these lines of a document is written by this program.
const (
	begin = "<!-- options: go run ./internal/tools/options writes this -->"
	end   = "<!-- end of options -->"
)

// manual is the options of every kind of endpoint, as tables of Markdown.
func manual(table sockeye.OptionTable, l sockeye.Lang) string {
	t := func(en, zh string) string { return sockeye.Text{En: en, Zh: zh}.In(l) }
	var b strings.Builder
	for _, group := range table.Groups() {
		fmt.Fprintf(&b, "\n%s\n\n", t(group.Title.En+":", group.Title.Zh+"："))
		fmt.Fprintf(&b, "| %s | %s | %s | |\n|---|---|---|---|\n", t("flag", "选项"), t("in files and JSON", "文件与 JSON"), t("default", "默认"))
		for i := range group.Options {
			d := &group.Options[i]
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", flag(d), jsonKey(d), cell(defaultText(d, l)), says(d, l))
		}
	}
	return b.String() + "\n"
}

// flag is the flag of an option as the manual writes it.
func flag(d *sockeye.Option) string {
	name, value := "--"+d.Name, d.ValueName()
	switch {
	case d.IsOnByDefault():
		name += "=off"
	case d.Bare != 0:
		name += "[=" + value + "]"
	case value != "":
		name += " " + cell(value)
	}
	if d.Short != "" {
		return "`-" + d.Short + "`, `" + name + "`"
	}
	return "`" + name + "`"
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func jsonKey(d *sockeye.Option) string {
	file, json := d.Key(sockeye.FileForm), d.Key(sockeye.JSONForm)
	if file == json {
		return "`" + file + "`"
	}
	return "`" + file + "`, `" + json + "`"
}

func defaultText(d *sockeye.Option, l sockeye.Lang) string {
	if def := d.DefaultText().In(l); def != "" {
		return def
	}
	if d.Kind == sockeye.OptionSwitch || d.Kind == sockeye.OptionTime {
		return sockeye.Text{En: "off", Zh: "关闭"}.In(l)
	}
	return sockeye.Text{En: "none", Zh: "无"}.In(l)
}

func says(d *sockeye.Option, l sockeye.Lang) string {
	text := cell(d.Help.In(l))
	if d.System != "" {
		text += sockeye.Text{En: " (" + d.System + ")", Zh: "（" + d.System + "）"}.In(l)
	}
	if note := d.Note.In(l); note != "" {
		text += sockeye.Text{En: ". ", Zh: "。"}.In(l) + cell(note)
	}
	return text
}

// keys is the list of the keys in files.
func keys(table sockeye.OptionTable, l sockeye.Lang) string {
	var names []string
	for _, key := range table.Keys(sockeye.FileForm) {
		names = append(names, "`"+key+"`")
	}
	between := sockeye.Text{En: ", ", Zh: "、"}.In(l)
	var b strings.Builder
	column := 0
	for n, name := range names {
		if n < len(names)-1 {
			name += between
		}
		if column += len(name); column > 90 {
			b.WriteString("\n")
			column = len(name)
		}
		b.WriteString(name)
	}
	return strings.ReplaceAll(b.String(), " \n", "\n") + "\n"
}
