package page_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// wordFiles are the files with the page's words.
const wordFiles = "../../../web/src/i18n/*.ts"

// Every entry of the table of words says something in both languages, in the
// script of the language, and is used.
func TestWords(t *testing.T) {
	var source []byte
	shared := "" // the terminal says them, too
	tables, err := filepath.Glob(wordFiles)
	for _, table := range tables {
		text, readErr := os.ReadFile(table)
		if readErr != nil {
			t.Fatal(readErr)
		}
		source = append(source, text...)
		if filepath.Base(table) == "events.ts" {
			shared = string(text)
		}
	}
	if err != nil || len(source) == 0 {
		t.Fatal(err)
	}
	all := sources(t)
	for _, m := range regexp.MustCompile(`(?m)^  (\w+): \[`).FindAllStringSubmatch(string(source), -1) {
		if !strings.Contains(all, "'"+m[1]+"'") && !strings.Contains(shared, m[1]) {
			t.Errorf("nobody says %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^  (\w+): \['((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)'\],$`).FindAllStringSubmatch(string(source), -1) {
		if m[2] == "" || m[3] == "" || regexp.MustCompile(`\p{Han}`).MatchString(m[2]) && m[1] != "language" && m[1] != "switchLanguage" {
			t.Errorf("%s is not English and Chinese: %q, %q", m[1], m[2], m[3])
		}
	}
}

// The words of a panel come with the panel: nothing that stands before it says them.
func TestWordsOfPanels(t *testing.T) {
	own := map[string]*regexp.Regexp{
		"dialogs":    regexp.MustCompile(`/views/shell/(Help|Login|RemoveTab)\.|/keys\.`),
		"files":      regexp.MustCompile(`/views/send/File`),
		"framing":    regexp.MustCompile(`/views/settings/Framing\.|/format/framing\.`),
		"highlights": regexp.MustCompile(`/views/settings/HighlightRules\.`),
		"lists":      regexp.MustCompile(`/views/lists/|/model/lists\.`),
		"message":    regexp.MustCompile(`/views/message/`),
		"opened":     regexp.MustCompile(`/views/files/`),
		"palette":    regexp.MustCompile(`/views/shell/(Palette|Help|commands)\.`),
		"peers":      regexp.MustCompile(`/views/(peers|tcp)/|/parts/PeerState\.|/format/details\.`),
		"rows":       regexp.MustCompile(`/views/log/RowMenu\.`),
		"rules":      regexp.MustCompile(`/views/rules/|/model/rules\.|/format/rule\.`),
		"welcome":    regexp.MustCompile(`/views/log/Welcome\.`),
		"workspace":  regexp.MustCompile(`/views/workspace/`),
	}
	panels := map[string][]string{}
	for panel := range own {
		text, err := os.ReadFile("../../../web/src/i18n/" + panel + ".ts")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^  (\w+): \[`).FindAllStringSubmatch(string(text), -1) {
			panels[panel] = append(panels[panel], m[1])
		}
	}
	err := filepath.WalkDir("../../../web/src", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".test.ts") || strings.Contains(path, "/i18n/") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for panel, words := range panels {
			for _, word := range words {
				if !own[panel].MatchString(path) && strings.Contains(string(source), "t('"+word+"'") {
					t.Errorf("%s says %s, which comes with the panel of %s", path, word, panel)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What a person reads is in the table: no template has words of its own.
func TestNoWordsInTemplates(t *testing.T) {
	markup := regexp.MustCompile(`(?s)<script.*?</script>|<style>.*?</style>|<!--.*?-->|\{[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*\}`)
	text := regexp.MustCompile(`>([^<>{}]*[A-Za-z\p{Han}]{2,}[^<>{}]*)<`)
	attribute := regexp.MustCompile(`(?:aria-label|title|placeholder|alt)="([^"{}]*[A-Za-z]{2,}[^"{}]*)"`)
	allowed := map[string]bool{"Sockeye": true, "sockeye ui": true, "192.168.1.88": true, "ms": true, "ms ±": true, "UTF-8": true, "TOML": true, "PNG": true, "SVG": true, "keys": true, "CSV": true, "English": true, "中文": true, "sockeye hub enrol desk-1": true, "sockeye listen :10000 --hub CODE --hub-send": true, "contains:LED": true, "line": true, "sockeye doctor --code :": true, "Δ s · Hz": true}
	err := filepath.WalkDir("../../../web/src", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".svelte") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		bare := markup.ReplaceAllString(string(source), "")
		for _, m := range append(text.FindAllStringSubmatch(bare, -1), attribute.FindAllStringSubmatch(bare, -1)...) {
			words := strings.Join(strings.Fields(m[1]), " ")
			if words != "" && !allowed[words] && !strings.ContainsAny(words, "=;") {
				t.Errorf("%s says %q by itself", path, words)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sources are the page's sources but the table, as one text.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("../../../web/src", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(filepath.ToSlash(path), "/i18n/") && !strings.HasSuffix(path, ".svelte.ts") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
