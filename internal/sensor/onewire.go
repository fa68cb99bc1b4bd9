package sensor

import (
	"context"
	"path"
	"strconv"
	"strings"

	"sockeye"
)

// w1Families are the family codes of 1-Wire thermometers: DS18S20, DS1822, DS18B20,
// DS1825 and DS28EA00 (Documentation/w1/slaves/w1_therm.rst).
var w1Families = []string{"10", "22", "28", "3b", "42"}

func listW1(m *Hardware) (all []sensorPath) {
	for _, family := range w1Families {
		for _, device := range m.glob("sys/bus/w1/devices/" + family + "-*") {
			all = append(all, sensorPath{path.Base(device), ""})
		}
	}
	return all
}

func openW1(m *Hardware, id string) (Source, error) {
	base := "sys/bus/w1/devices/" + id
	if !isName(id) || !m.exists(base) {
		return nil, missing("w1/" + id)
	}
	return &reading{"°C", func(context.Context) (float64, error) { return m.readW1(base + "/w1_slave") }}, nil
}

// readW1 reads two lines: the scratchpad with the verdict on its CRC, and the
// temperature in millidegrees behind t=.
func (m *Hardware) readW1(name string) (float64, error) {
	text, err := m.text(name)
	if err != nil {
		return 0, err
	}
	verdict, rest, _ := strings.Cut(text, "\n")
	if !strings.HasSuffix(strings.TrimSpace(verdict), "YES") {
		return 0, &sockeye.Error{Kind: sockeye.LineFault, Op: "read", Target: m.place(name),
			Message: sockeye.Text{En: "the checksum of the 1-Wire sensor is wrong", Zh: "1-Wire 传感器的校验和错误"},
			Hint:    sockeye.Text{En: "check the wires and the 4.7 kΩ resistor between data and 3.3 V", Zh: "请检查接线，以及数据线与 3.3 V 之间的 4.7 kΩ 上拉电阻"}}
	}
	_, number, ok := strings.Cut(rest, "t=")
	milli, err := strconv.Atoi(strings.TrimSpace(number))
	if !ok || err != nil {
		return 0, noNumber(m.place(name), text)
	}
	return float64(milli) / 1000, nil
}
