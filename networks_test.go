package sockeye_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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
// comes in tables by protocol, what systemd hands over (activation) has the names of package
// net, and tools write documents about each.
func TestNobodyComparesNamesOfNetworks(t *testing.T) {
	names := namesOfNetworks(t)
	for _, f := range sourceFiles(t) {
		if f.test || f.dir == "." || within(f.dir, "internal/transport") || within(f.dir, "internal/netinfo") ||
			within(f.dir, "internal/activation") || within(f.dir, tools) || within(f.dir, library) || within(f.dir, bench) || within(f.dir, examples) {
			continue
		}
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, f.name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			compared := comparedBy(n)
			for _, e := range compared {
				if name := networkNamed(e, names); name != "" {
					t.Errorf("%s compares something with the network %s: ask Network.Traits", files.Position(e.Pos()), name)
				}
			}
			return true
		})
	}
}

// The page asks the traits as well, which schemes.ts has from the core.
func TestPageComparesNoNamesOfNetworks(t *testing.T) {
	var names []string
	for _, n := range sockeye.Networks() {
		names = append(names, string(n))
	}
	compared := regexp.MustCompile(`(?:[!=]==?\s*|\bcase |(?:startsWith|endsWith|includes|indexOf|split|replace)\()['"\x60](?:` + strings.Join(names, "|") + `)(?:://|:)?['"\x60]`)
	if !compared.MatchString(`if (e.network?.startsWith('ws')) {`) || !compared.MatchString(`n === "udp6"`) || compared.MatchString(`t('tcpState')`) {
		t.Fatalf("%s finds something else", compared)
	}
	pages := 0
	err := filepath.WalkDir("web/src", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, ".test.") {
			return err
		}
		text, err := os.ReadFile(name)
		pages++
		for n, line := range strings.Split(string(text), "\n") {
			if found := compared.FindString(line); found != "" {
				t.Errorf("%s:%d compares the name of a network: %s: ask schemeOf", name, n+1, found)
			}
		}
		return err
	})
	if err != nil || pages < 100 {
		t.Errorf("%d files of the page: %v", pages, err)
	}
}

// comparedBy are the operands of a comparison: of ==, of a case, of functions that look for
// a text or an element, and the keys of a table in which something is looked up at once.
func comparedBy(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			return []ast.Expr{n.X, n.Y}
		}
	case *ast.CaseClause:
		return n.List
	case *ast.CallExpr:
		call, _ := n.Fun.(*ast.SelectorExpr)
		if call == nil {
			break
		}
		if of, _ := call.X.(*ast.Ident); of != nil && (of.Name == "strings" || of.Name == "slices" || of.Name == "bytes") && call.Sel.Name != "Join" {
			return elementsOf(n.Args)
		}
	case *ast.IndexExpr:
		return elementsOf([]ast.Expr{n.X})
	}
	return nil
}

// elementsOf are expressions with what is in the lists and the keys of the tables among them.
func elementsOf(list []ast.Expr) (all []ast.Expr) {
	for _, e := range list {
		all = append(all, e)
		lit, _ := e.(*ast.CompositeLit)
		if lit == nil {
			continue
		}
		for _, element := range lit.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				element = pair.Key
			}
			all = append(all, element)
		}
	}
	return all
}

// Each way of comparing is found; what only writes a name is none.
func TestComparisonsWithNetworksAreFound(t *testing.T) {
	names := namesOfNetworks(t)
	for text, want := range map[string]string{
		`n == sockeye.TCP`: "TCP", `"udp" != n`: "udp",
		`strings.HasPrefix(n, "ws")`: "ws", `strings.HasPrefix(s, "serial:")`: "serial", `strings.HasPrefix(s, "unix://")`: "unix",
		`strings.Replace(string(n), "tcp", "udp", 1)`: "tcp", `strings.EqualFold("mqtt", s)`: "mqtt", `strings.Contains(string(sockeye.TLS), s)`: "TLS",
		`slices.Contains([]sockeye.Network{n, sockeye.DTLS}, m)`: "DTLS", `map[string]int{"tcp4": 1}[n]`: "tcp4",
		`strings.Join([]string{"tcp", n}, "+")`: "", `strings.TrimPrefix(s, "tls: ")`: "", `strings.Contains(s, "network")`: "", `fmt.Sprint("tcp")`: "", `n == "wsx"`: "",
	} {
		tree, err := parser.ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range comparedBy(tree) {
			if got == "" {
				got = networkNamed(e, names)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// networkNamed is the network that an expression names: as a constant, converted to a text
// or not, or in quotes, alone or as addresses begin.
func networkNamed(e ast.Expr, names []string) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		of, _ := e.X.(*ast.Ident)
		for _, name := range names {
			if of != nil && of.Name == "sockeye" && e.Sel.Name == name {
				return name
			}
		}
	case *ast.CallExpr:
		if of, _ := e.Fun.(*ast.Ident); of != nil && of.Name == "string" && len(e.Args) == 1 {
			return networkNamed(e.Args[0], names)
		}
	case *ast.BasicLit:
		name, _ := strconv.Unquote(e.Value)
		name = strings.TrimSuffix(strings.TrimSuffix(name, "//"), ":")
		for _, n := range sockeye.Networks() {
			if name == string(n) {
				return name
			}
		}
	}
	return ""
}
