package wire

import "sockeye"

func bindFailure(op string, a sockeye.Address, err error) *sockeye.Error {
	return failure(op, a.String(), err)
}
