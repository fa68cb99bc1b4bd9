package device

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"sockeye/internal/outbox"
)

var measuredAt = time.Date(2026, 11, 29, 20, 0, 1, 123_000_000, time.UTC)

// rowOf is a row of a board with the sensors t and h; h is old.
func rowOf(again bool) *SensorRow {
	return &SensorRow{Seq: 7, Again: again, Time: measuredAt, Values: []SensorValue{{"t", 23.5, true}, {"h", -45, false}}}
}

func formatterOf(t *testing.T, target Target) *formatter {
	t.Helper()
	f := &Config{Name: "green house", Sensors: []Sensor{{Name: "t"}, {Name: "h"}, {Name: "p"}}}
	w, err := newFormatter(f, &target)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A row is written in each format, and says where the format can that it is sent again.
func TestFormats(t *testing.T) {
	for _, c := range []struct {
		target      Target
		once, again string
	}{
		{Target{Format: Line}, "t=23.5 seq=7 time=2026-11-29T20:00:01.123Z\n", "t=23.5 seq=7 time=2026-11-29T20:00:01.123Z again=1\n"},
		{Target{Format: CSV}, "7,2026-11-29T20:00:01.123Z,23.5,,,\n", "7,2026-11-29T20:00:01.123Z,23.5,,,1\n"},
		{Target{Format: JSON}, `{"name":"green house","seq":7,"time":"2026-11-29T20:00:01.123Z","values":{"t":23.5}}` + "\n",
			`{"name":"green house","seq":7,"time":"2026-11-29T20:00:01.123Z","values":{"t":23.5},"again":true}` + "\n"},
		{Target{Format: FireWater}, "green house:23.5,-45,nan\n", "green house:23.5,-45,nan\n"},
		{Target{Format: JustFloat}, "\x00\x00\xbc\x41\x00\x00\x34\xc2\x00\x00\xc0\x7f\x00\x00\x80\x7f", "\x00\x00\xbc\x41\x00\x00\x34\xc2\x00\x00\xc0\x7f\x00\x00\x80\x7f"},
		{Target{Format: Influx}, "green\\ house t=23.5 1795982401123000000\n", "green\\ house t=23.5 1795982401123000000\n"},
		{Target{Format: Template, Template: `{{var.name}}:{{var.t}},{{var.h}},{{var.p}} {{var.seq}} {{var.again}}\r\n`}, "green house:23.5,-45,nan 7 0\r\n", "green house:23.5,-45,nan 7 1\r\n"},
		{Target{Format: Binary, Binary: "u8 seq, u8 again, i16be t*0.1, i16le h"}, "\x07\x00\x00\xeb\xd3\xff", "\x07\x01\x00\xeb\xd3\xff"},
	} {
		w := formatterOf(t, c.target)
		for again, want := range map[bool]string{false: c.once, true: c.again} {
			got, err := w.append(nil, rowOf(again))
			if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", c.target.Format, err, diff)
			}
		}
	}
	if got := string(formatterOf(t, Target{Format: CSV}).heading()); got != "seq,time,t,h,p,again\n" {
		t.Errorf("heading %q", got)
	}
}

// InfluxDB's own parser reads what we write.
func TestInfluxIsRead(t *testing.T) {
	w := formatterOf(t, Target{Format: Influx})
	w.name = `a,b =c "d"`
	row := rowOf(false)
	row.Values[1].Fresh = true
	line, err := w.append(nil, row)
	if err != nil {
		t.Fatal(err)
	}
	d := lineprotocol.NewDecoder(bytes.NewReader(line))
	if !d.Next() {
		t.Fatal("there is no line")
	}
	name, err := d.Measurement()
	if err != nil || string(name) != w.name {
		t.Errorf("measurement %q, %v", name, err)
	}
	got := map[string]any{}
	for {
		key, value, err := d.NextField()
		if err != nil {
			t.Fatal(err)
		}
		if key == nil {
			break
		}
		got[string(key)] = value.Interface()
	}
	if diff := cmp.Diff(map[string]any{"t": 23.5, "h": -45.0}, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if at, err := d.Time(lineprotocol.Nanosecond, time.Time{}); err != nil || !at.Equal(measuredAt) {
		t.Errorf("time %v, %v", at, err)
	}
}

// A row that was encoded for the queue is decoded as it was.
func TestRowIsKept(t *testing.T) {
	row := rowOf(true)
	row.Values = append(row.Values, SensorValue{"温度", math.Inf(1), true})
	got, err := decodeRow(outbox.Record{Number: 7, Again: true, Data: row.encode(nil)})
	if diff := cmp.Diff(*row, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// FuzzDecodeRow: what is in a queue may be of another program.
func FuzzDecodeRow(f *testing.F) {
	f.Add(rowOf(false).encode(nil))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		row, err := decodeRow(outbox.Record{Data: data})
		if err == nil && !bytes.Equal(normal(data), normal(row.encode(nil))) {
			t.Errorf("%x is read as %+v", data, row)
		}
	})
}

// normal is a row with every mark of freshness that is not 1 as 0.
func normal(data []byte) []byte {
	b := bytes.Clone(data)
	for at := 9; at < len(b); at += 1 + int(data[at]) + 9 {
		if fresh := at + 1 + int(data[at]); b[fresh] != 1 {
			b[fresh] = 0
		}
	}
	return b
}
