package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/terminal"
	"sockeye/internal/workspace"
)

// userConfig is what the user's configuration file sets: defaults of flags. What a command
// line says wins.
type userConfig struct {
	lang string // "" is that of the environment
	port uint16 // of an address written without one; 0 is sockeye.DefaultPort
	// ui are values of flags of ui, by name.
	ui map[string]string
}

// configKeys are the keys of the file and what each takes.
var configKeys = []struct {
	name string
	set  func(c *userConfig, v any) error
}{
	{"lang", func(c *userConfig, v any) error {
		c.lang, _ = v.(string)
		if c.lang != "en" && c.lang != "zh" {
			return wants(`"en" or "zh"`, `"en" 或 "zh"`)
		}
		return nil
	}},
	{"port", func(c *userConfig, v any) error {
		port, err := configPort(v, 1)
		c.port = port
		return err
	}},
	{"ui.port", func(c *userConfig, v any) error {
		port, err := configPort(v, 0)
		c.ui["port"] = strconv.Itoa(int(port))
		return err
	}},
	{"ui.memory", func(c *userConfig, v any) error {
		var n int64
		text, isText := v.(string)
		if !isText || terminal.ByteSizeOf(&n).Set(text) != nil {
			return wants(`a size in quotes: "256MiB"`, `带引号的大小，如 "256MiB"`)
		}
		c.ui["memory"] = text
		return nil
	}},
	{"ui.no-browser", func(c *userConfig, v any) error {
		on, isBool := v.(bool)
		if !isBool {
			return wants("true or false, without quotes", "true 或 false（不带引号）")
		}
		c.ui["no-browser"] = strconv.FormatBool(on)
		return nil
	}},
}

func configPort(v any, least int64) (uint16, error) {
	n, isNumber := v.(int64)
	if !isNumber || n < least || n > 65535 {
		return 0, wants(fmt.Sprintf("a number from %d to 65535, without quotes", least), fmt.Sprintf("%d 到 65535 的数字（不带引号）", least))
	}
	return uint16(n), nil
}

func wants(en, zh string) error {
	return &sockeye.Error{Kind: sockeye.Invalid, Message: sockeye.Text{En: "must be " + en, Zh: "应为 " + zh}}
}

// maxConfig is the most bytes of a configuration file.
const maxConfig = 64 << 10

// configPath is where the configuration is, and whether somebody named that file. It is
// "" where there is none to read.
func (a *app) configPath() (path string, isNamed bool) {
	lookup := a.LookupEnv
	if lookup == nil {
		lookup = func(name string) (string, bool) { v := a.Env(name); return v, v != "" }
	}
	if path, isNamed := lookup("SOCKEYE_CONFIG"); isNamed {
		return path, path != ""
	}
	dir := a.ConfigDir()
	if dir == "" {
		return "", false
	}
	return filepath.Join(dir, "config.toml"), false
}

// readConfig reads the user's configuration. No file is none, unless somebody named it.
func (a *app) readConfig() (*userConfig, error) {
	path, isNamed := a.configPath()
	if path == "" {
		return &userConfig{}, nil
	}
	text, err := workspace.ReadUpTo(path, maxConfig)
	if errors.Is(err, os.ErrNotExist) && !isNamed {
		return &userConfig{}, nil
	}
	if err != nil {
		e := *sockeye.ErrorOf(terminal.FileError("open", path, err))
		e.Kind, e.Hint = sockeye.Invalid, configHint
		return nil, &e
	}
	if len(text) > maxConfig {
		return nil, terminal.Usage(path, sockeye.Text{En: fmt.Sprintf("larger than %d KiB", maxConfig>>10), Zh: fmt.Sprintf("超过 %d KiB", maxConfig>>10)}, configHint)
	}
	c, err := parseConfig(string(text))
	if err == nil {
		return c, nil
	}
	var all []error
	for _, one := range workspace.Problems(err) {
		e := *sockeye.ErrorOf(one)
		e.Target = strings.TrimSuffix(path+": "+e.Target, ": ")
		if e.Hint.IsZero() {
			e.Hint = configHint
		}
		all = append(all, &e)
	}
	return nil, errors.Join(all...)
}

// configHint is what to do with a configuration that cannot be used.
var configHint = sockeye.Text{En: "mend the file, or set SOCKEYE_CONFIG to nothing to do without it", Zh: "请修改该文件；把 SOCKEYE_CONFIG 设为空可忽略它"}

// parseConfig reads the text of a configuration file. The error joins what is wrong, each
// an *sockeye.Error whose Target begins with the line.
func parseConfig(text string) (*userConfig, error) {
	values := map[string]any{}
	md, err := workspace.Decode(text, &values)
	if err != nil {
		return nil, err
	}
	c := &userConfig{ui: map[string]string{}}
	var problems []error
	var told []string
	for _, key := range md.Keys() {
		name := terminal.Safe(key.String())
		if len(problems) == 10 || slices.ContainsFunc(told, func(t string) bool { return strings.HasPrefix(name, t+".") }) {
			continue
		}
		if err := c.set(name, valueAt(values, key)); err != nil {
			e := *sockeye.ErrorOf(err)
			e.Target = strings.TrimPrefix(workspace.Place(text, key)+": "+name, ": ")
			problems, told = append(problems, &e), append(told, name)
		}
	}
	return c, errors.Join(problems...)
}

func valueAt(values map[string]any, key []string) any {
	var v any = values
	for _, part := range key {
		table, _ := v.(map[string]any)
		v = table[part]
	}
	return v
}

// set takes the value of a key.
func (c *userConfig) set(name string, v any) error {
	var names []string
	for _, k := range configKeys {
		if k.name == name {
			return k.set(c, v)
		}
		names = append(names, k.name)
	}
	if _, isTable := v.(map[string]any); name == "ui" && isTable {
		return nil
	}
	e := &sockeye.Error{Kind: sockeye.Invalid, Message: sockeye.Text{En: "there is no such key", Zh: "没有这个键"},
		Hint: sockeye.Text{En: "the keys are " + strings.Join(names, ", "), Zh: "可用的键：" + strings.Join(names, "、")}}
	if name == "ui" {
		e.Message = sockeye.Text{En: "must be a table: [ui]", Zh: "应为表：[ui]"}
	} else if near := terminal.Nearest(name, append(names, "ui")); near != "" {
		e.Hint = terminal.DidYouMean(near)
	}
	return e
}

// prepare is done before any command: what holds for all of them is checked and set.
func (a *app) prepare(cmd *cobra.Command, args []string) error {
	if err := a.checkLang(cmd, args); err != nil {
		return err
	}
	if portable, _ := cmd.Flags().GetBool("portable"); portable {
		home, err := portableHome()
		if err == nil {
			err = checkWritable(home)
		}
		if err != nil {
			return err
		}
		a.Env = withHome(a.Env, home)
	}
	if slices.Contains([]string{"help", "version", "completion"}, cmd.Name()) || strings.HasPrefix(cmd.Name(), "__") {
		return nil // they help where the configuration is wrong, too
	}
	c, err := a.readConfig()
	if err != nil {
		return err
	}
	a.config = *c
	if !cmd.HasParent() {
		cmd, _, _ = cmd.Find([]string{"ui"}) // see root
	}
	if cmd.CommandPath() != "sockeye ui" {
		return nil
	}
	for name, v := range c.ui {
		// Set on the value: the flag does not count as given by the user.
		if f := cmd.Flags().Lookup(name); !f.Changed {
			if err := f.Value.Set(v); err != nil {
				return a.badFlag(cmd, err)
			}
		}
	}
	return nil
}

// defaultPort is the port of an address written without one.
func (a *app) defaultPort() uint16 {
	if a.config.port != 0 {
		return a.config.port
	}
	return sockeye.DefaultPort
}
