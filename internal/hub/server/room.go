package server

import (
	"io/fs"
	"path/filepath"
)

// storeLimit is how many bytes the stream may have: what it has, and three quarters of what
// is free. JetStream itself would take three quarters of what is free alone, and after a
// restart with much on the disk it would not take a single event. Before the disk is full
// it refuses events and goes on; a write that fails ends the stream until the next start.
// 0 leaves the limit to JetStream.
func storeLimit(dir string) int64 {
	free := freeBytes(dir)
	if free == 0 {
		return 0
	}
	has := int64(0)
	filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil // gone meanwhile, or no file: it has no bytes
		}
		if info, err := entry.Info(); err == nil {
			has += info.Size()
		}
		return nil
	})
	return has + free/4*3
}
