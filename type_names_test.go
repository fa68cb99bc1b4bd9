package sockeye_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// sharedNames are the type names that several packages may declare, and why: a name means one
// thing in the whole module. forms says that of the packages besides those of formRooms only one
// may declare a name, since all the others show its type.
var sharedNames = []struct {
	names string
	forms bool
	why   string
}{
	{"AcceptQueue Comment Commented Decoder Delivery Device Diagnosis EncodedRequest Encoder EncoderChoice EncoderField " +
		"Endpoint EventComment Fault Frame HeldMessage Histogram Interface InterfaceAddress List NearMiss OpenedRecording " +
		"Options Payload Program ReceiveFile Recipients RecordFile Relay Reply Route Row Rule Rules Run Runs " +
		"Series SeriesPage Sharing TriggerPoint Viewer XYPage", true,
		"the form in which the API, its callers or a workspace file have it is called as the thing itself"},
	{"Session Peer", false, "one thing on every level: its identity, its sockets, what the core adds, what the API shows"},
	{"Driver Conn conn listener", false, "an interface of transport, or of net, and what implements it in each driver"},
	{"Config Reader", false, "Go's own words, never without their package: what tls.Config and csv.Reader are there"},
	{"Error", false, "package socket stands alone"},
}

// formRooms declare what others see of the types of other rooms.
var formRooms = []string{"client", "internal/api", "internal/workspace"}

// TestTypeNamesHaveOneMeaning: who reads a type's name knows what it is without looking at the
// imports. Another name for a type of another package (type A = b.A) is the same type.
func TestTypeNamesHaveOneMeaning(t *testing.T) {
	rooms := typeDeclarations(t)
	for _, shared := range sharedNames {
		for name := range strings.FieldsSeq(shared.names) {
			owners := slices.DeleteFunc(slices.Clone(rooms[name]), func(room string) bool { return slices.Contains(formRooms, room) })
			switch {
			case len(rooms[name]) < 2:
				t.Errorf("%s is declared in %q alone: take it out of the table", name, rooms[name])
			case shared.forms && len(owners) > 1:
				t.Errorf("%s is declared in %q, of which only one can have the thing itself: give the others names of their own", name, owners)
			}
			delete(rooms, name)
		}
	}
	for name, in := range rooms {
		if len(in) > 1 {
			t.Errorf("%s is declared in %q: give each meaning its own name", name, in)
		}
	}
}

// typeDeclarations has, by the name of a type, the packages that declare it, outside tests.
func typeDeclarations(t *testing.T) map[string][]string {
	t.Helper()
	rooms := map[string][]string{}
	for _, f := range sourceFiles(t) {
		if f.test {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f.name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				continue
			}
			for _, s := range decl.Specs {
				spec := s.(*ast.TypeSpec)
				if !spec.Assign.IsValid() && !slices.Contains(rooms[spec.Name.Name], f.dir) {
					rooms[spec.Name.Name] = append(rooms[spec.Name.Name], f.dir)
				}
			}
		}
	}
	return rooms
}
