package cli

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
)

// fileToSend is a file of session send, and its pace.
type fileToSend struct {
	path        string
	chunk, rate int64
}

// sendFile gives a file to the workbench, which sends it.
func (a *app) sendFile(session string, to []string, file *fileToSend) error {
	if err := terminal.NotStdin("--file", file.path, sockeye.Text{En: "standard input is no file", Zh: "标准输入不是文件"},
		sockeye.Text{En: "name a file; ./- is one with that name", Zh: "请写文件名；名为 - 的文件写成 ./-"}); err != nil {
		return err
	}
	c, err := a.workbench()
	if err != nil {
		return err
	}
	defer c.Close()
	ids, all, err := a.recipients(c, session, to)
	if err != nil {
		return err
	}
	f, err := terminal.OpenFile(file.path)
	if err != nil {
		return err
	}
	defer f.Data.Close()
	query := url.Values{"name": {f.Name}}
	if all {
		query.Set("all", "true")
	} else {
		var words []string
		for _, id := range ids {
			words = append(words, strconv.FormatUint(id, 10))
		}
		query.Set("to", strings.Join(words, ","))
	}
	for name, n := range map[string]int64{"chunk": file.chunk, "rate": file.rate} {
		if n > 0 {
			query.Set(name, strconv.FormatInt(n, 10))
		}
	}
	r, err := apiOf(c).SendFile(a.Ctx, session, query, io.NewSectionReader(f.Data, 0, f.Size), f.Size)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.Out, r.ID)
	return err
}

// fileSteps is how many pieces of a file were sent, and how much of it reached the
// slowest of its peers.
func (a *app) fileSteps(r api.Run) string {
	slowest := r.File.Size
	for _, to := range r.File.Recipients {
		slowest = min(slowest, to.Sent)
	}
	return fmt.Sprintf("%d (%d%%)", r.Messages, slowest*100/max(1, r.File.Size))
}

func (a *app) sessionPauseCommand() *cobra.Command {
	return a.changeRunCommand("pause SESSION RUN", a.t("Pause a file that is being sent", "暂停正在发送的文件"),
		a.t("Pause a file that is being sent, after the piece that is under way. What was sent stays sent.", "暂停正在发送的文件，当前一块发完后停下；已发送的部分不受影响。"), "  sockeye session pause s1 r2", true)
}

func (a *app) sessionResumeCommand() *cobra.Command {
	return a.changeRunCommand("resume SESSION RUN", a.t("Go on with a paused file", "继续发送已暂停的文件"),
		a.t("Go on with a file that was paused, at its pace.", "按原有节奏继续发送已暂停的文件。"), "  sockeye session resume s1 r2", false)
}

func (a *app) changeRunCommand(use, short, long, example string, pause bool) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args[:min(1, len(args))], 1); err != nil {
				return err
			}
			if len(args) != 2 {
				return terminal.Usage("RUN", sockeye.Text{En: "which file? one run is wanted", Zh: "缺少编号，需要一个 RUN"}, terminal.HelpHint(cmd))
			}
			if err := expectSessions(cmd, args, 0); err != nil { // runs are named alike
				return err
			}
			return a.askWorkbench("PATCH", "/sessions/"+args[0]+"/runs/"+args[1], api.ChangeRun{Paused: pause}, nil)
		},
	}
}
