package core

import "sockeye/internal/workspace"

// Route is an upstream of a relay that only some peers have: by their address, or by what
// they send first.
type Route = workspace.Route

// MaxRoutes is how many routes one relay may have.
const MaxRoutes = workspace.MaxRoutes

// ParseRoutes reads routes; see workspace.ParseRoutes.
func ParseRoutes(texts []string, port uint16) ([]Route, error) {
	return workspace.ParseRoutes(texts, port)
}
