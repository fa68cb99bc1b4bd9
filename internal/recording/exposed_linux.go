package recording

import (
	"os"

	"golang.org/x/sys/unix"
)

// hasACL says whether an access control list names others: the group's bits of the
// mode are its mask then, and do not tell who.
func hasACL(d *os.File) bool {
	n, err := unix.Fgetxattr(int(d.Fd()), "system.posix_acl_access", nil)
	return err == nil && n > 0
}
