package unix

import (
	"net"
	"os"
)

// bindWith binds a path. The file has the permission of its folder: Windows knows no
// bits.
func bindWith(_ os.FileMode, path string, listen func(lc net.ListenConfig, path string) error) error {
	return listen(net.ListenConfig{}, path)
}
