package offline

import (
	"fmt"

	"sockeye"
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
