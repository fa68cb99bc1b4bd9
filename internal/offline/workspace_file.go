package offline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/regular"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

// ReadWorkspace reads the one file that a command is given.
func ReadWorkspace(a *terminal.Terminal, args []string) (*workspace.File, []workspace.Opening, error) {
	if len(args) == 0 {
		return nil, nil, terminal.Usage("FILE", sockeye.Text{En: "which workspace is missing", Zh: "缺少工作区文件"},
			sockeye.Text{En: "name a workspace file; docs/protocols.md shows how one is written", Zh: "请写工作区文件，写法见 docs/protocols.zh-CN.md"})
	}
	path, err := a.File("FILE", args[0])
	if err != nil {
		return nil, nil, err
	}
	f, err := workspace.Read(path)
	if err != nil {
		return nil, nil, err
	}
	openings, err := f.Openings()
	return f, openings, err
}

// ChooseRules is the opening that has rules and is meant: the one of a name, or, for "",
// the first.
func ChooseRules(openings []workspace.Opening, endpoint string) (workspace.Opening, error) {
	for _, o := range openings {
		if o.Compiled != nil && (endpoint == "" || o.Name == endpoint) {
			return o, nil
		}
	}
	if endpoint == "" {
		return workspace.Opening{}, terminal.Usage("FILE", sockeye.Text{En: "no endpoint of the file has rules", Zh: "文件中没有带规则的端点"}, sockeye.Text{En: `write rules = "NAME" at an endpoint`, Zh: `在端点中写 rules = "名称"`})
	}
	return workspace.Opening{}, terminal.Usage("--endpoint", sockeye.Text{En: fmt.Sprintf("there is no endpoint %q with rules", endpoint), Zh: fmt.Sprintf("没有带规则的端点 %q", endpoint)}, sockeye.Text{})
}

// maxSchema bounds a descriptor file: one with all of googleapis has about 20 MiB.
const maxSchema = 64 << 20

// ReadSchema reads a descriptor file of Protocol Buffers.
func ReadSchema(path string) ([]byte, error) { return regular.ReadFile(path, maxSchema) }

// ReadRegisters reads the names of registers in a workspace file. The rest of the file has
// to be sound, too.
func ReadRegisters(path string) (map[string]string, error) {
	f, err := workspace.Read(path)
	if err != nil {
		return nil, err
	}
	if _, err := f.Openings(); err != nil {
		return nil, err
	}
	if len(f.Registers) == 0 {
		return nil, terminal.Usage("--registers", sockeye.Text{En: "the file names no registers", Zh: "该文件没有为寄存器命名"},
			sockeye.Text{En: `write [registers] and lines like "holding 100" = 'i16be temp*0.1 "°C"'`, Zh: `写 [registers]，以及 "holding 100" = 'i16be temp*0.1 "°C"' 这样的行`})
	}
	return f.Registers, nil
}

// ReadFields reads the field specs that a workspace file has under a name. The rest of the
// file has to be sound, too.
func ReadFields(path, name string) (specs []string, err error) {
	f, err := workspace.Read(path)
	if err != nil {
		return nil, err
	}
	if _, err := f.Openings(); err != nil {
		return nil, err
	}
	text, known := f.Fields[name]
	if !known {
		names := slices.Sorted(maps.Keys(f.Fields))
		hint := sockeye.Text{En: "write [fields] and a line like env = 'keys temp, hum'", Zh: "写 [fields]，以及 env = 'keys temp, hum' 这样的行"}
		if len(names) > 0 {
			list := payload.SafeString(strings.Join(names, ", "))
			hint = sockeye.Text{En: "it has " + list, Zh: "其中有 " + list}
		}
		return nil, terminal.Usage("", sockeye.Text{En: fmt.Sprintf("the file has no field specs %q", name), Zh: fmt.Sprintf("该文件没有名为 %q 的字段格式", name)}, hint)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			specs = append(specs, line)
		}
	}
	return specs, nil
}
