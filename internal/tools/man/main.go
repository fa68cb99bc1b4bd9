// Command man writes the manual pages in docs/man from the command tree of
// internal/cli. It is run by hand after a change of the help texts:
//
//	go run ./internal/tools/man docs/man
//
// It is a program of its own so that cobra/doc and the Markdown library behind
// it stay out of sockeye.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra/doc"

	"sockeye/internal/cli"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run ./internal/tools/man FOLDER")
	}
	pages, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	for name, page := range pages {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), page, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// generate makes every page, by file name. The date is fixed, so that the same
// help texts always give the same pages.
func generate() (map[string][]byte, error) {
	root := cli.Tree()
	root.DisableAutoGenTag = true
	date := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	pages := map[string][]byte{}
	for _, cmd := range slices.Collect(cli.Every(root)) { // GenMan adds help commands of cobra's own
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		cmd.Long = indented(cmd.Long)
		var page bytes.Buffer
		header := &doc.GenManHeader{Title: strings.ToUpper(name), Section: "1", Date: &date, Source: "Sockeye", Manual: "Sockeye Manual"}
		if err := doc.GenMan(cmd, header, &page); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out := option.ReplaceAll(page.Bytes(), []byte(".TP\n$1 \\fI$2\\fP\n$3\n"))
		out = bytes.ReplaceAll(out, []byte(` \fI\fP`), nil) // a flag that takes no value
		if cmd == root {
			out = append(out, common...)
		}
		pages[name+".1"] = out
	}
	return pages, nil
}

// indented makes the two-space blocks of a help text the code blocks of Markdown.
func indented(long string) string {
	return strings.ReplaceAll(strings.ReplaceAll(long, "\n  ", "\n      "), "\n              ", "\n                  ")
}

// option is one flag as cobra/doc writes it, a paragraph with its value after an
// equals sign: it becomes a tagged one, with the value as our help writes it.
var option = regexp.MustCompile(`(?m)(?:^\.PP\n)?^(\\fB-.*?)\[?="?([^"\]\n]*)"?\]?\n\t(.*)\n`)

// common is what no help text of one command says.
const common = `
.SH EXIT STATUS
.TP
0
Done; also after SIGTERM, when everything was closed in good order.
.TP
1
The network: refused, timed out, reset, unreachable, no such host, address in use.
.TP
2
The command line, a file, or anything else.
.TP
3
What --expect waited for did not come.
.TP
130
Interrupted.

.SH ENVIRONMENT
.TP
LC_ALL, LC_MESSAGES, LANG
The first one that is set chooses the language: Chinese if it begins with zh, else English.
.TP
NO_COLOR
Set to anything, no colours are used.
`
