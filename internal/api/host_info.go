package api

import (
	"runtime"

	"sockeye"
	"sockeye/internal/core"
)

func (c *requestContext) ports(None) (Ports, error) {
	list, err := core.SerialPorts()
	if err != nil {
		return Ports{}, err
	}
	out := Ports{Ports: []Port{}, Choices: []Choice{}}
	for _, p := range list {
		port := Port{Name: p.Name, Address: p.Address().String(), Driver: p.Driver}
		if u := p.USB; u != nil {
			port.USB = &USBPort{Vendor: u.Vendor, Product: u.Product, VendorName: u.VendorName, ProductName: u.ProductName, Serial: u.Serial}
		}
		out.Ports = append(out.Ports, port)
		out.Choices = append(out.Choices, Choice{p.Name, p.Label()})
	}
	return out, nil
}

func (c *requestContext) machine(None) (Machine, error) {
	list, board, err := core.Reachable()
	if err != nil {
		return Machine{}, err
	}
	m := Machine{
		Version: c.o.Version, OS: runtime.GOOS, Arch: runtime.GOARCH, Language: c.o.Language,
		Interfaces: []Interface{}, BoardAddress: board.String(), Refusals: c.guard.Rejected(), Recordings: c.o.Recordings, Hub: c.o.Hub != nil,
		Experiment: Experiment{Port: sockeye.DefaultPort, CommandLines: []CommandLine{}},
	}
	if m.Language == "" {
		m.Language = sockeye.English
	}
	for _, i := range list {
		out := Interface{Name: i.Name, Up: i.Up, Loopback: i.Loopback, Virtual: i.Virtual, Addresses: []InterfaceAddress{}}
		for _, a := range i.Addresses {
			family := 6
			if a.Prefix.Addr().Is4() {
				family = 4
			}
			out.Addresses = append(out.Addresses, InterfaceAddress{Address: a.Addr().String(), Family: family, Scope: string(a.Scope)})
		}
		out.Groups = texts(i.Groups)
		m.Interfaces = append(m.Interfaces, out)
	}
	for _, l := range core.ConnectHints(board, sockeye.DefaultPort) {
		m.Experiment.CommandLines = append(m.Experiment.CommandLines, CommandLine{Label: l.Program.In(c.lang), Line: l.Line})
	}
	return m, nil
}
