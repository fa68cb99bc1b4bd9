package fields

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"sockeye"
)

// nmeaField is one field of a sentence: its name and unit, and how it is read.
type nmeaField struct {
	name, unit string
	kind       nmeaKind
}

type nmeaKind uint8

const (
	nmeaPlain nmeaKind = iota // a number or a word
	nmeaSkip                  // a unit or the like that the name says already
	nmeaAngle                 // ddmm.mmmm; the hemisphere is the field after it
	nmeaText                  // digits that are no number: a time, a date
)

// nmeaSentences are the fields of the sentences people meet, by their type without
// the talker (NMEA 0183 as described in gpsd's "NMEA Revealed").
var nmeaSentences = map[string][]nmeaField{
	"GGA": {{"time", "", nmeaText}, {"lat", "°", nmeaAngle}, {}, {"lon", "°", nmeaAngle}, {}, {name: "fix"}, {name: "satellites"}, {name: "hdop"}, {name: "altitude", unit: "m"}, skipped, {name: "geoid", unit: "m"}, skipped, {name: "dgps_age", unit: "s"}, {"dgps_station", "", nmeaText}},
	"RMC": {{"time", "", nmeaText}, {name: "status"}, {"lat", "°", nmeaAngle}, {}, {"lon", "°", nmeaAngle}, {}, {name: "speed", unit: "kn"}, {name: "course", unit: "°"}, {"date", "", nmeaText}, {name: "variation", unit: "°"}, {name: "variation_side"}, {name: "mode"}, {name: "nav_status"}},
	"GLL": {{"lat", "°", nmeaAngle}, {}, {"lon", "°", nmeaAngle}, {}, {"time", "", nmeaText}, {name: "status"}, {name: "mode"}},
	"VTG": {{name: "course", unit: "°"}, skipped, {name: "course_magnetic", unit: "°"}, skipped, {name: "speed", unit: "kn"}, skipped, {name: "speed_kmh", unit: "km/h"}, skipped, {name: "mode"}},
	"ZDA": {{"time", "", nmeaText}, {"day", "", nmeaText}, {"month", "", nmeaText}, {"year", "", nmeaText}, {name: "zone_hours"}, {name: "zone_minutes"}},
	"GSV": {{name: "messages"}, {name: "message"}, {name: "satellites_in_view"}},
	"HDT": {{name: "heading", unit: "°"}, skipped},
	"HDG": {{name: "heading", unit: "°"}, {name: "deviation", unit: "°"}, {name: "deviation_side"}, {name: "variation", unit: "°"}, {name: "variation_side"}},
	"MWV": {{name: "wind_angle", unit: "°"}, {name: "wind_reference"}, {name: "wind_speed"}, {name: "wind_unit"}, {name: "status"}},
	"DBT": {{name: "depth_feet", unit: "ft"}, skipped, {name: "depth", unit: "m"}, skipped, {name: "depth_fathoms"}, skipped},
	"DPT": {{name: "depth", unit: "m"}, {name: "depth_offset", unit: "m"}},
	"MTW": {{name: "water_temperature", unit: "°C"}, skipped},
	"VHW": {{name: "heading", unit: "°"}, skipped, {name: "heading_magnetic", unit: "°"}, skipped, {name: "water_speed", unit: "kn"}, skipped, {name: "water_speed_kmh", unit: "km/h"}, skipped},
}

var skipped = nmeaField{kind: nmeaSkip}

// readNMEA appends the fields of a sentence: by name where the sentence is known, else
// f1, f2 and so on. A checksum that is there must be right.
func readNMEA(dst []Value, frame []byte) ([]Value, sockeye.Text) {
	row := trimLineEnd(frame)
	if len(row) < 6 || row[0] != '$' && row[0] != '!' {
		return dst, both("it is not an NMEA sentence", "它不是 NMEA 语句")
	}
	if star := bytes.LastIndexByte(row, '*'); star >= 0 {
		var sum byte
		for _, c := range row[1:star] {
			sum ^= c
		}
		said, err := hex.DecodeString(string(row[star+1:]))
		if err != nil || len(said) != 1 || said[0] != sum {
			return dst, both("its checksum is %02X, not %s", "校验和应为 %02X，而不是 %s", sum, shortQuote(validText(row[star+1:])))
		}
		row = row[:star]
	}
	columns := bytes.SplitN(row, []byte{','}, MaxValues+1)
	id := validText(columns[0][1:])
	if id == "" || !isShowable(id) || len(id) > maxName {
		return dst, both("it is not an NMEA sentence", "它不是 NMEA 语句")
	}
	dst = append(dst, Value{Name: "sentence", Text: id, From: 1, To: len(columns[0])})
	known := nmeaSentences[id[max(0, len(id)-3):]]
	at := len(columns[0]) + 1
	for n := 1; n < len(columns) && len(dst) < MaxValues; n++ {
		column := columns[n]
		f := nmeaField{name: numbered("f", n)}
		if n <= len(known) {
			f = known[n-1]
		}
		if len(column) > 0 && f.name != "" {
			var next []byte
			if n+1 < len(columns) {
				next = columns[n+1]
			}
			dst = append(dst, f.value(column, next, at))
		}
		at += len(column) + 1
	}
	return dst, nothing
}

// value is what a column says; next is the column after it.
func (f nmeaField) value(column, next []byte, at int) Value {
	text := validText(column)
	v := Value{Name: f.name, Unit: f.unit, Text: text, From: at, To: at + len(column)}
	switch f.kind {
	case nmeaText:
	case nmeaAngle:
		v.Number, v.Numeric = nmeaDegrees(text, string(next))
		if v.Numeric {
			v.Text = strconv.FormatFloat(v.Number, 'f', 6, 64)
			v.To += len(",") + len(next)
		}
	default:
		if n, digits := leadingNumber(text); digits == len(text) {
			v.Number, v.Numeric = n, true
		}
	}
	return v
}

// nmeaDegrees reads ddmm.mmmm with its hemisphere as degrees, south and west negative.
func nmeaDegrees(text, hemisphere string) (float64, bool) {
	n, digits := leadingNumber(text)
	if digits != len(text) || n < 0 || !strings.Contains("NSEW", hemisphere) || len(hemisphere) != 1 {
		return 0, false
	}
	degrees := math.Floor(n / 100)
	degrees += (n - 100*degrees) / 60
	if hemisphere == "S" || hemisphere == "W" {
		degrees = -degrees
	}
	return degrees, true
}
