package fault

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The forms are in step with the language: each kind has one, what it asks for is read, and
// written again in its order, and no word of the language is missing in it.
func TestFormsSpeakTheLanguage(t *testing.T) {
	var kinds []Kind
	known := map[Kind][]string{}
	for _, form := range Forms {
		kinds = append(kinds, form.Kind)
		words := []string{string(form.Kind)}
		for _, f := range form.Fields {
			value := f.Usual
			if f.Input == ChoiceInput {
				value = f.Choices[len(f.Choices)-1]
			}
			if f.Word != "" {
				known[form.Kind] = append(known[form.Kind], f.Word)
				words = append(words, f.Word)
			}
			words = append(words, value)
		}
		f, err := Parse(strings.Join(words, " "))
		if err != nil {
			t.Errorf("%q: %v", words, err)
			continue
		}
		at := 0
		for _, field := range form.Fields {
			if field.Word == "" || field.Usual == field.Default {
				continue
			}
			next := strings.Index(f.String()[at:], " "+field.Word+" ")
			if next < 0 {
				t.Errorf("%q has no %q, or before another", f, field.Word)
			}
			at += max(next, 0)
		}
	}
	if diff := cmp.Diff(Kinds, kinds); diff != "" {
		t.Error(diff)
	}
	words := []string{"jitter", "distribution", "correlation", "delay", "retransmission", "within", "timeout", "copies", "gap", "bits", "after"}
	for _, form := range Forms {
		for _, w := range words {
			p := parser{text: string(form.Kind) + " " + w, said: map[string]bool{}}
			p.words()
			p.out.Kind = form.Kind
			p.next()
			if takes := p.own(p.next()); takes != slices.Contains(known[form.Kind], w) {
				t.Errorf("%s: the language takes %q: %v", form.Kind, w, takes)
			}
		}
	}
}
