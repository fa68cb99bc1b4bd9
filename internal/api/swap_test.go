//go:build linux

package api

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// T32: 10,000 swaps with CI=true, or as many as there are in 20 s; else as many as there are
// in 60 recordings. Who swaps the new directory of a recording for a link to somewhere else, as
// fast as it can, gets nothing written there.
func TestSwappedDirectory(t *testing.T) {
	v := serve(t)
	ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{On: true, Path: "first"})
	ask[Recording](v, "PUT", "/api/v1/recording", SetRecording{})
	outside := t.TempDir()
	recorded, swapped := 0, 0
	all := os.Getenv("CI") == "true"
	enough := time.Now().Add(20 * time.Second)
	for i := 0; i < 60 || all && swapped < 10_000 && time.Now().Before(enough); i++ {
		name := fmt.Sprintf("run-%d", i)
		dir := filepath.Join(v.o.Recordings, name)
		stop, stopped := make(chan struct{}), make(chan int)
		go func() {
			n := 0
			for {
				select {
				case <-stop:
					stopped <- n
					return
				default:
				}
				if os.Remove(dir) == nil && os.Symlink(outside, dir) == nil { // the directory is there, and empty
					n++
				}
			}
		}()
		status, text := v.do(v.request("PUT", "/api/v1/recording", SetRecording{On: true, Path: name}))
		close(stop)
		swapped += <-stopped
		if at, err := os.Lstat(dir); err == nil && at.Mode()&os.ModeSymlink != 0 {
			os.Remove(dir)
		}
		if status == 200 {
			recorded++
		}
		if status, stop := v.do(v.request("PUT", "/api/v1/recording", SetRecording{})); status != 200 {
			t.Errorf("%s, after %s", stop, text)
		}
		if found, err := os.ReadDir(outside); err != nil || len(found) > 0 {
			t.Fatalf("round %d wrote outside: %v, %v", i, found, err)
		}
	}
	t.Logf("%d recordings began, %d swaps", recorded, swapped)
	v.alive()
}
