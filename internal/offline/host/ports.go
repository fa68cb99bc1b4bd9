package host

import (
	"strings"

	"github.com/spf13/cobra"

	"sockeye/internal/payload"
	"sockeye/internal/serialport"
	"sockeye/internal/terminal"
)

func (a *hostCommands) portsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ports",
		Short: a.t("List the serial ports of this machine", "列出本机串口"),
		Long: a.t(`List the serial ports of this machine: the name to open each by, and what its USB
adapter says of itself. UARTs that no hardware has are left out, and so are
pseudo-terminals, which can be opened all the same.`,
			`列出本机串口：打开时使用的名称，以及 USB 转接器自报的信息。
没有硬件的 UART 和伪终端不在其中，但伪终端同样可以打开。`),
		Example: `  sockeye ports
  sockeye ports --json`,
		Args: terminal.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			list, err := serialport.List()
			if err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(portsJSON(list))
			}
			return a.printPorts(list)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.t("print JSON", "输出 JSON"))
	return cmd
}

func (a *hostCommands) printPorts(list []serialport.PortInfo) error {
	rows := [][]string{{a.t("address", "地址"), "USB", a.t("device", "设备"), a.t("serial number", "序列号"), a.t("driver", "驱动")}}
	for _, p := range list {
		row := []string{p.Address().String(), "", "", "", p.Driver}
		if u := p.USB; u != nil {
			row[1] = u.Vendor + ":" + u.Product
			row[2] = strings.TrimSpace(u.VendorName + " " + u.ProductName)
			row[3] = u.Serial
		}
		for n := range row {
			row[n] = payload.SafeString(row[n])
		}
		rows = append(rows, row)
	}
	return a.PrintTable(rows, a.t("no serial port was found: is the cable plugged in, and does it carry data?", "没有找到串口：请检查数据线是否插好，是否只能充电"))
}

// The --json form of ports.
type (
	portsLine struct {
		V     int        `json:"v"`
		Ports []portLine `json:"ports"`
	}
	portLine struct {
		Name    string   `json:"name"`
		Address string   `json:"address"` // for connect and listen
		Driver  string   `json:"driver,omitempty"`
		USB     *usbLine `json:"usb,omitempty"`
	}
	usbLine struct {
		Vendor      string `json:"vendor"` // four hex digits
		Product     string `json:"product"`
		VendorName  string `json:"vendor_name,omitempty"`
		ProductName string `json:"product_name,omitempty"`
		Serial      string `json:"serial,omitempty"`
	}
)

func portsJSON(list []serialport.PortInfo) portsLine {
	out := portsLine{V: 1, Ports: []portLine{}}
	for _, p := range list {
		line := portLine{Name: p.Name, Address: p.Address().String(), Driver: p.Driver}
		if u := p.USB; u != nil {
			line.USB = &usbLine{u.Vendor, u.Product, u.VendorName, u.ProductName, u.Serial}
		}
		out.Ports = append(out.Ports, line)
	}
	return out
}
