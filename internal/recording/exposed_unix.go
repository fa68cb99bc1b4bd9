//go:build unix

package recording

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"sockeye/internal/regular"
)

// Private looks at the directory itself, not at its name, and at the links that lead
// to it.
func (systemFiles) Private(dir string) error {
	if err := checkLinks(dir); err != nil {
		return err
	}
	d, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer d.Close()
	return privateDir(d)
}

// privateDir says who else may write into an open directory.
func privateDir(d *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(d.Fd()), &st); err != nil {
		return &fs.PathError{Op: "stat", Path: d.Name(), Err: err}
	}
	switch {
	case st.Uid != uint32(os.Geteuid()) && st.Uid != 0:
		return ExposedError{Owner: userName(st.Uid)}
	case st.Mode&unix.S_IWOTH != 0:
		return ExposedError{Access: "everybody", Sticky: st.Mode&unix.S_ISVTX != 0}
	case st.Mode&unix.S_IWGRP != 0 && (!privateGroup(st.Uid, st.Gid) || hasACL(d)):
		return ExposedError{Access: "group " + groupName(st.Gid), Sticky: st.Mode&unix.S_ISVTX != 0}
	}
	return nil
}

// checkLinks refuses a symbolic link that another user put where everybody may.
func checkLinks(path string) error {
	if link, owner := regular.ForeignLink(path); link != "" {
		return ExposedError{Owner: userName(owner), Link: link}
	}
	return nil
}

// privateGroup reports whether a group is its user's alone by the convention of
// distributions that give new files to it with the umask 002: it has the user's name.
func privateGroup(uid, gid uint32) bool {
	u, err := user.LookupId(id(uid))
	if err != nil || u.Gid != id(gid) {
		return false
	}
	g, err := user.LookupGroupId(u.Gid)
	return err == nil && g.Name == u.Username
}

func id(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func userName(uid uint32) string {
	if u, err := user.LookupId(id(uid)); err == nil {
		return plainWord(u.Username)
	}
	return "uid " + id(uid)
}

func groupName(gid uint32) string {
	if g, err := user.LookupGroupId(id(gid)); err == nil {
		return plainWord(g.Name)
	}
	return id(gid)
}

// plainWord is a name for a message, one line of at most 80 bytes.
func plainWord(s string) string {
	return strings.Join(strings.Fields(s[:min(len(s), 80)]), " ")
}

// Private looks at a directory below the root, and at the root itself.
func (w rootFiles) Private(dir string) error {
	if err := System().Private(w.dir); err != nil {
		return err
	}
	return w.rooted(dir, func(root *os.Root, name string) error {
		d, err := root.Open(name)
		if err != nil {
			return err
		}
		defer d.Close()
		return privateDir(d)
	})
}
