package server

import (
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/localca"
	"sockeye/internal/terminal"
)

// credsFlags are the flags of creds.
type credsFlags struct {
	boards         []string
	send, mqtt, ca bool
	life           time.Duration
}

func (p *hubProgram) credsCommand() *cobra.Command {
	f := credsFlags{life: 90 * 24 * time.Hour}
	cmd := &cobra.Command{
		Use: "creds NAME", Short: p.T("Let a program of another kind in: nats, mosquitto, any NATS client", "允许其他程序连接：nats、mosquitto 或任意 NATS 客户端"),
		Long: p.T(`Print credentials with which a program that is no Sockeye reads what the boards publish: a
file for NATS clients, or with --mqtt a password. It may read all boards, or those that --board
names, and with --send ask them to send. With --ca the certificate of the hub's authority is
printed instead, which the program has to trust. They cannot be taken back before they expire.`,
			`输出供其他程序读取开发板事件的凭据：NATS 客户端的凭据文件，或加 --mqtt 时的密码。可读取全部开发板，
或 --board 指定的开发板；加 --send 可请求其发送。加 --ca 时改为输出集线服务 CA 的证书，程序须信任它。
凭据在到期之前无法收回。`),
		Example: `  sockeye hub creds --ca > hub-ca.pem
  sockeye hub creds grafana > grafana.creds
  nats --server tls://127.0.0.1:4222 --tlsca hub-ca.pem --creds grafana.creds --inbox-prefix _INBOX.creds.grafana sub 'sockeye.>'
  sockeye hub creds panel --mqtt --board plant/press-7 --send`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.ca {
				return p.printAuthority()
			}
			b, err := oneBoard(cmd, args)
			if err != nil {
				return err
			}
			return p.creds(b.Name, &f)
		},
	}
	fs := cmd.Flags()
	fs.Var(terminal.WordsOf(&f.boards), "board", p.T("only BOARD, SITE/BOARD or a whole SITE/; may be repeated", "只限 BOARD、SITE/BOARD 或整个站点 SITE/；可重复"))
	fs.BoolVar(&f.send, "send", false, p.T("may ask these boards to send, too", "还可请求这些开发板发送"))
	fs.BoolVar(&f.mqtt, "mqtt", false, p.T("a password for the MQTT listener; the user name is NAME", "用于 MQTT 监听的密码，用户名为 NAME"))
	fs.BoolVar(&f.ca, "ca", false, p.T("print the certificate of the hub's authority", "输出集线服务 CA 的证书"))
	fs.Var(terminal.DurationOf(&f.life), "expires", p.T("how long they are good (default 90 days)", "有效时间（默认 90 天）"))
	return cmd
}

func (p *hubProgram) printAuthority() error {
	dir, err := p.directory()
	if err != nil {
		return err
	}
	if _, err := FindAuthority(dir); err != nil {
		return err
	}
	authority, err := (&localca.Store{Dir: dir}).Load(time.Now())
	if err != nil {
		return err
	}
	return pem.Encode(p.Out, &pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate().Raw})
}

func (p *hubProgram) creds(name string, f *credsFlags) error {
	boards, err := chosenBoards(f.boards)
	if err != nil {
		return err
	}
	if f.life < time.Second || f.life > serviceLife {
		return terminal.Usage("--expires", sockeye.Text{En: "between a second and 365 days", Zh: "应在一秒与 365 天之间"}, sockeye.Text{})
	}
	dir, err := p.directory()
	if err != nil {
		return err
	}
	a, err := FindAuthority(dir)
	if err != nil {
		return err
	}
	c, err := a.Foreign(name, boards, f.send, f.mqtt, time.Now().Add(f.life))
	if err != nil {
		return err
	}
	if f.mqtt {
		_, err = fmt.Fprintln(p.Out, c.JWT)
		return err
	}
	text, err := jwt.FormatUserConfig(c.JWT, []byte(c.Seed))
	if err == nil {
		_, err = p.Out.Write(text)
	}
	return err
}

// chosenBoards are those of --board; "*" stands for every name.
func chosenBoards(words []string) ([]hub.BoardID, error) {
	if len(words) == 0 {
		return []hub.BoardID{{Site: "*", Name: "*"}}, nil
	}
	var all []hub.BoardID
	var wrong []error
	for _, word := range words {
		site, whole := strings.CutSuffix(word, "/")
		if whole {
			word = site + "/x"
		}
		b, err := hub.ParseBoard(word)
		if whole {
			b.Name = "*"
		}
		all, wrong = append(all, b), append(wrong, err)
	}
	return all, terminal.Together(wrong...)
}

// Foreign are credentials of a program that is no Sockeye: it reads what these boards
// publish, live and from the stream, and if it may send, asks them to. Answers to it come
// below ForeignInbox, and it reads the stream by consumers called ForeignConsumer: whoever
// could name another's would read what that reads. With bearer, the JWT alone is the password
// (of MQTT clients, which read no stream).
func (a *Operator) Foreign(name string, boards []hub.BoardID, send, bearer bool, until time.Time) (hub.Credentials, error) {
	return a.credentials(a.account, name, until, func(u *jwt.UserClaims) {
		pub, sub := &u.Permissions.Pub.Allow, &u.Permissions.Sub.Allow
		for _, b := range boards {
			sub.Add(b.Events(""), b.Live(""), b.Status())
			if bearer { // "events/#" of MQTT is "events", too
				sub.Add(strings.TrimSuffix(b.Events(""), ".>"), strings.TrimSuffix(b.Live(""), ".>"))
			} else {
				pub.Add(streamCalls(b, ForeignConsumer(name, b))...)
			}
			if send {
				pub.Add(b.SendSubject())
			}
		}
		sub.Add(ForeignInbox(name) + ".>")
		if bearer {
			u.BearerToken = true
			u.AllowedConnectionTypes.Add(jwt.ConnectionTypeMqtt, jwt.ConnectionTypeMqttWS)
			sub.Add("$MQTT.sub.>", "$MQTT.deliver.pubrel.>")
		}
	})
}

// streamCalls are what a program asks of JetStream that reads a board by a consumer.
func streamCalls(b hub.BoardID, consumer string) []string {
	of := hub.Stream + "." + consumer
	return []string{
		b.LastMessage(), "$JS.API.STREAM.INFO." + hub.Stream, "$JS.API.CONSUMER.CREATE." + of + "." + b.Events(""),
		"$JS.API.CONSUMER.MSG.NEXT." + of, "$JS.API.CONSUMER.INFO." + of, "$JS.API.CONSUMER.DELETE." + of, "$JS.ACK." + of + ".>",
	}
}

// ForeignInbox is the prefix of answers to a program with credentials of this name.
func ForeignInbox(name string) string { return "_INBOX.creds." + name }

// ForeignConsumer is what the consumer is called by which a program with credentials of this
// name reads a board: "panel_plant_press-7"; "panel_plant" reads a site, and "panel" everything.
func ForeignConsumer(name string, b hub.BoardID) string {
	for _, part := range []string{b.Site, b.Name} {
		if part != "*" {
			name += "_" + part
		}
	}
	return name
}
