package api

import (
	"net/http"
	"path/filepath"

	"sockeye"
	"sockeye/internal/api/access"
)

// viewerRoutes are what somebody may ask for who came by the link of a shared page, and
// nothing else: a route that is not here is closed to viewers. Each one shows what crosses
// sessions. None sends, changes, opens, looks for anything in this machine or its network, or
// shows what a person keeps, since that may hold passwords.
var viewerRoutes = map[string]bool{
	"GET /api/v1/machine":                 true, // the version and the language of the workbench, no more
	"GET /api/v1/live":                    true,
	"GET /api/v1/sessions":                true,
	"GET /api/v1/sessions/{id}":           true,
	"GET /api/v1/sessions/{id}/peers":     true,
	"GET /api/v1/sessions/{id}/protocols": true,
	"GET /api/v1/events":                  true,
	"GET /api/v1/events/{seq}/data":       true,
	"GET /api/v1/events/{seq}/messages":   true,
	"GET /api/v1/export":                  true, // the same events as a file
	"GET /api/v1/comments":                true,
	"GET /api/v1/pairs":                   true,
	"GET /api/v1/series":                  true,
	"GET /api/v1/series/histogram":        true,
	"GET /api/v1/series/xy":               true,
	"GET /api/v1/series/triggers":         true,
	"GET /api/v1/decoders":                true,
	"GET /api/v1/explain":                 true,
	"GET /api/v1/recording":               true, // whether it records, and the file's name
}

// notForViewers turns a viewer away from a route.
func notForViewers(r *http.Request) *access.Rejection {
	return &access.Rejection{Check: "viewer", Status: http.StatusForbidden, Err: &sockeye.Error{
		Kind: sockeye.AccessDenied, Op: "share", Target: r.Method + " " + r.URL.Path,
		Message: sockeye.Text{En: "the page is shared read-only, and this is not for viewers", Zh: "页面以只读方式分享，观看者不能进行此操作"},
		Hint:    sockeye.Text{En: "ask whoever shares it to do it", Zh: "请由分享者操作"}}}
}

// forViewers is an answer that says less to viewers. What it gives has nothing of this
// machine besides what crosses its sessions: no options, which name files, and no paths.
type forViewers interface{ toViewer() any }

func (m Machine) toViewer() any {
	return Machine{Version: m.Version, Language: m.Language, Interfaces: []Interface{}, Refusals: map[string]uint64{}, Experiment: Experiment{CommandLines: []CommandLine{}}}
}

func (s Session) toViewer() any { return s.shown() }

func (s Session) shown() Session {
	s.Options, s.File = nil, nil
	s.Sources, s.AllowPeers, s.DenyPeers = nil, nil, nil
	for i, r := range s.Routes {
		if i == 0 {
			s.Routes = append([]Route(nil), s.Routes...)
		}
		s.Routes[i] = Route{Session: r.Session}
	}
	return s
}

func (l Sessions) toViewer() any {
	out := Sessions{Sessions: make([]Session, len(l.Sessions))}
	for i, s := range l.Sessions {
		out.Sessions[i] = s.shown()
	}
	return out
}

func (l Peers) toViewer() any {
	out := Peers{Peers: make([]Peer, len(l.Peers))}
	for i, p := range l.Peers {
		p.Options = nil
		out.Peers[i] = p
	}
	return out
}

func (r Recording) toViewer() any { return r.shown() }

func (r Recording) shown() Recording {
	if r.Path != "" {
		r.Path = filepath.Base(r.Path)
	}
	r.Error = nil // names the directory
	return r
}

// shown is a line of the feed for viewers.
func (l Live) shown() Live {
	l.Sessions = Sessions{l.Sessions}.toViewer().(Sessions).Sessions
	l.Peers = Peers{l.Peers}.toViewer().(Peers).Peers
	if l.Recording != nil {
		now := l.Recording.shown()
		l.Recording = &now
	}
	l.Sharing = nil
	return l
}
