package core

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"sockeye"
	"sockeye/internal/schedule"
	"sockeye/internal/workspace"
)

// ReadListFile reads a list to send from a file: a table if the path ends in .csv, else the list of
// a workspace with the given name, where "" means its only list. lookup finds the variables that
// the workspace gives its payloads; it is nil for a table. If the file cannot be read, the error
// may be an *os.PathError; any other is an *sockeye.Error, or several of them joined.
func ReadListFile(path, name string) (l *schedule.List, lookup func(string) (string, bool), err error) {
	if !strings.EqualFold(filepath.Ext(path), ".csv") {
		return readListOf(path, name)
	}
	if l, err = readTable(path); err != nil {
		return nil, nil, err
	}
	l.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	return l, nil, nil
}

// ReadList is ReadListFile for standard input: the first line decides whether it is a table or a
// workspace.
func ReadList(path, name string) (l *schedule.List, lookup func(string) (string, bool), err error) {
	text, err := workspace.ReadText(path)
	if err != nil {
		return nil, nil, err
	}
	if !schedule.IsCSV(string(text)) {
		return readListOf(path, name)
	}
	if l, err = readTable(path); err != nil {
		return nil, nil, err
	}
	l.Name = "stdin"
	return l, nil, nil
}

// readListOf reads a list of a workspace file; "" is its only one.
func readListOf(path, name string) (*schedule.List, func(string) (string, bool), error) {
	f, err := workspace.Read(path)
	if err != nil {
		return nil, nil, err
	}
	if name == "" {
		if name, err = onlyList(path, f); err != nil {
			return nil, nil, err
		}
	}
	l, err := f.SendList(name)
	if err != nil {
		e := *sockeye.ErrorOf(err)
		e.Op, e.Target = "parse", path
		return nil, nil, &e
	}
	return l, f.Lookup, nil
}

// onlyList returns the name of the only list of a workspace file.
func onlyList(path string, f *workspace.File) (string, error) {
	names := slices.Sorted(maps.Keys(f.Lists))
	switch len(names) {
	case 0:
		return "", invalidFile(path, sockeye.Text{En: "there is no list in the file", Zh: "文件中没有列表"}, sockeye.Text{En: `a list is [[lists.NAME.row]], then text = 'AT\r\n'`, Zh: `列表写法：[[lists.名称.row]]，再写 text = 'AT\r\n'`})
	case 1:
		return names[0], nil
	}
	return "", invalidFile(path, sockeye.Text{En: "there are several lists in the file", Zh: "文件中有多个列表"},
		sockeye.Text{En: "name one, as in " + path + "#" + names[0] + "; there are: " + strings.Join(names, ", "), Zh: "请指明一个，如 " + path + "#" + names[0] + "；已有：" + strings.Join(names, "、")})
}

// readTable reads a list from a CSV file.
func readTable(path string) (*schedule.List, error) {
	text, err := workspace.ReadUpTo(path, workspace.MaxBytes)
	switch {
	case err != nil:
		return nil, err
	case len(text) > workspace.MaxBytes:
		return nil, invalidFile(path, sockeye.Text{En: "is too large for a list", Zh: "文件太大，不像发送列表"}, sockeye.Text{En: "a list has at most 10,000 rows", Zh: "列表最多 10,000 行"})
	}
	l, err := schedule.ParseCSV(string(text))
	if err == nil {
		_, err = l.Templates()
	}
	if err != nil {
		return nil, eachIn(path, err)
	}
	return l, nil
}

// eachIn adds the path of the file to each of the errors that err joins.
func eachIn(path string, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		e := *sockeye.ErrorOf(err)
		e.Target = path + ": " + e.Target
		return &e
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, eachIn(path, one))
	}
	return errors.Join(all...)
}

func invalidFile(path string, message, hint sockeye.Text) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Target: path, Message: message, Hint: hint}
}
