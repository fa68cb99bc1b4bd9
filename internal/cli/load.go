package cli

import (
	"github.com/spf13/cobra"

	"sockeye"
	"sockeye/internal/offline"
	"sockeye/internal/terminal"
)

func (a *app) loadCommand() *cobra.Command {
	var endpoint endpointFlags
	var f offline.LoadFlags
	plan := func(words []string) (sockeye.Endpoint, error) {
		ep, badEndpoint := endpoint.endpoint(sockeye.Connect, words, "", a.defaultPort())
		if badEndpoint == nil {
			return ep, nil // Load judges its flags with the address
		}
		_, badFlags := f.Spec(a.Terminal, sockeye.Endpoint{Mode: sockeye.Connect})
		return ep, terminal.Together(badEndpoint, badFlags)
	}
	cmd := &cobra.Command{
		Use:   "load ADDRESS",
		Short: a.t("Send messages at a rate, measure the answers", "按速率发送消息，测量应答"),
		Long: a.t(`Send messages at a rate over many connections, and report how long the answers took, which
were late or missing, as "log pairs" does.

When each message is due is fixed beforehand, and latencies count from then: a target that
stalls is not asked less (open loop, as wrk2). A message that is due goes to the connection
that has been free longest; one is free while fewer than --in-flight requests wait. Answers
are lines if the requests are, else as long as the requests, else as --frame says. Ctrl-C
ends with the report. Of other machines only those of a private network are loaded, if you
agree or say --lift-guard private.`,
			`在多个连接上按速率发送消息，并像 “log pairs” 一样报告应答时延、超时和缺失。

每条消息何时该发是预先定好的，时延从该发的时刻算起：对端停顿时不会因此少问（开环，与 wrk2
相同）。到期的消息交给空闲最久的连接；等待应答的请求少于 --in-flight 的连接算空闲。请求是文本行时
应答也按行，否则与请求等长，否则按 --frame。Ctrl-C 结束并给出报告。对其他机器，
只允许私有网络内的地址，且须确认或加 --lift-guard private。`),
		Example: `  sockeye load localhost:9000 --send 'ping {{seq}}\n' --rate 1000 --connections 10
  sockeye load udp://192.168.1.88:5000 --send-hex '00 {{seq:u32be}}' --rate 100..5000 --time 1m
  sockeye load tls://localhost:8443 --send 'PING\r\n' --rate 500 --ramp 10s --time 30s --json
  sockeye load 192.168.1.88:502 --send-hex '0001 0000 0006 01 03 0000 000a' --decode modbus-tcp --rate 20`,
		RunE: func(_ *cobra.Command, args []string) error {
			ep, err := plan(args)
			if err != nil {
				return err
			}
			return offline.Load(a.Terminal, &f, ep)
		},
	}
	a.checks(cmd, 0, func(words []string) error {
		_, err := plan(words)
		return err
	})
	fs := cmd.Flags()
	endpoint.register(a, fs)
	endpoint.registerConnect(a, fs)
	cmd.ValidArgsFunction = endpoint.completeAddress
	f.Register(a.Terminal, fs)
	return cmd
}
