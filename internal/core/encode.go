package core

import "sockeye/internal/encode"

// Encoders are the forms for requests of protocols.
func Encoders() []*encode.Encoder { return encode.All() }

// Encode makes a request from the values that a person filled in; see encode.Named and
// Encoder.Encode for its errors.
func Encode(name string, values map[string]string) (encode.EncodedRequest, error) {
	e, err := encode.Named(name)
	if err != nil {
		return encode.EncodedRequest{}, err
	}
	return e.Encode(values)
}
