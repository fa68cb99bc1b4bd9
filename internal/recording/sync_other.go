//go:build !linux

package recording

import "os"

func syncData(f *os.File) error { return f.Sync() }
