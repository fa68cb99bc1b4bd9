package sensor

import (
	"context"
	"path"
	"strings"
)

// Industrial I/O (Documentation/ABI/testing/sysfs-bus-iio): a channel has either a
// finished value (_input), or a raw one: (raw + offset) * scale. Units differ by type.

// iioQuantities are by the word behind in_ that a channel's name begins with.
var iioQuantities = []struct {
	name string
	quantity
}{
	{"temp", quantity{"°C", 1e-3}}, {"humidityrelative", quantity{"%", 1e-3}}, {"pressure", quantity{"kPa", 1}},
	{"illuminance", quantity{"lx", 1}}, {"altvoltage", quantity{"V", 1e-3}}, {"voltage", quantity{"V", 1e-3}}, {"current", quantity{"A", 1e-3}}, {"power", quantity{"W", 1e-3}},
	{"accel", quantity{"m/s²", 1}}, {"anglvel", quantity{"rad/s", 1}}, {"magn", quantity{"G", 1}}, {"angl", quantity{"rad", 1}},
	{"distance", quantity{"m", 1}}, {"resistance", quantity{"Ω", 1}}, {"capacitance", quantity{"nF", 1}}, {"energy", quantity{"J", 1}},
	{"concentration", quantity{"%", 1}}, {"electricalconductivity", quantity{"S/m", 1}}, {"velocity", quantity{"m/s", 1}},
	{"ph", quantity{"", 1}}, {"intensity", quantity{"", 1}}, {"proximity", quantity{"", 1}}, {"uvindex", quantity{"", 1}},
	{"count", quantity{"", 1}}, {"steps", quantity{"", 1}}, {"rot", quantity{"°", 1}},
}

// iioQuantity is what a channel measures: in_temp, in_voltage0, in_accel_x.
func iioQuantity(channel string) (quantity, bool) {
	rest, ok := strings.CutPrefix(channel, "in_")
	for _, q := range iioQuantities {
		if ok && strings.HasPrefix(rest, q.name) {
			return q.quantity, true
		}
	}
	return quantity{}, false
}

func listIIO(m *Hardware) (all []sensorPath) {
	for _, device := range m.glob("sys/bus/iio/devices/iio:device*") {
		label := m.label(device + "/name")
		seen := map[string]bool{}
		for _, suffix := range []string{"_input", "_raw"} {
			for _, file := range m.glob(device + "/in_*" + suffix) {
				channel := strings.TrimSuffix(path.Base(file), suffix)
				if _, known := iioQuantity(channel); known && !seen[channel] {
					seen[channel] = true
					all = append(all, sensorPath{path.Base(device) + "/" + channel, label})
				}
			}
		}
	}
	return all
}

func openIIO(m *Hardware, where string) (Source, error) {
	device, channel, _ := strings.Cut(where, "/")
	q, known := iioQuantity(channel)
	base := "sys/bus/iio/devices/" + device + "/"
	if !known || !isName(device) || !isName(channel) {
		return nil, missing("iio/" + where)
	}
	if m.exists(base + channel + "_input") {
		return m.scaled(base+channel+"_input", q.unit, q.factor), nil
	}
	if !m.exists(base + channel + "_raw") {
		return nil, missing("iio/" + where)
	}
	scale, offset := m.shared(base, channel, "_scale", 1), m.shared(base, channel, "_offset", 0)
	return &reading{q.unit, func(context.Context) (float64, error) {
		raw, err := m.number(base + channel + "_raw")
		return (raw + offset) * scale * q.factor, err
	}}, nil
}

// shared is a constant of a channel, or of all channels of its type: in_voltage0_scale,
// in_voltage_scale, in_accel_scale for in_accel_x.
func (m *Hardware) shared(base, channel, suffix string, otherwise float64) float64 {
	names := []string{channel, channelKind(channel)}
	if n := strings.LastIndexByte(channel, '_'); n > len("in") {
		names = append(names, channel[:n])
	}
	for _, name := range names {
		if v, err := m.number(base + name + suffix); err == nil {
			return v
		}
	}
	return otherwise
}
