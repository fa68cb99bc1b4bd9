package device

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"sockeye/internal/outbox"
)

// SensorRow is what was measured at one moment: the last value of every sensor that has one,
// and which were measured now.
type SensorRow struct {
	// Seq counts the rows of a target. Again says that it may have arrived before.
	Seq    uint64
	Again  bool
	Time   time.Time
	Values []SensorValue
}

// SensorValue is the value of a sensor.
type SensorValue struct {
	Name   string
	Number float64
	Fresh  bool // measured now, and different enough
}

// find gives the value of a sensor; ok is false if it has none.
func (r *SensorRow) find(name string) (SensorValue, bool) {
	for _, v := range r.Values {
		if v.Name == name {
			return v, true
		}
	}
	return SensorValue{}, false
}

// number is the value of a sensor, or NaN.
func (r *SensorRow) number(name string) float64 {
	if v, ok := r.find(name); ok {
		return v.Number
	}
	return math.NaN()
}

// rowVersion is the first byte of a row in a queue. A row names its sensors, so that a file
// may change while rows wait: after the version follow the time in nanoseconds since 1970, and for each value the length of its
// name, the name, 1 if it is fresh, and the number. Numbers are little-endian.
const rowVersion = 1

func (r *SensorRow) encode(dst []byte) []byte {
	dst = append(dst, rowVersion)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.Time.UnixNano()))
	for _, v := range r.Values {
		fresh := byte(0)
		if v.Fresh {
			fresh = 1
		}
		dst = append(append(append(dst, byte(len(v.Name))), v.Name...), fresh)
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Number))
	}
	return dst
}

var errRow = errors.New("the row in the queue is not one of this program")

// decodeRow reads a record.
func decodeRow(record outbox.Record) (SensorRow, error) {
	b := record.Data
	r := SensorRow{Seq: record.Number, Again: record.Again}
	if len(b) < 9 || b[0] != rowVersion {
		return r, errRow
	}
	r.Time = time.Unix(0, int64(binary.LittleEndian.Uint64(b[1:])))
	for b = b[9:]; len(b) > 0; {
		n := int(b[0])
		if len(b) < 1+n+9 {
			return r, errRow
		}
		r.Values = append(r.Values, SensorValue{string(b[1 : 1+n]), math.Float64frombits(binary.LittleEndian.Uint64(b[2+n:])), b[1+n] == 1})
		b = b[1+n+9:]
	}
	return r, nil
}
