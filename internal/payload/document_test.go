package payload

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every field of the page that explains the language is one of the language.
func TestDocumentedFieldsExist(t *testing.T) {
	for _, name := range []string{"../../docs/payload.md", "../../docs/payload.zh-CN.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, field := range regexp.MustCompile(`\{\{[^}#/]*\}\}`).FindAllString(string(text), -1) {
			if strings.Contains(field, "NAME") || strings.Contains(field, "名称") || strings.Contains(field, "PART") {
				continue
			}
			n++
			typed := field
			if part := regexp.MustCompile(`\((\w+)\)`).FindStringSubmatch(field); part != nil && part[1] != "all" {
				typed = "{{#" + part[1] + "}}x{{/" + part[1] + "}}" + field
			}
			if _, err := Parse(typed, ParseOptions{Match: true}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n < 30 {
			t.Errorf("%s has %d fields", name, n)
		}
	}
}
