package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The page says of events what the terminal says: its words are generated, and current.
func TestWordsAreCurrent(t *testing.T) {
	got, err := os.ReadFile("../../../web/src/i18n/events.ts")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(generate()), string(got)); diff != "" {
		t.Errorf("go run ./internal/tools/webwords web/src/i18n/events.ts writes it anew (-want +got):\n%s", diff)
	}
}
