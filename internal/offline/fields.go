package offline

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/fields"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

func (a *commands) fieldsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fields COMMAND",
		Short: a.t("Read named values out of frames", "读取帧中的字段值"),
		Long: a.t(`Read named values out of frames: what a field spec (--fields) gives of a message, and
which specs fit a recording.

A spec is the name of a text format, or a list of binary types:
  keys                             temp=21.5 hum: 40 %
  csv, csv:header, csv:sep=tab     21.5,40
  json                             {"sensor":{"temp":21.5}} is sensor.temp
  regexp /T=(?P<temp>[0-9.]+)/     the groups of a regular expression
  firewater, justfloat             VOFA+
  influx, nmea                     InfluxDB line protocol, NMEA 0183
  u8 id, i16be temp, bits flags:3  u8 i8, u16 to u64, i16 to i64, f32 f64 with be or le, bits
                                   NAME:WIDTH, text NAME[8], bytes NAME[4], pad 2; NAME[4] is
                                   four of them, NAME[n] as many as field n says, NAME[*] the
                                   rest; @6 is where it lies
After the format may follow which values are wanted: keys temp, hum as humidity. After
each name may follow *0.1 or /10, +5 or -40, "unit", {0=off 1=on} and, in binary ones,
if FIELD==NUMBER. Before everything, received or sent is for one direction only.`,
			`读取帧中的字段值：查看字段格式（--fields）能从一条消息中得到什么，以及哪些格式适合某个记录。

字段格式是文本格式的名称，或一串二进制类型：
  keys                             temp=21.5 hum: 40 %
  csv、csv:header、csv:sep=tab     21.5,40
  json                             {"sensor":{"temp":21.5}} 得到 sensor.temp
  regexp /T=(?P<temp>[0-9.]+)/     正则表达式的分组
  firewater、justfloat             VOFA+
  influx、nmea                     InfluxDB 行协议、NMEA 0183
  u8 id, i16be temp, bits flags:3  u8 i8、u16 到 u64、i16 到 i64、f32 f64（加 be 或 le）、bits
                                   名称:位宽、text 名称[8]、bytes 名称[4]、pad 2；名称[4] 表示四个，
                                   名称[n] 的个数由字段 n 给出，名称[*] 为剩余部分；@6 指定位置
格式之后可列出需要的值：keys temp, hum as humidity。每个名称之后可写 *0.1 或 /10、+5 或 -40、
"单位"、{0=off 1=on}，二进制字段还可写 if 字段==数字。最前面的 received 或 sent 表示只用于一个方向。`),
		Example: `  sockeye fields try 'keys temp "°C", hum' 'temp=21.5 hum=40'
  sockeye fields try --hex 'u8 id, i16be temp*0.1 "°C"' '01 00 d7'
  sockeye fields guess board-log`,
		Args: terminal.OnlyKnownCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.fieldsTryCommand(), a.fieldsGuessCommand())
	return cmd
}

func (a *commands) fieldsTryCommand() *cobra.Command {
	var asHex, asJSON bool
	cmd := &cobra.Command{
		Use:   "try SPEC MESSAGE…",
		Short: a.t("Show which values a spec reads out of messages", "显示字段格式能从消息中读出哪些值"),
		Long: a.t(`Show which values a field spec reads out of each MESSAGE (with escapes), and from
which bytes. The messages are one stream: a header is the first of them. Exit code 1
if one does not fit.`,
			`显示字段格式能从每条 MESSAGE（支持转义）中读出哪些值，以及它们来自哪些字节。
各条消息属于同一个数据流，表头是其中第一条。有消息不符合格式时退出码为 1。`),
		Example: `  sockeye fields try keys 'temp=21.5 hum=40'
  sockeye fields try --hex 'u8 kind, f32le x if kind==1' '01 00 00 c0 3f'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return terminal.Usage("MESSAGE", sockeye.Text{En: "a spec and a message are needed", Zh: "需要字段格式和消息"}, terminal.HelpHint(cmd))
			}
			return a.fieldsTry(args[0], args[1:], asHex, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asHex, "hex", false, a.t("each MESSAGE is bytes written in hex", "每条 MESSAGE 是十六进制数据"))
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print one JSON object per message", "每条消息输出一行 JSON"))
	return cmd
}

func (a *commands) fieldsTry(typed string, messages []string, asHex, asJSON bool) error {
	spec, err := fields.Parse(typed)
	if err != nil {
		return err
	}
	parse := payload.ParseText
	if asHex {
		messages, parse = payload.HexWords(messages, 1), payload.ParseHex
	}
	frames := make([][]byte, len(messages))
	for n, m := range messages {
		if frames[n], err = parse(m); err != nil {
			return err
		}
	}
	reader, misfits := spec.NewReader(), 0
	for n, frame := range frames {
		values, why := reader.Read(nil, frame)
		header := spec.Header && n == 0
		if len(values) == 0 && why == (sockeye.Text{}) && !header {
			why = sockeye.Text{En: "it has none of the values", Zh: "其中没有这些值"}
		}
		if why != (sockeye.Text{}) {
			misfits++
			fmt.Fprintf(a.Err, a.t("sockeye: message %d: %s\n", "sockeye: 第 %d 条消息：%s\n"), n+1, payload.SafeString(why.In(a.Lang)))
		}
		if asJSON {
			fmt.Fprintf(a.Out, "%s\n", fields.AppendJSON(nil, values))
			continue
		}
		if err := a.printValues(values, frame, asHex); err != nil {
			return err
		}
	}
	if misfits > 0 {
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	return nil
}

// printValues prints the values of a frame, if it has any, with the bytes they were read from.
func (a *commands) printValues(values []fields.Value, frame []byte, asHex bool) error {
	if len(values) == 0 {
		return nil
	}
	rows := [][]string{{a.t("name", "名称"), a.t("value", "值"), a.t("unit", "单位"), a.t("bytes", "字节"), ""}}
	for _, v := range values {
		rows = append(rows, []string{payload.SafeString(v.Name), payload.SafeString(v.String()), payload.SafeString(v.Unit), fmt.Sprintf("%d–%d", v.From, max(v.From, v.To-1)), shownBytes(frame[v.From:v.To], asHex)})
	}
	return a.PrintTable(rows, "")
}

// shownBytes shows the bytes that a value was read from.
func shownBytes(b []byte, asHex bool) string {
	const most = 16
	if asHex {
		return payload.FormatHex(b[:min(len(b), most)])
	}
	return payload.SafeString(string(b[:min(len(b), 4*most)]))
}

func (a *commands) fieldsGuessCommand() *cobra.Command {
	var f filterFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "guess RECORDING",
		Short: a.t("Propose field specs for what was recorded", "为记录的数据推荐字段格式"),
		Long: a.t(`Look at the first messages of a recording and propose specs that read values out of
them, for each direction. For binary messages of one length the proposal is a start:
rename the fields, and give them units. Exit code 1 if nothing fits.`,
			`查看记录中最前面的消息，为每个方向推荐能读出值的字段格式。对于固定长度的二进制消息，
推荐只是起点：请改名并加上单位。没有合适的格式时退出码为 1。`),
		Example: `  sockeye fields guess board-log
  sockeye fields guess capture.pcap --peer :10000`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := terminal.ExpectArguments(cmd, args, 1); err != nil {
				return err
			}
			return a.fieldsGuess(args, &f, asJSON)
		},
	}
	f.register(a, cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print one JSON object per proposal", "每条推荐输出一行 JSON"))
	return cmd
}

func (a *commands) fieldsGuess(args []string, f *filterFlags, asJSON bool) error {
	samples, err := a.sample(args, f)
	if err != nil {
		return err
	}
	found := samples.proposals()
	for _, p := range found {
		if asJSON {
			err = a.PrintJSON(struct {
				V         int    `json:"v"`
				Direction string `json:"direction"`
				Fields    string `json:"fields"`
				Frame     string `json:"frame"`
				Fits      int    `json:"fits"`
				Frames    int    `json:"frames"`
			}{1, p.Spec.Direction.String(), p.Spec.String(), p.frame, p.Fits, p.Frames})
		} else {
			direction := a.t("received", "接收")
			if p.Spec.Direction == sockeye.Sent {
				direction = a.t("sent", "发送")
			}
			_, err = fmt.Fprintf(a.Out, a.t("%s: %s of %d frames\n  %s\n  %s\n", "%s：%s（共 %d 帧）\n  %s\n  %s\n"), direction, p.Share(), p.Frames,
				clipped(payload.SafeString(p.Summary()), 200), p.flags())
		}
		if err != nil {
			return err
		}
	}
	if len(found) == 0 {
		fmt.Fprintln(a.Err, a.t("sockeye: no spec fits what was recorded\nhint: sockeye fields --help describes how to write one", "sockeye: 没有适合记录内容的字段格式\n提示：sockeye fields --help 说明了如何编写"))
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	return nil
}

// shellQuote puts a spec into quotes for a shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
