package server

import (
	"context"
	"encoding/json"

	"github.com/nats-io/nats.go"

	"sockeye"
)

// pushRevoked tells all servers who must not be let in; they close its connections.
func (s *EnrolmentService) pushRevoked(ctx context.Context) error {
	return pushRevoked(ctx, s.registry, s.authority, s.system)
}

func pushRevoked(ctx context.Context, r *BoardRegistry, a *Operator, system *nats.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	keys, err := r.Revoked(ctx)
	if err != nil {
		return err
	}
	text, err := a.AccountJWT(keys)
	if err != nil {
		return err
	}
	return pushAccount(ctx, system, text, "revoke")
}

// pushAccount gives an account, as its JWT, to all servers.
func pushAccount(ctx context.Context, system *nats.Conn, text, op string) error {
	answer, err := system.RequestWithContext(ctx, "$SYS.REQ.CLAIMS.UPDATE", []byte(text))
	if err != nil {
		return err
	}
	var reply struct {
		Error *struct{ Description string } `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &reply); err != nil {
		return err
	}
	if reply.Error != nil {
		return &sockeye.Error{Kind: sockeye.System, Op: op, Target: "NATS", Message: sockeye.Text{En: "the servers do not take the account: " + reply.Error.Description, Zh: "服务器不接受账户：" + reply.Error.Description}}
	}
	return nil
}

// connectRegistry connects to the registry's account. Servers that were configured before there was
// one are given it.
func (s *EnrolmentService) connectRegistry(ctx context.Context, o ServiceOptions) (*nats.Conn, error) {
	conn, err := connect(ctx, s.authority.Registry, o.URLs, o.Pin, "sockeye-hub registry")
	if err == nil || sockeye.ErrorOf(err).Kind != sockeye.AccessDenied {
		return conn, err
	}
	text, err := s.authority.RegistryJWT()
	if err != nil {
		return nil, err
	}
	try, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := pushAccount(try, s.system, text, "open"); err != nil {
		return nil, err
	}
	return connect(ctx, s.authority.Registry, o.URLs, o.Pin, "sockeye-hub registry")
}
