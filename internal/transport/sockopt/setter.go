// Package sockopt sets the options of sockets, as each system has them, and asks the
// system what became of them.
package sockopt

import "sockeye"

// Setter sets the socket options of an endpoint.
type Setter struct {
	ep   sockeye.Endpoint
	opts sockeye.Options // with defaults
}

// For makes the Setter of an endpoint.
func For(ep sockeye.Endpoint) *Setter { return &Setter{ep, ep.Effective()} }
