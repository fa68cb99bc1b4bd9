package device

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/outbox"
	"sockeye/internal/payload"
	"sockeye/internal/regular"
	"sockeye/internal/sensor"
)

// The bounds of a device file.
const (
	maxSensors = 256
	maxTargets = 16
	maxBatch   = 10_000
	leastEvery = time.Millisecond
	leastQueue = 64 << 10
	maxTable   = 16 << 20 // bytes of a CSV file whose values a sensor plays back
	maxSecret  = 1 << 20  // bytes of a file with a password or certificates
)

// deviceChecker collects what is wrong with a file.
type deviceChecker struct {
	path  string
	at    string // the table that is checked: sensor[2]
	wrong []error
}

func folderOf(path string) string { return filepath.Dir(path) }

func (c *deviceChecker) add(key string, message, hint sockeye.Text) {
	target := strings.TrimPrefix(strings.TrimSuffix(c.path+": "+strings.Trim(c.at+"."+key, "."), ": "), ": ")
	c.wrong = append(c.wrong, invalid(target, message, hint))
}

// addError adds what another room found, at a key.
func (c *deviceChecker) addError(key string, err error) {
	if err != nil {
		e := sockeye.ErrorOf(err)
		c.add(key, sockeye.Text{En: e.Reason(sockeye.English), Zh: e.Reason(sockeye.Chinese)}, e.Hint)
	}
}

// text makes a message of both languages.
func text(en, zh string, args ...any) sockeye.Text {
	return sockeye.Text{En: fmt.Sprintf(en, args...), Zh: fmt.Sprintf(zh, args...)}
}

func (c *deviceChecker) file(f *Config) {
	if f.Name == "" {
		if f.Name, _ = os.Hostname(); !isBoardName(f.Name) {
			f.Name = "board"
		}
	}
	if !isBoardName(f.Name) {
		c.add("name", text("a name has letters, digits, _ . and -, at most 64", "名称由字母、数字、_ . - 组成，最多 64 个字符"), sockeye.Text{})
	}
	if len(f.Sensors) == 0 || len(f.Sensors) > maxSensors {
		c.add("sensor", text("there are %d, and there must be 1 to %d", "有 %d 个，应为 1 到 %d 个", len(f.Sensors), maxSensors), text("a sensor begins with [[sensor]]", "传感器以 [[sensor]] 开头"))
	}
	if len(f.Targets) == 0 || len(f.Targets) > maxTargets {
		c.add("target", text("there are %d, and there must be 1 to %d", "有 %d 个，应为 1 到 %d 个", len(f.Targets), maxTargets), text("a target begins with [[target]]", "目标以 [[target]] 开头"))
	}
	names := map[string]bool{}
	for n := range f.Sensors {
		c.at = fmt.Sprintf("sensor[%d]", n+1)
		c.sensor(f, &f.Sensors[n], names)
	}
	names = map[string]bool{}
	for n := range f.Targets {
		c.at = fmt.Sprintf("target[%d]", n+1)
		c.target(f, &f.Targets[n], n, names)
	}
	for n, t := range f.Targets {
		if c.at = fmt.Sprintf("target[%d]", n+1); t.Hub != "" && slices.ContainsFunc(f.Targets[:n], func(o Target) bool { return o.Hub != "" && o.board == t.board }) {
			c.add("hub", text("%s is a target already", "%s 已是目标", t.board), sockeye.Text{})
		}
	}
	c.at = "commands"
	for _, line := range f.Commands.Lines {
		if !strings.HasPrefix(line, "gpio/") {
			c.add("lines", text("%s is no GPIO line", "%s 不是 GPIO 引脚", payload.Quote(line, 40)), text("write it as sockeye sensors lists it: gpio/gpiochip0/17", "按 sockeye sensors 列出的形式书写：gpio/gpiochip0/17"))
		}
	}
}

func (c *deviceChecker) sensor(f *Config, s *Sensor, names map[string]bool) {
	if !isSensorName(s.Name) {
		c.add("name", text("a name has letters, digits and _, and begins with no digit", "名称由字母、数字和 _ 组成，且不以数字开头"), sockeye.Text{})
	} else if names[s.Name] {
		c.add("name", text("%s is there twice", "%s 重复了", s.Name), sockeye.Text{})
	}
	names[s.Name] = true
	sources := 0
	for _, there := range []bool{s.Read != "", s.File != "", len(s.Command) > 0, s.SessionID != "", s.Simulate != ""} {
		if there {
			sources++
		}
	}
	if sources != 1 {
		c.add("", text("where the numbers come from must be said once: read, file, command, session or simulate", "数据来源必须写且只写一个：read、file、command、session 或 simulate"), sockeye.Text{})
	}
	c.picked(s)
	c.session(s)
	c.simulated(f, s)
	if every := s.Every.or(time.Second); every < leastEvery {
		c.add("every", text("%v is less than %v", "%v 小于 %v", every, leastEvery), sockeye.Text{})
	}
	if s.DeadBand < 0 || math.IsNaN(s.DeadBand) || math.IsInf(s.DeadBand, 0) {
		c.add("dead_band", text("it must be 0 or more", "不能为负"), sockeye.Text{})
	}
	if s.Digits != nil && (*s.Digits < 0 || *s.Digits > 15) {
		c.add("digits", text("%d is not between 0 and 15", "%d 不在 0 和 15 之间", *s.Digits), sockeye.Text{})
	}
	if s.File != "" {
		s.File = f.pathOf(s.File)
	}
	for _, err := range sensor.CheckLine(s.line()) {
		c.addError(sockeye.ErrorOf(err).Target, err)
	}
	if (s.Edge != "" || s.Bias != "" || s.ActiveLow || s.Debounce != 0) && !strings.HasPrefix(s.Read, "gpio/") {
		c.add("", text("edge, bias, active_low and debounce are for GPIO lines", "edge、bias、active_low 和 debounce 只用于 GPIO 引脚"), text(`write read = "gpio/gpiochip0/17"`, `写成 read = "gpio/gpiochip0/17"`))
	}
}

func (s *Sensor) line() sensor.LineOptions {
	return sensor.LineOptions{Edge: s.Edge, Bias: s.Bias, ActiveLow: s.ActiveLow, Debounce: time.Duration(s.Debounce)}
}

func (c *deviceChecker) picked(s *Sensor) {
	n := 0
	for _, there := range []bool{s.Pattern != "", s.Column != 0, s.JSON != ""} {
		if there {
			n++
		}
	}
	switch {
	case n > 1:
		c.add("", text("only one of pattern, column and json", "pattern、column、json 只能写一个"), sockeye.Text{})
	case n == 1 && s.File == "" && len(s.Command) == 0:
		c.add("", text("pattern, column and json pick a number out of a file or a command's output", "pattern、column、json 用于从文件或命令输出中取数"), sockeye.Text{})
	case s.Column < 0:
		c.add("column", text("columns count from 1", "列从 1 开始计数"), sockeye.Text{})
	}
	if s.Pattern != "" {
		var err error
		if s.pattern, _, err = payload.CompileRegexp(s.Pattern); err != nil {
			c.add("pattern", sockeye.ErrorOf(err).Message, text("in TOML write a pattern between single quotes: 't=(\\d+)'", "在 TOML 中请用单引号书写：'t=(\\d+)'"))
		}
	}
}

func (c *deviceChecker) simulated(f *Config, s *Sensor) {
	if s.Simulate == "" {
		return
	}
	if !slices.Contains(sensor.Shapes, s.Simulate) {
		c.add("simulate", text("%s is not one of %s", "%s 不是 %s 之一", payload.Quote(s.Simulate, 40), strings.Join(sensor.Shapes, ", ")), sockeye.Text{})
	}
	if s.Maximum < s.Minimum {
		c.add("maximum", text("it is less than minimum", "小于 minimum"), sockeye.Text{})
	}
	if s.Simulate != "csv" {
		return
	}
	table, err := regular.ReadFile(f.pathOf(s.CSV), maxTable)
	if err != nil {
		c.addError("csv", fileError(f.pathOf(s.CSV), err))
		return
	}
	s.values, err = sensor.ReadColumn(bytes.NewReader(table), s.CSVColumn)
	c.addError("csv_column", err)
}

// pathOf is a path in the file: relative ones begin at the file's folder.
func (f *Config) pathOf(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(f.folder, path)
}

// Elsewhere says what a copy of the file in another folder would not find: files named by
// relative paths, and those that only their owner may read.
func (f *Config) Elsewhere() error {
	c := deviceChecker{}
	add := func(key, path string) {
		if path != "" {
			c.add(key, text("%s: a service reads its device file only", "%s：服务只读取自己的设备文件", payload.Quote(path, 60)), text("write the password, the values or a path that everybody may read into the file", "请把密码或数据写进文件，或使用所有人可读的绝对路径"))
		}
	}
	for n, s := range f.Sensors {
		c.at = fmt.Sprintf("sensor[%d]", n+1)
		if !filepath.IsAbs(s.CSV) {
			add("csv", s.CSV)
		}
	}
	for n, t := range f.Targets {
		c.at = fmt.Sprintf("target[%d]", n+1)
		add("password_file", t.PasswordFile)
		if t.enrolled() {
			c.add("hub", text("%s is enrolled for this user, and a service is another one", "%s 是为当前用户注册的，而服务以另一个用户运行", t.board), text("write a code of its own: sockeye hub enrol %s", "请写入它自己的注册码：sockeye hub enrol %s", t.board))
		}
	}
	return errors.Join(c.wrong...)
}

func (c *deviceChecker) target(f *Config, t *Target, n int, names map[string]bool) {
	if t.Name == "" {
		t.Name = "target" + strconv.Itoa(n+1)
	}
	if !isBoardName(t.Name) {
		c.add("name", text("a name has letters, digits, _ . and -, at most 64", "名称由字母、数字、_ . - 组成，最多 64 个字符"), sockeye.Text{})
	} else if names[t.Name] {
		c.add("name", text("%s is there twice", "%s 重复了", t.Name), sockeye.Text{})
	}
	names[t.Name] = true
	c.address(t)
	c.format(f, t)
	if t.Batch < 0 || t.Batch > maxBatch {
		c.add("batch", text("%d is not between 1 and %d", "%d 不在 1 和 %d 之间", t.Batch, maxBatch), sockeye.Text{})
	}
	if t.Queue != 0 && t.Queue < leastQueue {
		c.add("queue", text("it is smaller than 64 KiB", "小于 64 KiB"), sockeye.Text{})
	}
	if t.Drop != "" && t.Drop != outbox.DropOldest && t.Drop != outbox.DropNewest {
		c.add("drop", text(`it is "oldest" or "newest"`, `应为 "oldest" 或 "newest"`), sockeye.Text{})
	}
	if t.Password != "" && t.PasswordFile != "" {
		c.add("password_file", text("only one of password and password_file", "password 与 password_file 只能写一个"), sockeye.Text{})
	}
	if t.PasswordFile != "" {
		secret, err := regular.ReadFile(f.pathOf(t.PasswordFile), maxSecret)
		if err != nil {
			c.addError("password_file", fileError(f.pathOf(t.PasswordFile), err))
		}
		t.Password = strings.TrimRight(string(secret), "\r\n")
	}
	if t.CA != "" {
		t.CA = f.pathOf(t.CA)
		_, err := t.tlsConfig()
		c.addError("ca", err)
	}
	if t.Hello != "" {
		_, err := payload.Parse(t.Hello, payload.ParseOptions{})
		c.addError("hello", err)
	}
}

// The services of targets that are no sockets.
const (
	serviceHTTP = "http"
	serviceMQTT = "mqtt"
	serviceHub  = "hub"
)

// services are those of the schemes that are no sockets here: a device is a client of them.
var services = map[string]string{"http": serviceHTTP, "https": serviceHTTP, "mqtt": serviceMQTT, "mqtts": serviceMQTT}

// service is serviceHTTP, serviceMQTT, serviceHub, or "" for a socket.
func (t *Target) service() string {
	if t.Hub != "" {
		return serviceHub
	}
	scheme, _, _ := strings.Cut(t.Address, "://")
	return services[scheme]
}

func (c *deviceChecker) address(t *Target) {
	service := t.service()
	if service == serviceHub {
		c.hub(t)
	} else if t.Address == "" {
		c.add("address", text("it is missing", "缺少地址"), text("such as tcp://192.168.1.111:10000", "例如 tcp://192.168.1.111:10000"))
		return
	} else if service != "" {
		if u, err := url.Parse(t.Address); err != nil || u.Hostname() == "" {
			c.add("address", text("%s is no URL with a host", "%s 不是带主机的 URL", payload.Quote(t.Address, 60)), text("such as mqtt://192.168.1.5 or http://192.168.1.5/data", "例如 mqtt://192.168.1.5 或 http://192.168.1.5/data"))
		}
	} else if ep, err := t.endpoint(); err != nil {
		c.addError("address", err)
	} else if err := ep.Validate(); err != nil {
		c.addError("address", err)
	}
	if service == serviceMQTT {
		c.mqtt(t)
	} else if t.Topic != "" || t.QoS != 0 || t.Retain || t.WillTopic != "" || t.HomeAssistant || t.Version != 0 || t.ClientID != "" {
		c.add("", text("topic, qos, retain, version, client_id, will_topic and home_assistant are for mqtt://", "topic、qos、retain、version、client_id、will_topic、home_assistant 只用于 mqtt://"), sockeye.Text{})
	}
	if len(t.Headers) > 0 && service != "http" {
		c.add("headers", text("they are for http://", "只用于 http://"), sockeye.Text{})
	}
}

func (c *deviceChecker) mqtt(t *Target) {
	if t.Topic == "" {
		t.Topic = "sockeye/{name}"
	}
	for _, topic := range []string{t.Topic, t.WillTopic} {
		if strings.ContainsAny(topic, "+#\x00") || len(topic) > 1024 {
			c.add("topic", text("%s is no topic to publish to: it has + or #, or is too long", "%s 不能用于发布：含有 + 或 #，或过长", payload.Quote(topic, 40)), sockeye.Text{})
		}
	}
	if t.QoS < 0 || t.QoS > 2 {
		c.add("qos", text("%d is not 0, 1 or 2", "%d 不是 0、1 或 2", t.QoS), sockeye.Text{})
	}
	if t.Version != 0 && t.Version != 3 && t.Version != 5 {
		c.add("version", text("%d is neither 3 (3.1.1) nor 5", "%d 既不是 3（3.1.1）也不是 5", t.Version), sockeye.Text{})
	}
	if t.HomeAssistant && (t.Format != "" && t.Format != JSON || strings.Contains(t.Topic, "{sensor}")) {
		c.add("home_assistant", text("it needs the format json and one topic for all sensors", "需要 json 格式，且所有传感器共用一个主题"), sockeye.Text{})
	}
	if strings.Contains(t.Topic, "{sensor}") && t.Format != "" && t.Format != ValueOnly {
		c.add("format", text("with {sensor} in the topic it is value", "主题中含 {sensor} 时只能用 value 格式"), sockeye.Text{})
	}
}

func (c *deviceChecker) format(f *Config, t *Target) {
	switch {
	case t.Format != "":
	case strings.Contains(t.Topic, "{sensor}"):
		t.Format = ValueOnly
	case t.Template != "":
		t.Format = Template
	case t.Binary != "":
		t.Format = Binary
	case t.service() != "":
		t.Format = JSON
	default:
		t.Format = Line
	}
	if !slices.Contains(Formats, t.Format) {
		c.add("format", text("%s is not one of %s", "%s 不是 %s 之一", payload.Quote(string(t.Format), 40), formatNames()), sockeye.Text{})
	}
	if t.Format == ValueOnly && !strings.Contains(t.Topic, "{sensor}") {
		c.add("format", text("value is for MQTT topics with {sensor}", "value 格式只用于含 {sensor} 的 MQTT 主题"), sockeye.Text{})
	}
	if (t.Template != "") != (t.Format == Template) {
		c.add("template", text("the format template and the key template belong together", "template 格式与 template 键必须同时写"), sockeye.Text{})
	} else if t.Template != "" {
		_, err := payload.Parse(t.Template, payload.ParseOptions{})
		c.addError("template", err)
	}
	if (t.Binary != "") != (t.Format == Binary) {
		c.add("binary", text("the format binary and the key binary belong together", "binary 格式与 binary 键必须同时写"), sockeye.Text{})
	} else if t.Binary != "" {
		c.binary(f, t)
	}
}

func (c *deviceChecker) binary(f *Config, t *Target) {
	spec, err := fields.Parse(t.Binary)
	if err == nil {
		err = spec.CanWrite()
	}
	if err != nil {
		c.addError("binary", err)
		return
	}
	for _, field := range spec.Fields {
		known := field.Name == "" || slices.Contains(builtIn, field.Name) || slices.ContainsFunc(f.Sensors, func(s Sensor) bool { return s.Name == field.Name })
		if !known {
			c.add("binary", text("there is no sensor %s", "没有传感器 %s", field.Name), text("besides sensors there are %s", "除传感器外还有 %s", strings.Join(builtIn, ", ")))
		}
	}
}
