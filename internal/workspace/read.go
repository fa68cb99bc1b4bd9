package workspace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/regular"
)

// Read reads a workspace file and checks everything in it. Nothing is opened. The
// error joins what is wrong, each an *sockeye.Error with the file and the line.
func Read(path string) (*File, error) {
	text, err := ReadText(path)
	if err != nil {
		return nil, err
	}
	file, err := Parse(text)
	if err == nil {
		return file, nil
	}
	var all []error
	for _, one := range sockeye.SplitErrors(err) {
		e := *sockeye.ErrorOf(one)
		e.Target = strings.TrimSuffix(path+": "+e.Target, ": ")
		all = append(all, &e)
	}
	return nil, errors.Join(all...)
}

// ReadText reads the text of a workspace file, up to a byte more than it may have. It
// is not checked. The error is an *sockeye.Error; kind NotFound is for a file that is
// not there.
func ReadText(path string) ([]byte, error) {
	text, err := ReadUpTo(path, MaxBytes)
	if err != nil {
		return nil, fileError("open", path, err)
	}
	return text, nil
}

// ReadUpTo reads a file that has an end, of which at most a byte more than limit.
func ReadUpTo(path string, limit int64) ([]byte, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

func fileError(op, path string, err error) error {
	if e, ok := errors.AsType[*sockeye.Error](err); ok {
		return e
	}
	e := &sockeye.Error{Kind: sockeye.System, Op: op, Target: path, Err: err}
	if inner, ok := errors.AsType[*os.PathError](err); ok {
		e.Err = inner.Err
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		e.Kind, e.Message, e.Hint = sockeye.NotFound, both("no such file", "文件不存在"), both("give the path of a workspace file", "请写工作区文件的路径")
	case errors.Is(err, os.ErrPermission):
		e.Kind = sockeye.AccessDenied
	}
	return e
}

// byteOrderMark is what editors on Windows put before a text.
var byteOrderMark = []byte("\xef\xbb\xbf")

// Parse reads the text of a workspace file and checks everything in it. The error
// joins what is wrong, each an *sockeye.Error whose Target begins with the line.
func Parse(text []byte) (*File, error) {
	if len(text) > MaxBytes {
		return nil, problem("larger than %d MiB", "超过 %d MiB", "", "", MaxBytes>>20)
	}
	d, err := decodeText(string(bytes.TrimPrefix(text, byteOrderMark)))
	if err != nil {
		return nil, err
	}
	l := locator{text: d.text, top: d.top, md: d.md}
	c := checker{file: &File{}, place: l.line}
	rules, err := c.keys(d.md.Keys(), &l)
	if err != nil {
		return nil, err
	}
	if rules > maxRules {
		c.add(tooManyRules(rules), "rules", "rules")
	}
	if c.isFull() || rules > maxRules {
		return nil, c.join()
	}
	if err := d.fill(&c); err != nil {
		return nil, err
	}
	if !c.isFull() {
		c.openings()
	}
	if len(c.problems) > 0 {
		return nil, c.join()
	}
	return c.file, nil
}

// keys collects the keys that no file has, and counts the rules of rule sets. More named
// things than a file may have are an error.
func (c *checker) keys(all []toml.Key, l *locator) (rules int, err error) {
	told, named := map[string]bool{}, map[[2]string]bool{}
	for _, key := range all {
		if len(key) == 2 && key[0] == "rules" {
			rules++
		}
		if len(key) > 1 && isNamed(key[0]) {
			if named[[2]string{key[0], key[1]}] = true; len(named) > maxNamed {
				return 0, problem("more than %d payloads, variables, aliases and lists together", "payloads、variables、aliases 与 lists 合计超过 %d 个", "split the file", "请拆成多个文件", maxNamed)
			}
		}
		if c.isFull() {
			break
		}
		where := strangeKey(key)
		if path := where.String(); where != nil && !told[path] {
			told[path] = true
			c.unknownKey(where, key, l)
			path := make([]any, len(where))
			for i, part := range where {
				path[i] = part
			}
			c.strange = append(c.strange, pathOf(path))
		}
	}
	return rules, nil
}

// maxNamed is how many payloads, variables, aliases, and lists there may be together.
const maxNamed = 10_000

// maxOldBytes is the largest file of version 1: it is rewritten before it is decoded.
const maxOldBytes = 1 << 20

// isNamed reports whether a key at the top is a table whose keys are names.
func isNamed(key string) bool {
	field, ok := fieldOf(fileType, key)
	return ok && field.Type.Kind() == reflect.Map && field.Type.Elem().Kind() != reflect.Slice // rules and dashboards have bounds of their own
}

// decodedTOML is a text as the TOML decoder understood it, once for all.
type decodedTOML struct {
	text string // in the words of the current version
	top  map[string]toml.Primitive
	md   toml.MetaData
}

// decodeText decodes a text whose bounds hold, in the words of the current version. The
// error is of a text that is not TOML, or of a version that is not known.
func decodeText(text string) (*decodedTOML, error) {
	isOld, inTable := false, false
	s := boundsScanner{text: text, begins: func(at int, head bool) {
		inTable = inTable || head
		isOld = isOld || !inTable && saysVersion1(text[at:])
	}}
	if err := s.all(); err != nil {
		return nil, err
	}
	if isOld && len(text) > maxOldBytes {
		return nil, problem("version 1 of the format, and larger than %d MiB", "格式版本 1，且超过 %d MiB", "write sockeye = 2, and lists as [[lists.NAME.row]]", "请写 sockeye = 2，列表写成 [[lists.名称.row]]", maxOldBytes>>20)
	}
	if isOld {
		text = upgrade(text, 1) // so that a large one is decoded once
	}
	d, err := decodeTop(text)
	if err != nil {
		return nil, err
	}
	version, err := d.version()
	if err != nil || version == Version {
		return d, err
	}
	return decodeTop(upgrade(text, version))
}

// saysVersion1 reports whether a statement is sockeye = 1.
func saysVersion1(statement string) bool {
	rest, ok := strings.CutPrefix(statement, "sockeye")
	rest, ok2 := strings.CutPrefix(strings.TrimLeft(rest, " \t"), "=")
	rest, ok3 := strings.CutPrefix(strings.TrimLeft(rest, " \t"), "1")
	return ok && ok2 && ok3 && (rest == "" || strings.ContainsAny(rest[:1], " \t\r\n#"))
}

// current is a text in the words of the current version.
func current(text string) (string, error) {
	d, err := decodeText(text)
	if err != nil {
		return "", err
	}
	return d.text, nil
}

func decodeTop(text string) (*decodedTOML, error) {
	d := &decodedTOML{text: text}
	var err error
	if d.md, err = toml.Decode(text, &d.top); err != nil {
		return nil, syntaxError(err)
	}
	return d, nil
}

// version is that of the format which the text says it has.
func (d *decodedTOML) version() (int, error) {
	said, ok := d.top["sockeye"]
	if !ok {
		return 0, problem("this is no workspace: it does not say sockeye = 2", "不是工作区文件：缺少 sockeye = 2", "a workspace begins with the line sockeye = 2", "工作区文件以 sockeye = 2 开头")
	}
	var version int
	if err := d.md.PrimitiveDecode(said, &version); err != nil {
		return 0, syntaxError(err)
	}
	switch {
	case version > Version:
		return 0, problem("version %d of the format is newer than this Sockeye, which reads up to %d", "格式版本 %d 比本程序新（本程序支持到 %d）", "use a newer Sockeye", "请使用更新的 Sockeye", version, Version)
	case version < 1:
		return 0, problem("there is no version %d of the format", "没有格式版本 %d", "write sockeye = 2", "写 sockeye = 2", version)
	}
	return version, nil
}

// syntaxError says where the text is not TOML, or a value is not what its key wants.
func syntaxError(err error) error {
	p, ok := errors.AsType[toml.ParseError](err)
	if !ok { // a value of another type: the library says where only in words
		line, key := 0, ""
		text := strings.TrimPrefix(err.Error(), "toml: ")
		if n, _ := fmt.Sscanf(text, "line %d (last key %q", &line, &key); n == 2 {
			_, what, _ := strings.Cut(text, "): ")
			return &sockeye.Error{Kind: sockeye.Invalid, Target: fmt.Sprintf("line %d: %s", line, key), Message: both("%s", "值的类型不对：%s", what)}
		}
		return &sockeye.Error{Kind: sockeye.Invalid, Message: both("%s", "TOML 有误：%s", text)}
	}
	message := shortened(p.Message)
	e := &sockeye.Error{Kind: sockeye.Invalid, Target: position(p.Position), Message: sockeye.Text{En: message, Zh: "TOML 有误：" + message}}
	if inner, ok := errors.AsType[*sockeye.Error](err); ok {
		e.Message, e.Hint = inner.Message, inner.Hint
		if inner.Target != "" {
			e.Message = both("%s %s", "%s %s", inner.Target, inner.Message.En)
			e.Message.Zh = inner.Target + " " + inner.Message.Zh
		}
	}
	if e.Message.En == "" {
		message = shortened(err.Error())
		e.Message = sockeye.Text{En: message, Zh: "TOML 有误：" + message}
	}
	if strings.Contains(p.Message, "already been defined") {
		e.Hint = sockeye.Text{En: "write it once, and leave the other one out", Zh: "只保留其中一个"}
	}
	e.Message = sockeye.Text{En: shortened(e.Message.En), Zh: shortened(e.Message.Zh)}
	return e
}

func position(p toml.Position) string {
	if p.Line == 0 {
		return ""
	}
	return positionText(p.Line, max(1, p.Col))
}

func positionText(line, column int) string { return fmt.Sprintf("line %d, column %d", line, column) }

// unknownKey says of a key that the format does not have where it is, and what was
// meant. The whole key is one that begins with it and has a place of its own.
func (c *checker) unknownKey(key, whole toml.Key, l *locator) {
	if c.isFull() {
		return
	}
	name := key[len(key)-1]
	e := &sockeye.Error{Kind: sockeye.Invalid, Message: both("there is no key %s", "没有 %s 这个键", payload.Quote(name, 40))}
	known := knownKeys(fileType, key[:len(key)-1])
	there := map[string]bool{}
	for _, k := range known {
		there[k] = true
	}
	if near := nearest(name, there); near != "" {
		e.Hint = both("did you mean %s?", "是否想写 %s？", near)
	} else if len(known) > 0 {
		e.Hint = both("the keys here are %s", "此处可用的键：%s", strings.Join(known, ", "))
	}
	if e.Target = l.key(key); e.Target == "" {
		e.Target = l.key(whole)
	}
	c.problems = append(c.problems, e)
}

// UnmarshalTOML takes a payload that is only a text, too.
func (p *Payload) UnmarshalTOML(v any) error {
	wrong := func(key string) error {
		return &sockeye.Error{Kind: sockeye.Invalid, Message: both("a payload is a text, or a table of text or hex with charset, checksum, line_ending, prefix and suffix, not %s", "数据是文本，或含 text 或 hex 以及 charset、checksum、line_ending、prefix、suffix 的表，不能是 %s", key)}
	}
	switch v := v.(type) {
	case string:
		p.Text = v
		return nil
	case map[string]any:
		for _, key := range keys(v) {
			field, known := fieldOf(payloadType, key)
			text, ok := v[key].(string)
			if !known || !ok {
				return wrong(payload.Quote(key, 40))
			}
			reflect.ValueOf(p).Elem().FieldByIndex(field.Index).SetString(text)
		}
		return nil
	}
	return wrong(said(v).En)
}

// Write writes a file so that at any moment either the old or the new one is there,
// whole, also after a power cut. The file that a symbolic link leads to is written,
// not the link.
func Write(path string, text []byte) (err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	dir := filepath.Dir(path)
	t, err := os.CreateTemp(dir, ".sockeye-*.tmp")
	if err != nil {
		return fileError("write", path, err)
	}
	defer func() {
		if err != nil {
			t.Close()
			os.Remove(t.Name())
			err = fileError("write", path, err)
		}
	}()
	if st, statErr := os.Stat(path); statErr == nil {
		t.Chmod(st.Mode().Perm())
	}
	if _, err = t.Write(text); err != nil {
		return err
	}
	if err = t.Sync(); err != nil {
		return err
	}
	if err = t.Close(); err != nil {
		return err
	}
	if err = os.Rename(t.Name(), path); err != nil {
		return err
	}
	if d, openErr := os.Open(dir); openErr == nil { // the new name, too; not every system can
		d.Sync()
		d.Close()
	}
	return nil
}
