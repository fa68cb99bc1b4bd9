package server

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sockeye/internal/localca"
	"sockeye/internal/terminal"
)

func (p *hubProgram) configCommand() *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: p.T("Print what NATS servers of your own need in their configuration", "输出自备 NATS 服务器所需的配置"),
		Long: p.T(`Print the lines that nats-server needs in its configuration, so that it trusts this hub
and keeps what it acknowledges. Add listeners, TLS and the cluster, and start the hub with --nats.`,
			`输出 nats-server 的配置片段，使其信任此集线服务，并在落盘后才确认。请自行添加监听地址、TLS
和集群设置，再用 --nats 启动集线服务。`),
		Example: `  sockeye hub config > sockeye.conf`,
		Args:    terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			dir, err := p.directory()
			if err != nil {
				return err
			}
			a, err := LoadAuthority(dir)
			if err != nil {
				return err
			}
			if _, err := (&localca.Store{Dir: dir}).Load(time.Now()); err != nil { // servers of a cluster share it
				return err
			}
			text, err := a.Config()
			if err == nil {
				_, err = fmt.Fprint(p.Out, text)
			}
			return err
		},
	}
}

// Config is what nats-server needs in its configuration.
func (a *Operator) Config() (string, error) {
	operator, err := a.OperatorJWT()
	if err != nil {
		return "", err
	}
	system, err := a.SystemJWT()
	if err != nil {
		return "", err
	}
	registry, err := a.RegistryJWT()
	if err != nil {
		return "", err
	}
	account, err := a.AccountJWT(nil)
	return fmt.Sprintf(`operator: %s
system_account: %s
resolver: {
  type: full
  dir: "./accounts"
  allow_delete: false
  interval: "2m"
}
resolver_preload: {
  %s: %s
  %s: %s
  %s: %s
}
jetstream: {
  store_dir: "./jetstream"
  sync_interval: always
}
max_payload: 8MB
`, operator, public(a.system), public(a.system), system, public(a.account), account, public(a.registry), registry), err
}
