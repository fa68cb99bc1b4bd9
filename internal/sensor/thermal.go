package sensor

import (
	"path"
	"strings"
)

// The thermal zones of the kernel (Documentation/driver-api/thermal/sysfs-api.rst):
// millidegrees Celsius.

func listThermal(m *Hardware) (all []sensorPath) {
	for _, zone := range m.glob("sys/class/thermal/thermal_zone*") {
		all = append(all, sensorPath{path.Base(zone), m.label(zone + "/type")})
	}
	return all
}

func openThermal(m *Hardware, zone string) (Source, error) {
	file := "sys/class/thermal/" + zone + "/temp"
	if !isName(zone) || !m.exists(file) {
		return nil, missing("thermal/" + zone)
	}
	return m.scaled(file, "°C", 1e-3), nil
}

// quantity is a unit and the factor from the number in a file to it.
type quantity struct {
	unit   string
	factor float64
}

// hwmonQuantities are by the letters that a channel's name begins with
// (Documentation/hwmon/sysfs-interface.rst).
var hwmonQuantities = map[string]quantity{
	"temp": {"°C", 1e-3}, "in": {"V", 1e-3}, "curr": {"A", 1e-3}, "power": {"W", 1e-6}, "energy": {"J", 1e-6},
	"fan": {"rpm", 1}, "humidity": {"%", 1e-3}, "freq": {"Hz", 1},
}

// channelKind is the letters before a channel's number: temp of temp1.
func channelKind(channel string) string { return strings.TrimRight(channel, "0123456789") }

func listHwmon(m *Hardware) (all []sensorPath) {
	for _, file := range m.glob("sys/class/hwmon/hwmon*/*_input") {
		device, channel := path.Dir(file), strings.TrimSuffix(path.Base(file), "_input")
		if _, known := hwmonQuantities[channelKind(channel)]; known {
			label := strings.TrimSpace(m.label(device+"/name") + " " + m.label(device+"/"+channel+"_label"))
			all = append(all, sensorPath{path.Base(device) + "/" + channel, label})
		}
	}
	return all
}

func openHwmon(m *Hardware, where string) (Source, error) {
	device, channel, _ := strings.Cut(where, "/")
	q, known := hwmonQuantities[channelKind(channel)]
	file := "sys/class/hwmon/" + device + "/" + channel + "_input"
	if !known || !isName(device) || !isName(channel) || !m.exists(file) {
		return nil, missing("hwmon/" + where)
	}
	return m.scaled(file, q.unit, q.factor), nil
}

// powerQuantities are by file (Documentation/ABI/testing/sysfs-class-power).
var powerQuantities = map[string]quantity{
	"capacity": {"%", 1}, "voltage_now": {"V", 1e-6}, "current_now": {"A", 1e-6}, "power_now": {"W", 1e-6},
	"energy_now": {"Wh", 1e-6}, "charge_now": {"Ah", 1e-6}, "temp": {"°C", 0.1}, "online": {"", 1},
}

func listPower(m *Hardware) (all []sensorPath) {
	for _, file := range m.glob("sys/class/power_supply/*/*") {
		if _, known := powerQuantities[path.Base(file)]; known {
			supply := path.Dir(file)
			all = append(all, sensorPath{path.Base(supply) + "/" + path.Base(file), m.label(supply + "/type")})
		}
	}
	return all
}

func openPower(m *Hardware, where string) (Source, error) {
	supply, what, _ := strings.Cut(where, "/")
	q, known := powerQuantities[what]
	file := "sys/class/power_supply/" + where
	if !known || !isName(supply) || !m.exists(file) {
		return nil, missing("power/" + where)
	}
	return m.scaled(file, q.unit, q.factor), nil
}
