package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"path/filepath"

	"sockeye"
	"sockeye/internal/private"
)

// ServerKeyFile is the file of the key that the authority's own servers have. Nobody else
// may read it.
func (s *Store) ServerKeyFile() string { return filepath.Join(s.Dir, "server-key.pem") }

// ServerKey reads the key that all servers with certificates of this authority have, and
// makes one where there is none: a client that pinned it finds it again whenever a server
// is opened anew. Programs that do so at once end up with the same.
func (s *Store) ServerKey() (*ecdsa.PrivateKey, error) {
	path := s.ServerKeyFile()
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, storeError(path, err)
	}
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, storeError(path, err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err == nil {
		err = private.CreateFile(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	}
	if errors.Is(err, fs.ErrExist) { // another program was faster
		key, err = readKey(path)
	}
	return key, storeError(path, err)
}

func readKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := private.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block != nil && block.Type == "EC PRIVATE KEY" {
		var key *ecdsa.PrivateKey
		if key, err = x509.ParseECPrivateKey(block.Bytes); err == nil {
			return key, nil
		}
	}
	return nil, &sockeye.Error{Kind: sockeye.Invalid, Op: "open", Target: path, Err: err,
		Message: sockeye.Text{En: "this is not the key of the local CA's servers", Zh: "这不是本机 CA 的服务器私钥"},
		Hint:    sockeye.Text{En: "move it away, then a new one is made; clients that pinned the old one must be told", Zh: "请移走它，随后会重新生成；固定了旧公钥的客户端需要更新"}}
}
