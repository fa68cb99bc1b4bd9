package codec

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/checksum"
	"sockeye/internal/crcsearch"
	"sockeye/internal/payload"
	"sockeye/internal/terminal"
)

func (a *codecCommands) crcCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "crc COMMAND [HEX…]",
		Short: a.t("List checksums, and find out which one a frame has", "列出校验算法，找出一帧用的是哪一种"),
		Long: a.t(`List the checksums that Sockeye knows, and name the one that explains the last
bytes of given frames.`,
			`列出 Sockeye 支持的校验算法，并找出能解释一帧末尾字节的那一种。`),
		Example: `  sockeye crc ls
  sockeye crc find '01 03 00 00 00 0a c5 cd'`,
		Args: terminal.OnlyKnownCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.crcListCommand(), a.crcFindCommand())
	return cmd
}

func (a *codecCommands) crcListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ls",
		Short: a.t("List the checksums by name", "按名称列出校验算法"),
		Long: a.t(`List every checksum: the name to type, its bits, the sum of the characters 123456789,
and what it is. With --json, a CRC's parameters and all other names too.`,
			`列出全部校验算法：可输入的名称、位数、对字符串 123456789 的校验值和用途。
加 --json 还会输出 CRC 的参数与其他名称。`),
		Example: `  sockeye crc ls
  sockeye crc ls --json`,
		Args: terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return a.PrintJSON(checksumsJSON())
			}
			out := bufio.NewWriter(a.Out)
			for _, c := range checksum.All() {
				name := c.Name
				if len(c.Aliases) > 0 {
					name += " (" + strings.Join(c.Aliases, ", ") + ")"
				}
				fmt.Fprintf(out, "%-18s %2d  %-16s  %s: %s\n", c.Key, c.Bits, fmt.Sprintf("%0*x", (c.Bits+3)/4, c.Check), name, c.What.In(a.Lang))
			}
			return out.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

// checksumJSON is one line of crc ls --json. The numbers are in hex.
type checksumJSON struct {
	Key     string   `json:"key"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
	Bits    int      `json:"bits"`
	Order   string   `json:"order"`
	Check   string   `json:"check"`
	What    string   `json:"what"`
	Poly    string   `json:"poly,omitempty"`
	Init    string   `json:"init,omitempty"`
	RefIn   bool     `json:"refin"`
	RefOut  bool     `json:"refout"`
	XorOut  string   `json:"xorout,omitempty"`
}

func checksumsJSON() []checksumJSON {
	var all []checksumJSON
	for _, c := range checksum.All() {
		number := func(v uint64) string { return fmt.Sprintf("%0*x", (c.Bits+3)/4, v) }
		j := checksumJSON{Key: c.Key, Name: c.Name, Aliases: append([]string{}, c.Aliases...), Bits: c.Bits, Order: "be", Check: number(c.Check), What: c.What.En}
		if c.Little {
			j.Order = "le"
		}
		if p := c.CRC; p != nil {
			j.Poly, j.Init, j.XorOut, j.RefIn, j.RefOut = number(p.Poly), number(p.Init), number(p.XorOut), p.RefIn, p.RefOut
		}
		all = append(all, j)
	}
	return all
}

// maxFrame bounds the frames that are looked at, in bytes: every checksum is tried
// in every place.
const maxFrame = 16 << 10

// maxExplanations is how many findings are shown.
const maxExplanations = 8

func (a *codecCommands) crcFindCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "find HEX…",
		Short: a.t("Name the checksum that explains the last bytes of frames", "找出能解释帧末尾字节的校验算法"),
		Long: a.t(`Name the checksum, its range and byte order that explain the last bytes of every
frame given: one frame in quotes each, or a line of standard input for -. Bytes without
quotes are one frame, and hex may be as programs have it: C arrays, hex dumps. Two or
three frames rule out coincidence. Where no checksum with a name fits, the parameters
of a CRC of 8 to 64 bits are computed. That takes three frames of one length, four of different
ones, or one or two more for fewer than 16 bits; two are enough for 24 bits and more if
init and xorout are all zeros or all ones. Exit code 1 if nothing fits.`,
			`根据给出的帧（每对引号一帧；写 - 则从标准输入每行读一帧），找出能解释末尾字节的
校验算法、范围和字节序。不加引号、逐个写出的字节算作一帧；也可以直接粘贴 C 数组或
十六进制转储。给出两三帧可以排除巧合。没有现成算法符合时，会推算 8 到 64 位
CRC 的参数：需要三帧相同长度或四帧不同长度的数据，不足 16 位时再多一两帧；若 init 与
xorout 为全 0 或全 1，24 位以上两帧即可。都不符合时退出码为 1。`),
		Example: `  sockeye crc find 01 03 00 00 00 0a c5 cd
  sockeye crc find 'aa 01 02 03 06' 'aa 10 20 30 60'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			frames, err := a.readFrames(cmd, args)
			if err != nil {
				return err
			}
			found, scope := crcsearch.Find(frames)
			return a.showFound(found, scope, len(frames))
		},
	}
}

func (a *codecCommands) readFrames(cmd *cobra.Command, args []string) ([][]byte, error) {
	if len(args) == 1 && args[0] == "-" {
		text, err := io.ReadAll(io.LimitReader(a.In, payload.MaxSize))
		if err != nil {
			return nil, terminal.FileError("read", "stdin", err)
		}
		args = payload.HexFrames(string(text))
	} else {
		args = payload.HexWords(args, 2) // of so few bytes nothing can be said
	}
	var frames [][]byte
	for i, text := range args {
		f, err := payload.ParseHex(text)
		if err != nil {
			return nil, terminal.OfFlag(err, fmt.Sprintf("HEX %d", i+1))
		}
		if len(f) > maxFrame {
			return nil, terminal.Usage(fmt.Sprintf("HEX %d", i+1),
				sockeye.Text{En: fmt.Sprintf("has %d bytes; a frame has at most %d", len(f), maxFrame), Zh: fmt.Sprintf("有 %d 字节；一帧最多 %d 字节", len(f), maxFrame)},
				sockeye.Text{En: "give one message a word, or a line of standard input", Zh: "每个参数（或标准输入的每一行）只写一条消息"})
		}
		if len(f) > 0 {
			frames = append(frames, f)
		}
	}
	if len(frames) == 0 {
		return nil, terminal.Usage("HEX", sockeye.Text{En: "no frame was given", Zh: "没有给出帧"}, terminal.HelpHint(cmd))
	}
	return frames, nil
}

func (a *codecCommands) showFound(found []crcsearch.Candidate, scope crcsearch.SearchScope, frames int) error {
	out := bufio.NewWriter(a.Out)
	for _, f := range found[:min(maxExplanations, len(found))] {
		fmt.Fprintf(out, "%-24s %s\n", f.Trailer, a.explainFound(f))
	}
	if n := len(found) - maxExplanations; n > 0 {
		fmt.Fprintf(out, a.t("and %d more\n", "还有 %d 种\n"), n)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		fmt.Fprintln(a.Err, a.t("no checksum explains the last bytes of all frames", "没有校验算法能解释全部帧的末尾字节"))
		fmt.Fprintln(a.Err, a.searched(scope, frames))
		return terminal.Exit{Code: terminal.ExitNetwork}
	case found[0].Chance > 0.01:
		fmt.Fprintln(a.Err, a.t("hint: so little can fit by coincidence; give another frame to be sure", "提示：数据太少，可能只是巧合；再给一帧才能确定"))
	}
	return nil
}

// searched says what a search that found nothing has looked for, and what to do next.
func (a *codecCommands) searched(scope crcsearch.SearchScope, frames int) string {
	s := fmt.Sprintf(a.t("searched: %d checksums by name, each in %d places", "已搜索：%d 种有名称的校验，各 %d 种位置"), scope.Named, scope.Places)
	more := a.t("\nhint: give whole frames, and more of them: from three of one length the parameters of a CRC are computed", "\n提示：请给出完整的帧并多给几帧：三帧长度相同时可以推算 CRC 参数")
	if scope.Any > 0 {
		s += fmt.Sprintf(a.t("; every CRC of %d to 64 bits", "；%d 到 64 位的全部 CRC"), scope.Any)
		more = a.t("\nhint: give whole frames; a checksum that is no CRC and has no name, or covers a secret, is not found", "\n提示：请给出完整的帧；没有名称且不是 CRC 的校验，或含有密钥的校验，无法找出")
	}
	if scope.Usual > 0 && scope.Usual != scope.Any {
		s += fmt.Sprintf(a.t("; CRCs from %d bits on whose init and xorout are all zeros or all ones", "；%d 位以上、init 与 xorout 为全 0 或全 1 的 CRC"), scope.Usual)
	}
	if scope.Any > 8 {
		more = fmt.Sprintf(a.t("\nhint: %d frames do not settle CRCs of fewer bits: give one or two more", "\n提示：%d 帧不足以确定位数更少的 CRC：再给一两帧"), frames)
	}
	if scope.Stopped {
		more = a.t("; stopped early, because the frames are long\nhint: give shorter frames", "；因为帧很长，搜索提前停止\n提示：请给出较短的帧")
	}
	return s + more
}

// explainFound says in words where a checksum stands and what it covers.
func (a *codecCommands) explainFound(f crcsearch.Candidate) string {
	t := f.Trailer
	s := t.Algorithm.Name + ": "
	if t.Range.From == 0 {
		s += a.t("over all bytes before it", "覆盖它之前的全部字节")
	} else {
		s += fmt.Sprintf(a.t("from byte %d on", "从第 %d 个字节起"), t.Range.From)
	}
	if t.Range.To < 0 {
		s += fmt.Sprintf(a.t(", without the last %d", "，不含最后 %d 个字节"), -t.Range.To)
	}
	if t.Digits != checksum.Binary {
		s += a.t(", as hex digits", "，写成十六进制文本")
	}
	if t.Algorithm.Size() > 1 {
		little := t.Order == checksum.Little || t.Order == checksum.Natural && t.Algorithm.Little && t.Digits == checksum.Binary
		s += map[bool]string{true: a.t(", low byte first", "，低字节在前"), false: a.t(", high byte first", "，高字节在前")}[little]
	}
	if t.After > 0 {
		s += fmt.Sprintf(a.t(", then %s", "，其后还有 %s"), a.ByteCount(t.After))
	}
	if f.Solved {
		s += a.t("; computed from the frames", "；参数由这些帧推算得出")
		if !f.Whole {
			s += a.t(" (init and xorout only for this length)", "（init 与 xorout 只对这个长度成立）")
		}
	}
	return s
}
