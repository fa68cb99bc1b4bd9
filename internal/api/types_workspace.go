package api

import (
	"sockeye"
	"sockeye/internal/workspace"
)

// What a person keeps.
type (
	// Workspace is what a person keeps from one day to the next: a TOML file. Text is
	// all of it, and File what it says. Stamp is this state of it: whoever changes the
	// file, or opens what it says, gives the stamp of what was read.
	Workspace struct {
		Path  string         `json:"path"` // "" keeps it as long as the workbench runs
		Stamp string         `json:"stamp"`
		Text  string         `json:"text"`
		File  workspace.File `json:"file"`
		// Plan is what each endpoint of the file will do when it is opened.
		Plan []Planned `json:"plan"`
		// Faults are what is wrong with the text; there are no file and no plan then.
		Faults []sockeye.ErrorLine `json:"faults,omitempty"`
	}
	// Planned is what an endpoint will do, in words.
	Planned struct {
		Name  string   `json:"name"`
		Lines []string `json:"lines"`
	}
	// SetWorkspace keeps Text as it is, or writes File into the text that is there; it is
	// refused with a conflict if Stamp is no longer that of the file.
	SetWorkspace struct {
		Stamp string          `json:"stamp"`
		Text  *string         `json:"text,omitempty"`
		File  *workspace.File `json:"file,omitempty"`
	}
	// WorkspaceText is a text that is not kept yet.
	WorkspaceText struct {
		Text string `json:"text"`
	}
	// WorkspacePlan is what a text says, and what its endpoints would do.
	WorkspacePlan struct {
		File workspace.File `json:"file"`
		Plan []Planned      `json:"plan"`
	}
	// OpenWorkspace opens an endpoint of the workspace, or All.
	OpenWorkspace struct {
		Stamp    string `json:"stamp"`
		Endpoint string `json:"endpoint,omitempty"`
		All      bool   `json:"all,omitempty"`
	}
)
