package api

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Issue "Hostile files": a workspace of 40 KB took all memory, one of 2.5 MB the stack,
// through whatever reads one. Each way in says what is wrong with the text.
func TestHostileWorkspaces(t *testing.T) {
	v := serve(t)
	for name, one := range map[string]struct{ text, at, says string }{
		"parts of a key": {"sockeye = 2\n" + strings.Repeat("a.", 20_000) + "a = 1", "line 2, column 1", "a key of more than 4 parts"},
		"arrays":         {"sockeye = 2\na = " + strings.Repeat("[", 900_000), "line 2, column 21", "nested deeper than 16"},
	} {
		for _, f := range []Failure{
			v.failing(400, "POST", "/api/v1/workspace/plan", WorkspaceText{one.text}),
			v.failing(400, "PUT", "/api/v1/workspace", SetWorkspace{Text: &one.text}),
			v.failing(400, "POST", "/api/v1/lists/parse", ListText{Format: "toml", Text: one.text}),
		} {
			if f.Kind != "invalid" || f.Target != one.at || f.Message != one.says || f.Hint == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// What a workspace opens is the plan that was shown for its stamp, and the plan of a
// text is the same however often it is asked for (T48).
func TestPlanIsWhatOpens(t *testing.T) {
	const text = "sockeye = 2\n[[endpoint]]\nname = 'a'\nlisten = '127.0.0.1:0'\n"
	v, _ := keeping(t, text)
	first, err := v.workspace.read()
	if err != nil {
		t.Fatal(err)
	}
	shown := ask[Workspace](v, "GET", "/api/v1/workspace", nil)
	again, err := v.workspace.at(shown.Stamp)
	if err != nil || again.file != first.file || &again.openings[0] != &first.openings[0] {
		t.Errorf("the text was parsed again: %v", err)
	}
	for range 20 {
		if diff := cmp.Diff(shown.Plan, ask[WorkspacePlan](v, "POST", "/api/v1/workspace/plan", WorkspaceText{text}).Plan); diff != "" {
			t.Error(diff)
		}
	}
	opened := ask[Sessions](v, "POST", "/api/v1/workspace/open", OpenWorkspace{Stamp: shown.Stamp, All: true})
	if len(opened.Sessions) != 1 || !strings.HasPrefix(opened.Sessions[0].Locals[0], "127.0.0.1:") {
		t.Errorf("%+v", opened)
	}
	both := text + "[[Endpoint]]\nname = 'a'\nlisten = '0.0.0.0:0'\n"
	if f := v.failing(400, "POST", "/api/v1/workspace/plan", WorkspaceText{both}); !strings.Contains(f.Message, "Endpoint") {
		t.Errorf("%+v", f)
	}
}
