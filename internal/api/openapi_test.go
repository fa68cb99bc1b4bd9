package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

var update = flag.Bool("update", false, "write docs/openapi.json anew")

const openAPIFile = "../../docs/openapi.json"

// docs/openapi.json is what a running workbench says of itself.
func TestOpenAPIIsCurrent(t *testing.T) {
	v := serve(t)
	status, text := v.do(v.request("GET", "/api/v1/openapi.json", nil))
	if status != 200 {
		t.Fatal(status, text)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(openAPIFile, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(openAPIFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("go test ./internal/api -run OpenAPI -update writes it anew (-want +got):\n%s", diff)
	}
}

// The description names every kind of socket that there is, in the order of the table.
func TestOpenAPINamesEveryNetwork(t *testing.T) {
	words := func(of any, field string) []sockeye.Network {
		f, ok := reflect.TypeOf(of).FieldByName(field)
		if !ok {
			t.Fatalf("%T has no %s", of, field)
		}
		var all []sockeye.Network
		for word := range strings.SplitSeq(f.Tag.Get("enum"), ",") {
			all = append(all, sockeye.Network(word))
		}
		return all
	}
	for _, test := range []struct {
		of   any
		want []sockeye.Network
	}{
		{Session{}, sockeye.Networks()}, {Peer{}, sockeye.Transports()}, {TryRules{}, sockeye.Transports()},
	} {
		if diff := cmp.Diff(test.want, words(test.of, "Network")); diff != "" {
			t.Errorf("%T (-want +got):\n%s", test.of, diff)
		}
	}
}

// Every reference in the description leads somewhere, every field has a name, and
// no two operations have the same one.
func TestOpenAPIIsWhole(t *testing.T) {
	v := serve(t)
	text, err := json.Marshal(v.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths      map[string]map[string]struct{ OperationID string }
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	const prefix = `"$ref":"#/components/schemas/`
	for _, part := range strings.Split(string(text), prefix)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := d.Components.Schemas[name]; !ok {
			t.Errorf("%s is not described", name)
		}
	}
	for name, s := range d.Components.Schemas {
		for field := range s.Properties {
			if field == "" || strings.ToLower(field) != field {
				t.Errorf("%s has a field %q", name, field)
			}
		}
	}
	seen := map[string]bool{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			if op.OperationID == "" || seen[op.OperationID] {
				t.Errorf("%s %s: operation %q", method, path, op.OperationID)
			}
			seen[op.OperationID] = true
		}
	}
}
