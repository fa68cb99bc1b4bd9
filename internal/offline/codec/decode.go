package codec

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/decode"
	"sockeye/internal/framing"
	"sockeye/internal/payload"
	"sockeye/internal/regular"
	"sockeye/internal/terminal"
)

// decodeCommandFlags are the flags of decode.
type decodeCommandFlags struct {
	terminal.DecodeFlags
	as               string
	asText, response bool
	list, json       bool
	guess            bool
}

func (a *codecCommands) decodeCommand() *cobra.Command {
	var f decodeCommandFlags
	cmd := &cobra.Command{
		Use:   "decode [HEX|FILE|-]",
		Short: a.t("Show what a message says, as the protocol it is of", "按协议解码消息，显示各字段"),
		Long: a.t(`Show the fields of a message as the protocol it is of, each with the bytes that it was
read from. The bytes are written in hex, or are in a FILE, or come through standard
input (-); several messages may follow each other. Exit code 1 if they are no message.

--as names the protocol; auto, the default, takes the one that fits. The same decoders
show what connections carry: listen, connect, log show, log export and session tail
have --decode.`,
			`按协议显示消息的各个字段，以及每个字段来自哪些字节。数据可写成十六进制，也可以是 FILE，
或来自标准输入（-）；可以有多条消息相连。不是消息时退出码为 1。

--as 指定协议；默认 auto 自动选择合适的协议。同样的解码器也用于查看连接上的数据：
listen、connect、log show、log export 和 session tail 都有 --decode。`),
		Example: `  sockeye decode --as modbus-tcp '00 01 00 00 00 06 11 03 00 6b 00 03'
  sockeye decode 01 03 00 00 00 0a c5 cd
  sockeye decode --as cbor reading.bin
  sockeye decode --text '*IDN?\n'
  sockeye decode --list`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.list {
				if err := terminal.ExpectArguments(cmd, args, 0); err != nil {
					return err
				}
				return a.listDecoders(f.json)
			}
			return a.decode(cmd, args, &f)
		},
	}
	fs := cmd.Flags()
	fs.Var(terminal.CheckedText(&f.as, framing.KnownDecoder), "as", a.t("the protocol (default: auto)", "协议（默认 auto）"))
	fs.BoolVar(&f.asText, "text", false, a.t("the argument is text with escapes", "参数是可带转义的文本"))
	fs.BoolVar(&f.response, "response", false, a.t("it answers something, where nothing in it says so", "它是应答（当消息本身无法区分时）"))
	fs.BoolVar(&f.list, "list", false, a.t("list the protocols", "列出支持的协议"))
	fs.BoolVar(&f.guess, "guess", false, a.t("say which protocols the bytes look like", "推断数据像哪些协议"))
	fs.BoolVar(&f.json, "json", false, a.t("print one JSON object per line", "每行输出一个 JSON"))
	f.RegisterKnowledge(a.Terminal, fs)
	return cmd
}

// maxDecodedFile is how much of a file or of standard input is read.
const maxDecodedFile = 64 << 20

func (a *codecCommands) decode(cmd *cobra.Command, args []string, f *decodeCommandFlags) error {
	known, err := f.Knowledge()
	if err != nil {
		return err
	}
	data, err := a.bytesToDecode(cmd, args, f.asText)
	if err != nil {
		return err
	}
	if f.guess {
		return a.printGuesses(data, f.json)
	}
	if f.as == "" {
		f.as = "auto"
	}
	if f.response {
		known.SetResponse()
	}
	at := 0
	for at < len(data) {
		m, ok := framing.DecodeBytes(f.as, data[at:], known)
		if !ok {
			break
		}
		if err := a.printMessage(m, at, f.json); err != nil {
			return err
		}
		at += m.Bytes
	}
	if at < len(data) {
		d, _ := decode.Named(f.as)
		fmt.Fprintf(a.Err, a.t("sockeye: %s from byte %d on are no message of %s\nhint: sockeye decode --guess says what they look like\n", "sockeye: 从字节 %[2]d 起的 %[1]s 不是 %[3]s 消息\n提示：sockeye decode --guess 可推断协议\n"),
			a.ByteCount(len(data)-at), at, d.Title.In(a.Lang))
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	return nil
}

// bytesToDecode are the bytes that the arguments are: hex, a file, or standard input.
func (a *codecCommands) bytesToDecode(cmd *cobra.Command, args []string, asText bool) ([]byte, error) {
	typed := strings.Join(args, " ")
	switch {
	case typed == "" && asText, len(args) == 0:
		return nil, terminal.Usage("HEX", sockeye.Text{En: "what to decode is missing", Zh: "缺少要解码的数据"}, terminal.HelpHint(cmd))
	case asText:
		return payload.ParseText(typed)
	case typed == "-":
		return readToDecode(a.In, "-")
	}
	data, err := payload.ParseHexBytes(typed)
	if err == nil {
		return data, nil
	}
	if len(args) == 1 {
		if _, missing := os.Stat(args[0]); missing == nil {
			return a.fileToDecode(args[0])
		}
	}
	e := *sockeye.ErrorOf(err)
	e.Hint = sockeye.Text{En: "write bytes in hex, name a file, or add --text for text", Zh: "请写十六进制数据、文件名，或加 --text 写文本"}
	return nil, &e
}

func (a *codecCommands) fileToDecode(name string) ([]byte, error) {
	path, err := a.File("FILE", name)
	if err != nil {
		return nil, err
	}
	file, err := regular.Open(path)
	if err != nil {
		return nil, terminal.FileError("read", path, err)
	}
	defer file.Close()
	return readToDecode(file, path)
}

// readToDecode reads what is to be decoded to its end. More than maxDecodedFile is an error.
func readToDecode(from io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxDecodedFile+1))
	if err != nil {
		return nil, terminal.FileError("read", name, err)
	}
	if len(data) > maxDecodedFile {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: name,
			Message: sockeye.Text{En: fmt.Sprintf("it is longer than %d MiB", maxDecodedFile>>20), Zh: fmt.Sprintf("超过 %d MiB", maxDecodedFile>>20)},
			Hint:    sockeye.Text{En: "decode a part of it, or record it and use sockeye log show --decode", Zh: "请只解码其中一部分，或记录后用 sockeye log show --decode 查看"}}
	}
	return data, nil
}

// printMessage prints a message whose first byte is the one at at.
func (a *codecCommands) printMessage(m *decode.Message, at int, asJSON bool) error {
	if asJSON {
		return a.PrintJSON(struct {
			V int `json:"v"`
			decode.MessageLine
		}{1, m.Line(a.Lang, at)})
	}
	if at > 0 {
		m.Shift(at)
	}
	out := append(m.AppendSummary(nil, a.Lang), '\n')
	_, err := a.Out.Write(m.AppendTree(out, "", a.Lang))
	return err
}

func (a *codecCommands) listDecoders(asJSON bool) error {
	rows := [][]string{{a.t("name", "名称"), a.t("protocol", "协议"), a.t("defined by", "定义")}}
	for _, d := range decode.All() {
		if asJSON {
			if err := a.PrintJSON(struct {
				V      int      `json:"v"`
				Name   string   `json:"name"`
				Title  string   `json:"title"`
				Source string   `json:"source,omitempty"`
				Ports  []uint16 `json:"ports,omitempty"`
			}{1, d.Name, d.Title.In(a.Lang), d.Source, d.Ports}); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{d.Name, d.Title.In(a.Lang), d.Source})
	}
	if asJSON {
		return nil
	}
	_, err := io.WriteString(a.Out, terminal.Table(rows))
	return err
}

// printGuesses says which protocols bytes look like: as one stream.
func (a *codecCommands) printGuesses(data []byte, asJSON bool) error {
	found := decode.Guess([][]byte{bytes.Clone(data)}, false)
	for _, p := range found {
		summary := p.Summary()
		var err error
		if asJSON {
			err = a.PrintJSON(struct {
				V        int    `json:"v"`
				Name     string `json:"name"`
				Score    int    `json:"score"`
				Messages int    `json:"messages"`
				Size     int    `json:"size,omitempty"`
			}{1, p.Decoder.Name, p.Score, p.Messages, p.Size})
		} else {
			_, err = fmt.Fprintf(a.Out, a.t("%3d %%  %s: %s; --as %s\n", "%3d %%  %s：%s；--as %s\n"), p.Score, summary.In(a.Lang), a.messageCount(p.Messages), p.Decoder.Name)
		}
		if err != nil {
			return err
		}
	}
	if len(found) == 0 {
		fmt.Fprintln(a.Err, a.t("sockeye: the bytes look like no protocol that is known here\nhint: sockeye decode --list lists those that are", "sockeye: 数据不像任何已知的协议\n提示：sockeye decode --list 列出已知的协议"))
		return terminal.Exit{Code: terminal.ExitNetwork}
	}
	return nil
}

// messageCount is a number of messages in words.
func (a *codecCommands) messageCount(n int) string {
	if n == 1 {
		return a.t("1 message", "1 条消息")
	}
	return fmt.Sprintf(a.t("%d messages", "%d 条消息"), n)
}
