package api

import "sockeye"

func (c *call) export() error {
	return &sockeye.Error{Kind: sockeye.Unsupported, Op: "write"}
}
