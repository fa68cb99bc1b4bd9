package sockeye_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"testing"
)

// firstWord finds the name that a comment begins with, after an article.
var firstWord = regexp.MustCompile(`^(?:(?:A|An|The) )?(\w+)`)

// A comment over a declaration begins with its name, so that none stays behind under an old
// name, or over another declaration. A comment over a group may say what it likes, and so may
// one over a test, which is a sentence about what is tested.
func TestDocCommentsBeginWithTheName(t *testing.T) {
	for _, f := range sourceFiles(t) {
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, f.name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if ast.IsGenerated(tree) {
			continue
		}
		for _, d := range tree.Decls {
			for _, doc := range docComments(d, f.test) {
				text := doc.comment.Text() // without directives
				if said := firstWord.FindStringSubmatch(text); text != "" && (said == nil || !slices.Contains(doc.names, said[1])) {
					t.Errorf("%s: the comment does not begin with %q", files.Position(doc.comment.Pos()), doc.names)
				}
			}
		}
	}
}

// Every test and benchmark has a sentence over it that says what it demands, so that a failure explains itself
// to who has not read the test.
func TestTestsSayWhatTheyDemand(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if !f.test {
			continue
		}
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, f.name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv == nil && fn.Name.Name != "TestMain" && isDemand.MatchString(fn.Name.Name) && fn.Doc.Text() == "" {
				t.Errorf("%s: no comment says what %s demands", files.Position(fn.Pos()), fn.Name.Name)
			}
		}
	}
}

var isDemand = regexp.MustCompile(`^(Test|Fuzz|Benchmark)([^a-z]|$)`)

// docComment is a comment over one declaration, and the names that are declared.
type docComment struct {
	comment *ast.CommentGroup
	names   []string
}

// docComments are the comments over what d declares, without those over groups and tests.
func docComments(d ast.Decl, test bool) (docs []docComment) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if !test || !isTestName.MatchString(d.Name.Name) {
			docs = append(docs, docComment{d.Doc, []string{d.Name.Name}})
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			var doc docComment
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				doc = docComment{spec.Doc, []string{spec.Name.Name}}
			case *ast.ValueSpec:
				doc = docComment{spec.Doc, namesOf(spec.Names)}
			}
			if !d.Lparen.IsValid() {
				doc.comment = d.Doc
			}
			docs = append(docs, doc)
		}
	}
	return slices.DeleteFunc(docs, func(doc docComment) bool { return doc.comment == nil || doc.names == nil })
}

var isTestName = regexp.MustCompile(`^(Test|Benchmark|Fuzz|Example)`)

func namesOf(idents []*ast.Ident) (names []string) {
	for _, id := range idents {
		names = append(names, id.Name)
	}
	return names
}
