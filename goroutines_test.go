package sockeye_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// F16: a panic that no goroutine recovers ends the whole program, with every session. So each
// place that starts a goroutine is in testdata/goroutines.txt, which says what becomes of a
// panic there. A new one has to be thought about before it is written down.
func TestGoroutines(t *testing.T) {
	known := knownGoroutines(t)
	starts := startedGoroutines(t)
	for _, at := range slices.Sorted(maps.Keys(starts)) {
		if starts[at] != known[at] {
			t.Errorf("%s starts goroutines at %d places, and testdata/goroutines.txt says what becomes of a panic at %d", at, starts[at], known[at])
		}
	}
	for at := range known {
		if starts[at] == 0 {
			t.Errorf("%s is in testdata/goroutines.txt, and starts no goroutine any more", at)
		}
	}
}

// knownGoroutines are the places in the table, and how often each starts one.
func knownGoroutines(t *testing.T) map[string]int {
	table, err := os.ReadFile("testdata/goroutines.txt")
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string]bool{}
	known := map[string]int{}
	for line := range strings.Lines(string(table)) {
		if class, isClass := strings.CutPrefix(line, "# "); isClass {
			if name, _, named := strings.Cut(class, ": "); named {
				classes[name] = true
			}
			continue
		}
		var class, file, function string
		times := 1
		if n, _ := fmt.Sscan(line, &class, &file, &function, &times); n < 3 {
			continue
		}
		if !classes[class] {
			t.Errorf("%s %s: the table does not say what %q is", file, function, class)
		}
		known[file+" "+function] += times
	}
	return known
}

// startedGoroutines are the functions of the program that start goroutines, by go, by a
// method Go, or by AfterFunc, and at how many places.
func startedGoroutines(t *testing.T) map[string]int {
	starts := map[string]int{}
	eachProgramFile(t, func(path string, file *ast.File) {
		for _, decl := range file.Decls {
			if n := countStarts(decl); n > 0 {
				starts[path+" "+nameOf(decl)] += n
			}
		}
	})
	return starts
}

// eachProgramFile calls do with each file of the program, tests and tools left out.
func eachProgramFile(t *testing.T, do func(path string, file *ast.File)) {
	for _, root := range []string{"client", "cmd", "internal", "socket"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			slashed := filepath.ToSlash(path)
			if d.IsDir() && (slashed == "internal/tools" || strings.HasSuffix(slashed, "test") || d.Name() == "testdata") {
				return filepath.SkipDir // no part of the program
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err == nil {
				do(slashed, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func countStarts(decl ast.Decl) (n int) {
	ast.Inspect(decl, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.GoStmt:
			n++
		case *ast.CallExpr:
			if selected, ok := node.Fun.(*ast.SelectorExpr); ok && (selected.Sel.Name == "Go" && len(node.Args) == 1 || selected.Sel.Name == "AfterFunc") {
				n++
			}
		}
		return true
	})
	return n
}

// nameOf is a function's name, with its receiver's type; of other declarations "-".
func nameOf(decl ast.Decl) string {
	f, ok := decl.(*ast.FuncDecl)
	if !ok {
		return "-"
	}
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	return fmt.Sprint(of) + "." + f.Name.Name
}
