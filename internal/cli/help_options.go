package cli

import (
	"bufio"
	"fmt"

	"sockeye"
)

// optionsTopic is what sockeye help is asked for to list the options of endpoints.
const optionsTopic = "options"

// writeOptions lists the options of endpoints, by the endpoints that have them.
func (a *app) writeOptions(table sockeye.OptionTable) error {
	const indent = 33
	out := bufio.NewWriter(a.Out)
	out.WriteString(a.T("Options of endpoints. Files and JSON have _ for -, and times in JSON end in _ms.",
		"端点选项。文件与 JSON 用 _ 代替 -，JSON 中的时间以 _ms 结尾。") + "\n")
	for _, group := range table.Groups() {
		fmt.Fprintf(out, "\n%s\n", a.T(group.Title.En+":", group.Title.Zh+"："))
		for i := range group.Options {
			d := &group.Options[i]
			left := "      --" + d.Name
			if d.Short != "" {
				left = "  -" + d.Short + ", --" + d.Name
			}
			switch value := d.ValueName(); {
			case d.Bare != 0:
				left += "[=" + value + "]"
			case value != "":
				left += " " + value
			}
			usage := a.optionUsage(d)
			if d.IsOnByDefault() {
				usage += fmt.Sprintf(a.T(" (on; off with --%s=off)", "（默认开启，用 --%s=off 关闭）"), d.Name)
			}
			out.WriteString(inColumns(left, usage, indent) + "\n")
		}
	}
	return out.Flush()
}
