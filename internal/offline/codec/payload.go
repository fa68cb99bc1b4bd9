package codec

import (
	"bufio"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

func (a *codecCommands) payloadCommand() *cobra.Command {
	var f terminal.PayloadFlags
	var asHex, raw bool
	cmd := &cobra.Command{
		Use:   "payload TEXT",
		Short: a.t("Show the bytes that a payload becomes", "显示数据最终会变成哪些字节"),
		Long: a.t(`Print, in hex, the bytes that a payload becomes: text with escapes (\r\n, \x01), or
hex, with fields such as {{seq:u16be}}, {{time}} and {{crc16modbus}} among it. The
same language is read wherever Sockeye sends what you write; docs/payload.md has all
of it.`,
			`以十六进制输出数据最终的字节：带转义（\r\n、\x01）的文本，或十六进制，
其中可写 {{seq:u16be}}、{{time}}、{{crc16modbus}} 等字段。凡是由你书写、由 Sockeye
发送的内容都用同一种语言，完整说明见 docs/payload.zh-CN.md。`),
		Example: `  sockeye payload 'Hello\r\n'
  sockeye payload --hex '01 03 00 00 00 0A {{crc16modbus}}'
  sockeye payload '${{#body}}GPGLL,5300.97914,N{{/body}}*{{xor8(body):HEX}}\r\n'
  sockeye payload --charset gbk --checksum sum8 你好`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return terminal.Usage("TEXT", sockeye.Text{En: "is missing", Zh: "缺少数据内容"}, terminal.HelpHint(cmd))
			}
			o, err := f.PayloadOptions()
			if err != nil {
				return err
			}
			o.Hex = asHex
			t, err := payload.Parse(strings.Join(args, " "), o)
			if err != nil {
				return err
			}
			data, err := t.Append(nil, &payload.Vars{Seq: 1, Time: time.Now(), Random: uint64(time.Now().UnixNano()), Lookup: a.Lookup(&f)})
			if err != nil {
				return err
			}
			if asHex && len(data) == 0 {
				_, err := payload.ParseHexBytes(strings.Join(args, " "))
				return err
			}
			out := bufio.NewWriter(a.Out)
			if raw {
				out.Write(data)
			} else {
				out.Write(append(payload.AppendHex(nil, data), '\n'))
			}
			return out.Flush()
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&asHex, "hex", false, a.t("TEXT is hex", "TEXT 是十六进制"))
	fs.BoolVar(&raw, "raw", false, a.t("write the bytes themselves", "直接输出字节"))
	f.Register(a.Terminal, fs)
	return cmd
}
