package boards

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/sensor"
	"sockeye/internal/terminal"
)

func (a *boardCommands) sensorsCommand() *cobra.Command {
	var asJSON bool
	var root string
	cmd := &cobra.Command{
		Use:   "sensors",
		Short: a.t("List what this machine can measure", "列出本机可以测量的量"),
		Long: a.t(`List what this Linux machine can measure, with the value of now: temperatures,
voltages, IIO and 1-Wire devices, batteries, Wi-Fi, load, memory, disks, and the GPIO
lines that have a name. The path is what sockeye device reads it by.`,
			`列出这台 Linux 机器可以测量的量及其当前值：温度、电压、IIO 与 1-Wire 器件、电池、
Wi-Fi、负载、内存、磁盘，以及有名称的 GPIO 引脚。sockeye device 按路径读取它们。`),
		Example: `  sockeye sensors
  sockeye sensors --json
  sockeye sensors --sysfs copy-of-a-board`,
		Args: terminal.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list := sensor.NewHardware(root).List(a.Ctx)
			if asJSON {
				return a.PrintJSON(a.sensorsJSON(list))
			}
			return a.printSensors(list)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	cmd.Flags().StringVar(&root, "sysfs", "/", a.t("look in a copy of a machine's sys, proc and dev in this folder", "在此目录中的 sys、proc、dev 副本里查找"))
	cmd.MarkFlagDirname("sysfs")
	return cmd
}

func (a *boardCommands) printSensors(list []sensor.Info) error {
	rows := [][]string{{a.t("path", "路径"), a.t("value", "值"), a.t("unit", "单位"), a.t("what", "说明")}}
	for _, s := range list {
		row := []string{s.Path, strconv.FormatFloat(s.Value, 'f', -1, 64), s.Unit, s.Label}
		switch {
		case s.Err != nil:
			row[1], row[3] = "?", s.Err.Reason(a.Lang)
		case s.Unit == "" && isLine(s):
			row[1] = ""
		default:
			row[1] = fmt.Sprintf("%.6g", s.Value)
		}
		for n := range row {
			row[n] = payload.SafeString(row[n])
		}
		rows = append(rows, row)
	}
	return a.PrintTable(rows, a.t("no sensor was found: this is no Linux machine, or --sysfs is no copy of one", "没有找到传感器：本机不是 Linux，或 --sysfs 指定的目录不是副本"))
}

// isLine says whether a sensor is a GPIO line, which is not read to be listed.
func isLine(s sensor.Info) bool { return len(s.Path) > 5 && s.Path[:5] == "gpio/" }

// The --json form of sensors.
type (
	sensorsLine struct {
		V       int          `json:"v"`
		Sensors []sensorLine `json:"sensors"`
	}
	sensorLine struct {
		Path  string   `json:"path"`
		Label string   `json:"label,omitempty"`
		Unit  string   `json:"unit,omitempty"`
		Value *float64 `json:"value"` // null where it was not read
		Error string   `json:"error,omitempty"`
		Kind  string   `json:"kind,omitempty"` // of the error
	}
)

func (a *boardCommands) sensorsJSON(list []sensor.Info) sensorsLine {
	out := sensorsLine{V: 1, Sensors: []sensorLine{}}
	for _, s := range list {
		line := sensorLine{Path: s.Path, Label: s.Label, Unit: s.Unit}
		switch {
		case s.Err != nil:
			line.Error, line.Kind = s.Err.In(sockeye.English), string(s.Err.Kind)
		case !isLine(s):
			line.Value = &s.Value
		}
		out.Sensors = append(out.Sensors, line)
	}
	return out
}
