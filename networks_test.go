package sockeye_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"sockeye"
)

// namesOfNetworks are the constants that name networks: those of network.go.
func namesOfNetworks(t *testing.T) (names []string) {
	tree, err := parser.ParseFile(token.NewFileSet(), "network.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range tree.Decls {
		if consts, ok := d.(*ast.GenDecl); ok && consts.Tok == token.CONST {
			for _, spec := range consts.Specs {
				names = append(names, spec.(*ast.ValueSpec).Names[0].Name)
			}
		}
	}
	if len(names) != len(sockeye.Networks()) {
		t.Fatalf("%d constants for %d networks: %q", len(names), len(sockeye.Networks()), names)
	}
	return names
}

// Nothing above transport compares a network with a name: it asks the traits, so that a
// scheme that comes later needs no change there. What the system says of ports (netinfo)
// comes in tables by protocol, and tools write documents about each.
func TestNobodyComparesNamesOfNetworks(t *testing.T) {
	names := namesOfNetworks(t)
	for _, f := range sourceFiles(t) {
		if f.test || f.dir == "." || within(f.dir, "internal/transport") || within(f.dir, "internal/netinfo") ||
			within(f.dir, tools) || within(f.dir, library) || within(f.dir, bench) || within(f.dir, examples) {
			continue
		}
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, f.name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			var compared []ast.Expr
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					compared = []ast.Expr{n.X, n.Y}
				}
			case *ast.CaseClause:
				compared = n.List
			}
			for _, e := range compared {
				if name := networkNamed(e, names); name != "" {
					t.Errorf("%s compares something with the network %s: ask Network.Traits", files.Position(e.Pos()), name)
				}
			}
			return true
		})
	}
}

// networkNamed is the network that an expression names, as a constant or in quotes.
func networkNamed(e ast.Expr, names []string) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		of, _ := e.X.(*ast.Ident)
		for _, name := range names {
			if of != nil && of.Name == "sockeye" && e.Sel.Name == name {
				return name
			}
		}
	case *ast.BasicLit:
		name, _ := strconv.Unquote(e.Value)
		for _, n := range sockeye.Networks() {
			if name == string(n) {
				return name
			}
		}
	}
	return ""
}
