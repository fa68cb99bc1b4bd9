package cli

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/client"
	"sockeye/internal/api"
	"sockeye/internal/terminal"
)

// publishFlags are the flags of session publish.
type publishFlags struct {
	asHex, retain bool
	qos           int
	to            []string
}

func (a *app) sessionPublishCommand() *cobra.Command {
	var f publishFlags
	cmd := &cobra.Command{
		Use:   "publish SESSION TOPIC TEXT",
		Short: a.t("Publish a message on a broker (mqtt://)", "在 MQTT 代理上发布消息"),
		Long: a.t(`Publish TEXT, in which escapes such as \r\n and \x01 are understood, on a broker: to all
clients that subscribed to TOPIC, or with --to to some, whatever they subscribed to. How many
clients that are is printed. An empty TEXT with --retain takes away what was retained.`,
			`在代理上发布 TEXT（支持 \r\n、\x01 等转义）：发给订阅了 TOPIC 的全部客户端；加 --to 时只发给指定的
客户端，不论其订阅了什么。输出收到的客户端数量。TEXT 为空并加 --retain 可清除保留消息。`),
		Example: `  sockeye session publish s1 leds/1 on
  sockeye session publish s1 plant/limit 23.5 --retain --qos 1
  sockeye session publish s1 leds/1 off --to 3`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := expectSessions(cmd, args, 3); err != nil {
				return err
			}
			if len(args) < 3 {
				return terminal.Usage("TOPIC TEXT", sockeye.Text{En: "what to publish, and where, is missing", Zh: "缺少主题或要发布的内容"}, terminal.HelpHint(cmd))
			}
			if f.qos < 0 || f.qos > 2 {
				return terminal.Usage("--qos", sockeye.Text{En: fmt.Sprintf("%d is not 0, 1 or 2", f.qos), Zh: fmt.Sprintf("%d 不是 0、1 或 2", f.qos)}, terminal.HelpHint(cmd))
			}
			return a.publish(&f, args[0], args[1], args[2])
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.asHex, "hex", false, a.t("TEXT is bytes written in hex", "TEXT 是十六进制数据"))
	fs.BoolVar(&f.retain, "retain", false, a.t("keep it for those who subscribe later", "保留给以后订阅的客户端"))
	fs.IntVar(&f.qos, "qos", 0, a.t("quality of service, 0, 1 or 2: the most that subscribers get it with (default 0)", "服务质量 0、1 或 2：订阅者收到的上限（默认 0）"))
	registerTo(a, cmd, &f.to)
	return cmd
}

func (a *app) publish(f *publishFlags, session, topic, text string) error {
	in := api.Publish{Topic: topic, QoS: f.qos, Retain: f.retain, Payload: payloadOf(client.Payload{Text: text, Hex: f.asHex})}
	if len(f.to) > 0 {
		c, err := a.workbench()
		if err != nil {
			return err
		}
		defer c.Close()
		ids, all, err := a.recipients(c, session, f.to)
		if err != nil {
			return err
		}
		if !all {
			in.To = ids
		}
	}
	var out api.Published
	if err := a.askWorkbench(http.MethodPost, "/sessions/"+session+"/publish", in, &out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.Out, a.t("%s for %d clients\n", "%s，发给 %d 个客户端\n"), a.ByteCount(len(out.Data)), out.Clients)
	return err
}
