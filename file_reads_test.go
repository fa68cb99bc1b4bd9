package sockeye_test

import (
	"go/ast"
	"maps"
	"slices"
	"testing"
)

// fileReads are the files that open a file for reading otherwise than package regular does,
// which takes none without an end; and why they may.
var fileReads = map[string]string{
	"internal/regular/regular.go":              "it is that package",
	"internal/private/private_unix.go":         "it looks whose the file is, and is as strict",
	"internal/private/private_other.go":        "it looks whose the file is",
	"internal/terminal/readfile.go":            "a secret may come through a pipe; bounded, and a signal ends it",
	"internal/doctor/firewall_linux.go":        "a file of the system",
	"internal/doctor/machine.go":               "a file of the system",
	"internal/netinfo/route_linux.go":          "a file of the kernel",
	"internal/netinfo/routes_linux.go":         "a file of the kernel",
	"internal/netinfo/tcpinfo_linux.go":        "a file of the kernel",
	"internal/netinfo/port_owner_linux.go":     "a file of the kernel",
	"internal/serialport/owner_linux.go":       "a file of the kernel",
	"internal/memlimit/group_linux.go":         "a file of the kernel",
	"internal/memlimit/program_linux.go":       "a file of the kernel",
	"internal/transport/unix/process_linux.go": "a file of the kernel",
	"internal/transport/reserved_fd.go":        "the null device, to hold a descriptor",
	"internal/workspace/read.go":               "a directory, to sync it",
	"internal/recording/files_unix.go":         "a directory, to sync it",
	"internal/recording/exposed_unix.go":       "a directory, to see who may write there",
	"internal/outbox/segment.go":               "this program's own queue",
}

// T33: what users name is opened in one way, which takes regular files only: a new place that
// opens files by itself has to be thought about before it is written down here.
func TestFilesAreOpenedInOneWay(t *testing.T) {
	found := map[string]bool{}
	eachProgramFile(t, func(path string, file *ast.File) {
		if opensFile(file) {
			found[path] = true
		}
	})
	for _, path := range slices.Sorted(maps.Keys(found)) {
		if fileReads[path] == "" {
			t.Errorf("%s opens a file by itself: use package regular, or write down here why not", path)
		}
	}
	for path := range fileReads {
		if !found[path] {
			t.Errorf("%s opens no file any more", path)
		}
	}
}

// opensFile says whether a file of the program uses what of package os opens for reading.
func opensFile(file *ast.File) bool { return uses(file, "os", "Open", "ReadFile", "O_RDONLY") }

// uses says whether a file names one of these of a package.
func uses(file *ast.File, of string, names ...string) (found bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			x, ok := s.X.(*ast.Ident)
			found = found || ok && x.Name == of && slices.Contains(names, s.Sel.Name)
		}
		return true
	})
	return found
}
