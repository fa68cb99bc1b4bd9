package api

import "sockeye/internal/core"

type (
	// Found are the boards, servers and workbenches that announce themselves.
	Found struct {
		Found []FoundService `json:"found"`
	}
	// FoundService is one of them. Its texts came from the network.
	FoundService struct {
		Name string `json:"name"`
		// Kind is "session", "workbench" or "board", or what another program says.
		Kind string `json:"kind"`
		// Address is what to open: "tcp://192.168.1.88:10000"; without a port, where it is.
		Address   string   `json:"address"`
		Host      string   `json:"host"`
		Port      uint16   `json:"port"` // 0: it listens on none
		Addresses []string `json:"addresses"`
		Interface string   `json:"interface"`
	}
)

// discover looks for what announces itself on the links of the machine of the core.
func (c *requestContext) discover(None) (Found, error) {
	list, err := core.Discover(c.ctx())
	if err != nil {
		return Found{}, err
	}
	out := Found{Found: []FoundService{}}
	for _, s := range list {
		out.Found = append(out.Found, FoundService{Name: s.Name, Kind: s.Kind, Address: s.Address(), Host: s.Host, Port: s.Port, Addresses: texts(s.Addresses), Interface: s.Interface})
	}
	return out, nil
}
