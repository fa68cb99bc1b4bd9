package api

import (
	"cmp"

	"sockeye"
	"sockeye/internal/core"
)

type (
	// Program is a program for the other side of a session.
	Program struct {
		Language string `json:"language"`
		File     string `json:"file"`    // a name for it
		Address  string `json:"address"` // that it connects to
		Code     string `json:"code"`
		// Languages are those that there are.
		Languages []Choice `json:"languages"`
	}
)

// programRequest is what the query asks for. With "" for a language it is Python.
func (c *requestContext) programRequest() core.ProgramRequest {
	r := core.ProgramRequest{Language: cmp.Or(c.q.Get("for"), "python"), Host: c.q.Get("host"), Frame: c.q.Get("frame"), Check: c.q.Get("check"), Hello: c.q.Get("hello"), Comments: c.lang}
	if l := c.q.Get("lang"); l != "" {
		r.Comments = sockeye.LangOf(l)
	}
	return r
}

// program writes the program for the other side of a session.
func (c *requestContext) program(None) (Program, error) {
	s, err := c.openSession()
	if err != nil {
		return Program{}, err
	}
	p, err := s.Program(c.programRequest())
	if err != nil {
		var wrong fieldFaults
		wrong.all(err)
		return Program{}, wrong.join()
	}
	out := Program{Language: p.Language, File: p.File, Address: p.Address, Code: p.Text, Languages: []Choice{}}
	for _, l := range core.ProgramLanguages() {
		out.Languages = append(out.Languages, Choice{l.Name, l.Title})
	}
	return out, nil
}

// checkProgram says what is wrong with the query, whatever the session.
func (c *requestContext) checkProgram() error {
	_, err := core.WriteProgram(sockeye.Address{Host: "127.0.0.1", Port: 1}, c.programRequest())
	var wrong fieldFaults
	wrong.all(err)
	return c.with(wrong.join())
}
