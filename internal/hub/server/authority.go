package server

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"sockeye"
	"sockeye/internal/hub"
	"sockeye/internal/private"
)

// Operator decides who may do what in NATS: an operator, whom the servers trust, and the
// accounts that it signed: that of the boards, that of the registry, in which nobody is but the
// hub, and that of the system. Who has its secret keys can let anybody in. It does not change.
//
// The registry has an account of its own because a reply subject is checked by no server:
// whoever is let in could have JetStream answer to the registry's subjects.
type Operator struct {
	operator, account, registry, system nkeys.KeyPair
}

// authorityText is an authority in its file.
type authorityText struct {
	Operator string `json:"operator"`
	Account  string `json:"account"`
	System   string `json:"system"`
}

// authorityFile is the name of the file in the hub's directory.
const authorityFile = "authority.json"

// LoadAuthority reads the authority that a directory has, or makes one.
func LoadAuthority(dir string) (*Operator, error) {
	path := filepath.Join(dir, authorityFile)
	a, err := readAuthority(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	var t authorityText
	for _, key := range []struct {
		seed   *string
		create func() (nkeys.KeyPair, error)
	}{{&t.Operator, nkeys.CreateOperator}, {&t.Account, nkeys.CreateAccount}, {&t.System, nkeys.CreateAccount}} {
		pair, err := key.create()
		if err != nil {
			return nil, err
		}
		seed, err := pair.Seed()
		if err != nil {
			return nil, err
		}
		*key.seed = string(seed)
	}
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	if err := private.CreateFile(path, text); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readAuthority(path) // another program may have been faster
}

// FindAuthority reads the authority of a hub that was started before.
func FindAuthority(dir string) (*Operator, error) {
	a, err := readAuthority(filepath.Join(dir, authorityFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &sockeye.Error{Kind: sockeye.NotFound, Op: "open", Target: dir,
			Message: sockeye.Text{En: "no hub keeps its keys there", Zh: "该目录中没有集线服务的密钥"},
			Hint:    sockeye.Text{En: "start one: sockeye hub; or name its directory with --dir", Zh: "请先启动：sockeye hub；或用 --dir 指定目录"}}
	}
	return a, err
}

func readAuthority(path string) (*Operator, error) {
	text, err := private.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t authorityText
	err = json.Unmarshal(text, &t)
	a := &Operator{}
	for _, key := range []struct {
		pair *nkeys.KeyPair
		seed string
	}{{&a.operator, t.Operator}, {&a.account, t.Account}, {&a.system, t.System}} {
		if err == nil {
			*key.pair, err = nkeys.FromSeed([]byte(key.seed))
		}
	}
	if err == nil {
		a.registry, err = derivedAccount(a.account, "registry")
	}
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "read", Target: path, Err: err,
			Message: sockeye.Text{En: "these are not the keys of a hub", Zh: "这不是集线服务的密钥文件"},
			Hint:    sockeye.Text{En: "put the file back from a copy; without it every board must be enrolled anew", Zh: "请从备份恢复；否则所有开发板都要重新注册"}}
	}
	return a, nil
}

// derivedAccount is the key pair of another account that belongs to an account: who has the one
// has the other (HKDF of RFC 5869 over the secret key).
func derivedAccount(account nkeys.KeyPair, purpose string) (nkeys.KeyPair, error) {
	seed, err := account.Seed()
	if err != nil {
		return nil, err
	}
	_, secret, err := nkeys.DecodeSeed(seed)
	if err != nil {
		return nil, err
	}
	raw, err := hkdf.Key(sha256.New, secret, nil, "sockeye hub "+purpose, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	seed, err = nkeys.EncodeSeed(nkeys.PrefixByteAccount, raw)
	if err != nil {
		return nil, err
	}
	return nkeys.FromSeed(seed)
}

// public is the public key of a pair that has a secret one, which cannot fail.
func public(pair nkeys.KeyPair) string {
	key, _ := pair.PublicKey()
	return key
}

// OperatorJWT is whom the servers trust.
func (a *Operator) OperatorJWT() (string, error) {
	c := jwt.NewOperatorClaims(public(a.operator))
	c.Name = "Sockeye"
	c.SystemAccount = public(a.system)
	return c.Encode(a.operator)
}

// SystemJWT is the account of the servers' own events.
func (a *Operator) SystemJWT() (string, error) {
	c := jwt.NewAccountClaims(public(a.system))
	c.Name = "SYS"
	return c.Encode(a.operator)
}

// AccountJWT is the account of the boards, without those that were revoked.
func (a *Operator) AccountJWT(revoked []string) (string, error) {
	c := jwt.NewAccountClaims(public(a.account))
	c.Name = "SOCKEYE"
	c.Limits.JetStreamLimits = noJetStreamLimits
	for _, key := range revoked {
		c.Revoke(key)
	}
	return c.Encode(a.operator)
}

// RegistryJWT is the account of the registry.
func (a *Operator) RegistryJWT() (string, error) {
	c := jwt.NewAccountClaims(public(a.registry))
	c.Name = "SOCKEYE-REGISTRY"
	c.Limits.JetStreamLimits = noJetStreamLimits
	return c.Encode(a.operator)
}

var noJetStreamLimits = jwt.JetStreamLimits{DiskStorage: jwt.NoLimit, MemoryStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit}

// credentials of somebody new, whom the account (or the system's) signs until a time; the
// zero time is for ever.
func (a *Operator) credentials(account nkeys.KeyPair, name string, until time.Time, permit func(*jwt.UserClaims)) (hub.Credentials, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return hub.Credentials{}, err
	}
	seed, err := pair.Seed()
	if err != nil {
		return hub.Credentials{}, err
	}
	c := jwt.NewUserClaims(public(pair))
	c.Name = name
	if !until.IsZero() {
		c.Expires = until.Unix()
	}
	if permit != nil {
		permit(c)
	}
	text, err := c.Encode(account)
	return hub.Credentials{Seed: string(seed), JWT: text, Inbox: "_INBOX", Name: name}, err
}

// serviceLife is how long the JWTs of our own are good.
const serviceLife = 365 * 24 * time.Hour

// Service makes credentials that may do everything in the boards' account, and System some
// for the account of the servers. Each call makes new ones.
func (a *Operator) Service(name string) (hub.Credentials, error) {
	return a.credentials(a.account, name, time.Now().Add(serviceLife), nil)
}

// System makes credentials for the account of the servers; see Service.
func (a *Operator) System(name string) (hub.Credentials, error) {
	return a.credentials(a.system, name, time.Now().Add(serviceLife), nil)
}

// Registry makes credentials for the account of the registry; see Service.
func (a *Operator) Registry(name string) (hub.Credentials, error) {
	return a.credentials(a.registry, name, time.Now().Add(serviceLife), nil)
}

// Code makes a code for a board, which is good until a time.
func (a *Operator) Code(b hub.BoardID, until time.Time) (hub.Code, error) {
	c, err := a.credentials(a.account, b.String(), until, func(u *jwt.UserClaims) {
		u.Permissions.Pub.Allow.Add(hub.EnrolSubject(u.Subject))
		u.Permissions.Sub.Allow.Add(hub.EnrolInbox(u.Subject) + ".>")
		u.Limits.Payload = 4 << 10
		u.Limits.Subs = 4
	})
	return hub.Code{Seed: c.Seed, JWT: c.JWT}, err
}

// boardSubscriptions is how many a board has at once: answers, requests, and some more.
const boardSubscriptions = 16

// BoardJWT lets a board's key publish on the board's own subjects, hear requests to it,
// and ask for its own last message: nothing else.
func (a *Operator) BoardJWT(b hub.BoardID, key string) (string, error) {
	c := jwt.NewUserClaims(key)
	c.Name = b.String()
	c.Permissions.Pub.Allow.Add(b.Events(""), b.Live(""), b.Status(), b.LastMessage())
	c.Permissions.Sub.Allow.Add(b.SendSubject(), b.Inbox()+".>")
	c.Permissions.Resp = &jwt.ResponsePermission{MaxMsgs: 1, Expires: 10 * time.Minute}
	c.Limits.Subs = boardSubscriptions
	return c.Encode(a.account)
}
