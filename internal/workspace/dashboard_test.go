package workspace

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockeye"
)

const plant = `sockeye = 2

# what the operator sees
[[dashboards.plant]]
kind = "gauge"     # of the boiler
title = "Boiler"
field = "temp"
min = -10.0
max = 120
column = 1
row = 1
width = 4
height = 3

[[dashboards.plant]]
kind = "led"
field = "alarm"
on = 1.5

[[dashboards.plant]]
kind = "slider"
text = 'set {{var.value}}\n'
max = 255
step = 5
to = "kitchen"

[[dashboards.plant]]
kind = "button"
hex = "01 03 {{crc16modbus}}"
`

// A dashboard is read, and written again as it was where nothing changed.
func TestDashboardsAreKept(t *testing.T) {
	f, err := Parse([]byte(plant))
	if err != nil {
		t.Fatal(err)
	}
	least, most, on, top, step := -10.0, 120.0, 1.5, 255.0, 5.0
	want := []Widget{
		{Kind: Gauge, Title: "Boiler", Field: "temp", Min: &least, Max: &most, Column: 1, Row: 1, Width: 4, Height: 3},
		{Kind: LED, Field: "alarm", On: &on},
		{Kind: Slider, Text: `set {{var.value}}\n`, Max: &top, Step: &step, To: "kitchen"},
		{Kind: Button, Hex: "01 03 {{crc16modbus}}"},
	}
	if diff := cmp.Diff(want, f.Dashboards["plant"]); diff != "" {
		t.Error(diff)
	}
	again, err := Parse(f.Format())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f.Dashboards, again.Dashboards); diff != "" {
		t.Error(diff)
	}
	f.Dashboards["plant"][0].Column = 5
	revised, err := Revise([]byte(plant), f)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(plant, "column = 1", "column = 5", 1); string(revised) != want {
		t.Error(cmp.Diff(want, string(revised)))
	}
}

// All that is wrong is told at once, each with its line and its place.
func TestDashboardFaults(t *testing.T) {
	text := `sockeye = 2
[[dashboards.a]]
kind = "dial"
[[dashboards.a]]
kind = "gauge"
min = 5.0
max = 5.0
text = "x"
on = 1.0
column = 11
width = 3
[[dashboards.a]]
kind = "button"
text = '\q'
step = 1.0
[[dashboards.a]]
kind = "slider"
field = "x"
step = -1.0
row = 1000
[[dashboards.a]]
kind = "value"
field = "x"
colour = "red"
`
	_, err := Parse([]byte(text))
	var got []string
	for _, e := range sockeye.SplitErrors(err) {
		got = append(got, sockeye.ErrorOf(e).Target)
	}
	want := []string{
		"line 24, column 1", "line 3: dashboards.a: widget 1: kind", "line 4: dashboards.a: widget 2: field", "line 8: dashboards.a: widget 2: text", "line 9: dashboards.a: widget 2: on",
		"line 7: dashboards.a: widget 2: max", "line 11: dashboards.a: widget 2: width", "line 14: dashboards.a: widget 3: text", "line 15: dashboards.a: widget 3: step",
		"line 18: dashboards.a: widget 4: field", "line 16: dashboards.a: widget 4: text", "line 19: dashboards.a: widget 4: step", "line 20: dashboards.a: widget 4: row",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A file that came as JSON names its fields by their paths.
func TestDashboardFaultsOfJSON(t *testing.T) {
	f := File{Version: Version, Dashboards: map[string][]Widget{"a": {{Kind: Value, Field: "x"}, {Kind: Button}}}}
	var got []string
	for _, e := range sockeye.SplitErrors(f.Faults("file")) {
		got = append(got, sockeye.ErrorOf(e).Target)
	}
	if diff := cmp.Diff([]string{"file.dashboards.a[1].text"}, got); diff != "" {
		t.Error(diff)
	}
}

// A dashboard has bounds.
func TestDashboardBounds(t *testing.T) {
	var many bytes.Buffer
	many.WriteString("sockeye = 2\n")
	for range maxWidgets + 1 {
		many.WriteString("[[dashboards.a]]\nkind = \"value\"\nfield = \"x\"\n")
	}
	var dashboards strings.Builder
	dashboards.WriteString("sockeye = 2\n")
	for n := range maxDashboards + 1 {
		fmt.Fprintf(&dashboards, "[[dashboards.d%d]]\nkind = \"value\"\nfield = \"x\"\n", n)
	}
	for want, text := range map[string]string{"65 instruments are more than 64": many.String(), "33 dashboards are more than 32": dashboards.String()} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v", err)
		}
	}
}
