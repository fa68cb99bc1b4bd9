package core

import (
	"errors"

	"sockeye"
	"sockeye/internal/transport"
	"sockeye/internal/transport/schemes"
)

// CheckEndpoint returns all errors of an endpoint before it is opened: those of Endpoint.Validate
// and those of the files that its options name. They are joined and named as there.
func CheckEndpoint(ep sockeye.Endpoint) error {
	var all []error
	for _, err := range []error{ep.Validate(), transport.CheckFiles(schemes.Driver(ep.Address.Network), ep)} {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			all = append(all, joined.Unwrap()...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}
