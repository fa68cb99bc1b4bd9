package sockeye_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"sockeye"
)

// namesOfNetworks are the constants that name networks.
var namesOfNetworks = []string{"TCP", "TCP4", "TCP6", "UDP", "UDP4", "UDP6", "Unix", "Unixgram", "Serial"}

// Nothing above transport compares a network with a name: it asks the traits, so that a
// scheme that comes later needs no change there. What the system says of ports (netinfo)
// comes in tables by protocol, and tools write documents about each.
func TestNobodyComparesNamesOfNetworks(t *testing.T) {
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
				if name := networkNamed(e); name != "" {
					t.Errorf("%s compares something with the network %s: ask Network.Traits", files.Position(e.Pos()), name)
				}
			}
			return true
		})
	}
}

// networkNamed is the network that an expression names, as a constant or in quotes.
func networkNamed(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		of, _ := e.X.(*ast.Ident)
		for _, name := range namesOfNetworks {
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
