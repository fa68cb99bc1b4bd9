package device

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/payload"
)

// RowFormat is how a row is written.
type RowFormat string

// The formats.
const (
	Line      RowFormat = "line"      // temperature=23.5 seq=7 time=2026-11-29T20:00:00.123Z
	CSV       RowFormat = "csv"       // a heading, then a line for each row
	JSON      RowFormat = "json"      // an object on a line
	FireWater RowFormat = "firewater" // name:23.5,45 as VOFA+ reads it
	JustFloat RowFormat = "justfloat" // float32 numbers and a tail, as VOFA+ reads it
	Influx    RowFormat = "influx"    // InfluxDB's line protocol
	Template  RowFormat = "template"  // a payload with {{var.temperature}}
	Binary    RowFormat = "binary"    // a struct
	ValueOnly RowFormat = "value"     // the number alone, for MQTT topics of one sensor
)

// Formats are all of them.
var Formats = []RowFormat{Line, CSV, JSON, FireWater, JustFloat, Influx, Template, Binary, ValueOnly}

// builtIn are the names besides those of sensors that a struct and a template may use.
var builtIn = []string{"seq", "again", "time_s", "time_ms", "time_ns"}

func formatNames() string {
	var names []string
	for _, f := range Formats {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// formatter writes the rows of a target.
type formatter struct {
	format   RowFormat
	name     string // of the board
	sensors  []Sensor
	template *payload.Template
	binary   fields.FieldSpec
}

// newFormatter is for a target that was checked.
func newFormatter(f *Config, t *Target) (*formatter, error) {
	w := &formatter{format: t.Format, name: f.Name, sensors: f.Sensors}
	var err error
	switch t.Format {
	case Template:
		w.template, err = payload.Parse(t.Template, payload.ParseOptions{})
	case Binary:
		w.binary, err = fields.Parse(t.Binary)
	}
	return w, err
}

// heading is what stands before the first row of a connection.
func (w *formatter) heading() []byte {
	if w.format != CSV {
		return nil
	}
	names := []string{"seq", "time"}
	for _, s := range w.sensors {
		names = append(names, s.Name)
	}
	return []byte(strings.Join(append(names, "again"), ",") + "\n")
}

// append writes a row behind dst.
func (w *formatter) append(dst []byte, r *SensorRow) ([]byte, error) {
	switch w.format {
	case CSV:
		return w.csv(dst, r), nil
	case JSON:
		return w.json(dst, r)
	case FireWater:
		return w.fireWater(dst, r), nil
	case JustFloat:
		for _, s := range w.sensors {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(r.number(s.Name))))
		}
		return append(dst, 0, 0, 0x80, 0x7f), nil
	case Influx:
		return w.influx(dst, r), nil
	case Template:
		dst, err := w.template.Append(dst, &payload.Vars{Seq: r.Seq, Time: r.Time, Lookup: func(name string) (string, bool) { return w.lookup(r, name) }})
		return dst, err
	case Binary:
		return w.binary.AppendStruct(dst, func(name string) float64 { return w.builtInOr(r, name) }), nil
	}
	return w.line(dst, r), nil
}

// stamp is a time as all text formats write it: UTC, with milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func appendNumber(dst []byte, v float64) []byte { return strconv.AppendFloat(dst, v, 'g', -1, 64) }

// line has the values that were measured now.
func (w *formatter) line(dst []byte, r *SensorRow) []byte {
	for _, v := range r.Values {
		if v.Fresh {
			dst = append(append(dst, v.Name...), '=')
			dst = append(appendNumber(dst, v.Number), ' ')
		}
	}
	dst = strconv.AppendUint(append(dst, "seq="...), r.Seq, 10)
	dst = append(append(dst, " time="...), stamp(r.Time)...)
	if r.Again {
		dst = append(dst, " again=1"...)
	}
	return append(dst, '\n')
}

// csv has a column for every sensor, empty where it was not measured now.
func (w *formatter) csv(dst []byte, r *SensorRow) []byte {
	dst = append(strconv.AppendUint(dst, r.Seq, 10), ',')
	dst = append(append(dst, stamp(r.Time)...), ',')
	for _, s := range w.sensors {
		if v, ok := r.find(s.Name); ok && v.Fresh {
			dst = appendNumber(dst, v.Number)
		}
		dst = append(dst, ',')
	}
	if r.Again {
		dst = append(dst, '1')
	}
	return append(dst, '\n')
}

// json has the values that were measured now.
func (w *formatter) json(dst []byte, r *SensorRow) ([]byte, error) {
	line := struct {
		Name   string             `json:"name"`
		Seq    uint64             `json:"seq"`
		Time   string             `json:"time"`
		Values map[string]float64 `json:"values"`
		Again  bool               `json:"again,omitempty"`
	}{w.name, r.Seq, stamp(r.Time), map[string]float64{}, r.Again}
	for _, v := range r.Values {
		if v.Fresh {
			line.Values[v.Name] = v.Number
		}
	}
	text, err := sockeye.MarshalJSON(line)
	return append(append(dst, text...), '\n'), err
}

// fireWater has every sensor's last value, nan where there is none yet.
func (w *formatter) fireWater(dst []byte, r *SensorRow) []byte {
	dst = append(append(dst, w.name...), ':')
	for n, s := range w.sensors {
		if n > 0 {
			dst = append(dst, ',')
		}
		if v := r.number(s.Name); math.IsNaN(v) {
			dst = append(dst, "nan"...)
		} else {
			dst = appendNumber(dst, v)
		}
	}
	return append(dst, '\n')
}

// What InfluxDB's line protocol escapes in measurements, and in keys.
var (
	influxMeasurement = strings.NewReplacer(",", `\,`, " ", `\ `)
	influxKey         = strings.NewReplacer(",", `\,`, "=", `\=`, " ", `\ `)
)

// influx has the values that were measured now. A row that arrives twice is one point:
// the database knows it by its time.
func (w *formatter) influx(dst []byte, r *SensorRow) []byte {
	dst = append(dst, influxMeasurement.Replace(w.name)...)
	separator := byte(' ')
	for _, v := range r.Values {
		if v.Fresh {
			dst = append(append(append(dst, separator), influxKey.Replace(v.Name)...), '=')
			dst = appendNumber(dst, v.Number)
			separator = ','
		}
	}
	return append(strconv.AppendInt(append(dst, ' '), r.Time.UnixNano(), 10), '\n')
}

// lookup finds what a template asks for.
func (w *formatter) lookup(r *SensorRow, name string) (string, bool) {
	name, ok := strings.CutPrefix(name, "var.")
	if !ok {
		return "", false
	}
	if name == "name" {
		return w.name, true
	}
	v := w.builtInOr(r, name)
	if math.IsNaN(v) {
		return "nan", w.knows(name)
	}
	if v == math.Trunc(v) && math.Abs(v) < 1<<63 {
		return strconv.FormatInt(int64(v), 10), true
	}
	return strconv.FormatFloat(v, 'f', -1, 64), true
}

func (w *formatter) knows(name string) bool {
	for _, s := range w.sensors {
		if s.Name == name {
			return true
		}
	}
	return false
}

// builtInOr is the number of a sensor or of a name in builtIn.
func (w *formatter) builtInOr(r *SensorRow, name string) float64 {
	switch name {
	case "seq":
		return float64(r.Seq)
	case "again":
		if r.Again {
			return 1
		}
		return 0
	case "time_s":
		return float64(r.Time.Unix())
	case "time_ms":
		return float64(r.Time.UnixMilli())
	case "time_ns":
		return float64(r.Time.UnixNano())
	}
	return r.number(name)
}
