package client_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Who imports this package sees its own names and those of package sockeye, and nothing
// of internal packages, which could not be named there.
func TestExportedNamesAreNotInternal(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	exported := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		internal := internalImports(f)
		for _, d := range f.Decls {
			for _, shown := range shownTypes(d) {
				exported++
				ast.Inspect(shown, func(n ast.Node) bool {
					if s, ok := n.(*ast.SelectorExpr); ok {
						if x, ok := s.X.(*ast.Ident); ok && internal[x.Name] {
							t.Errorf("%s shows %s.%s", name, x.Name, s.Sel.Name)
						}
					}
					return true
				})
			}
		}
	}
	if exported < 20 {
		t.Errorf("only %d types were looked at", exported)
	}
}

// internalImports are the names of internal packages in a file.
func internalImports(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, i := range f.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if strings.Contains(path, "/internal/") {
			name := path[strings.LastIndex(path, "/")+1:]
			if i.Name != nil {
				name = i.Name.Name
			}
			names[name] = true
		}
	}
	return names
}

// shownTypes are the types in a declaration that an importer sees.
func shownTypes(d ast.Decl) (shown []ast.Expr) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || receiverIsExported(d.Recv.List[0].Type)) {
			shown = append(shown, d.Type)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && s.Type != nil {
					shown = append(shown, s.Type)
				}
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					shown = append(shown, exportedPart(s.Type)...)
				}
			}
		}
	}
	return shown
}

// exportedPart are the exported fields of a struct; of other types, the whole.
func exportedPart(e ast.Expr) (shown []ast.Expr) {
	s, ok := e.(*ast.StructType)
	if !ok {
		return []ast.Expr{e}
	}
	for _, f := range s.Fields.List {
		if len(f.Names) == 0 || f.Names[0].IsExported() {
			shown = append(shown, f.Type)
		}
	}
	return shown
}

func receiverIsExported(e ast.Expr) bool {
	if p, ok := e.(*ast.StarExpr); ok {
		e = p.X
	}
	id, ok := e.(*ast.Ident)
	return ok && id.IsExported()
}
