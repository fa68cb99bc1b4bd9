package api

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"sockeye/internal/core"
	"sockeye/internal/workspace"
)

func (c *requestContext) readWorkspace(None) (Workspace, error) {
	k, err := c.workspace.read()
	if err != nil {
		return Workspace{}, err
	}
	return c.workspaceOf(k), nil
}

func (c *requestContext) workspaceOf(k kept) Workspace {
	out := Workspace{Path: c.workspace.path, Stamp: k.stamp, Text: strings.ToValidUTF8(string(k.text), "\uFFFD"), File: *k.file, Plan: c.plan(k.openings)}
	if k.err != nil {
		for _, e := range faults(k.err) {
			out.Faults = append(out.Faults, *e.Line(c.lang))
		}
	}
	return out
}

// plan says what endpoints would do.
func (c *requestContext) plan(openings []workspace.Opening) []Planned {
	plan := []Planned{}
	for i := range openings {
		plan = append(plan, Planned{Name: openings[i].Name, Lines: openings[i].Plan(c.lang)})
	}
	return plan
}

// planWorkspace looks at a text. It must not open anything (T48).
func (c *requestContext) planWorkspace(in WorkspaceText) (WorkspacePlan, error) {
	file, err := workspace.Parse([]byte(in.Text))
	if err != nil {
		return WorkspacePlan{}, err
	}
	openings, err := file.Openings()
	if err != nil {
		return WorkspacePlan{}, err
	}
	return WorkspacePlan{File: *file, Plan: c.plan(openings)}, nil
}

func (c *requestContext) setWorkspace(in SetWorkspace) (Workspace, error) {
	if err := in.check(c); err != nil {
		return Workspace{}, err
	}
	k, err := c.workspace.write(in.Stamp, func(old kept) ([]byte, error) {
		if in.Text != nil {
			return []byte(*in.Text), nil
		}
		if old.err != nil {
			return nil, old.err // nobody can say what of it should stay
		}
		return workspace.Revise(old.text, in.File)
	})
	if err != nil {
		return Workspace{}, err
	}
	if err := c.bench.RememberAll(k.file.Aliases); err != nil {
		return Workspace{}, err
	}
	return c.workspaceOf(k), nil
}

func (in SetWorkspace) check(c *requestContext) error {
	var wrong fieldFaults
	if (in.Text == nil) == (in.File == nil) && !c.unfit.covers("text") && !c.unfit.covers("file") {
		wrong.add("text", "text or file is needed, and only one of them", "需要 text 或 file，二者之一")
	}
	if in.Text != nil {
		wrong.all(understood([]byte(*in.Text)).err)
	}
	if in.File != nil {
		if v := in.File.Version; v != 0 && v != workspace.Version {
			wrong.add("file.sockeye", "is not the version of this Sockeye", "与本程序的格式版本不符")
		}
		wrong.all(in.File.Faults("file"))
	}
	return wrong.join()
}

func (in WorkspaceText) check(c *requestContext) error {
	if c.unfit.covers("text") {
		return nil
	}
	_, err := c.planWorkspace(in)
	return err
}

func (in OpenWorkspace) check(c *requestContext) error {
	var wrong fieldFaults
	if in.All == (in.Endpoint != "") && !c.unfit.covers("all") {
		wrong.add("endpoint", "name an endpoint, or all of them, and only one of the two", "请指定端点或全部，二者之一")
	}
	return wrong.join()
}

// keyLogs is an opening whose key logs are written where the server has them.
func (f *fieldFaults) keyLogs(s *Server, o workspace.Opening) workspace.Opening {
	f.keyLog(s, &o.Endpoint.Options, o.Name+": keylog")
	if r := o.Relay; r != nil {
		own := *r // the file is read by others, too
		own.Routes = slices.Clone(r.Routes)
		f.keyLog(s, &own.Upstream.Options, o.Name+": upstream")
		for n := range own.Routes {
			f.keyLog(s, &own.Routes[n].Upstream.Options, fmt.Sprintf("%s: routes[%d]", o.Name, n))
		}
		o.Relay = &own
	}
	return o
}

// openWorkspace opens what the person has seen, and nothing else: a file that has
// changed since is refused.
func (c *requestContext) openWorkspace(in OpenWorkspace) (Sessions, error) {
	if err := in.check(c); err != nil {
		return Sessions{}, err
	}
	k, err := c.workspace.at(in.Stamp)
	if err == nil {
		err = k.err
	}
	if err != nil {
		return Sessions{}, err
	}
	var openings []workspace.Opening
	var wrong fieldFaults
	for _, o := range k.openings {
		if in.All || o.Name == in.Endpoint {
			openings = append(openings, wrong.keyLogs(c.Server, o))
		}
	}
	if len(openings) == 0 {
		return Sessions{}, workspace.NoEndpoint(in.Endpoint, k.openings)
	}
	if len(wrong) > 0 {
		return Sessions{}, wrong.join()
	}
	file := *k.file
	file.Variables = nil // those of the workspace are found, as they are then
	opened, err := c.bench.OpenWorkspace(c.ctx(), &file, openings, core.PlayOptions{Seed: rand.Uint64(), Lookup: c.bench.Lookup, Changeable: true})
	if err != nil {
		return Sessions{}, err
	}
	out := Sessions{Sessions: []Session{}}
	for _, s := range opened {
		out.Sessions = append(out.Sessions, sessionOf(s, c.lang))
	}
	return out, nil
}
