package serialport

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"sockeye"
)

func list() ([]PortInfo, error) {
	ports, err := listIn(os.DirFS("/sys"))
	if err != nil {
		return nil, &sockeye.Error{Kind: sockeye.System, Op: "read", Target: "/sys/class/tty", Err: err}
	}
	return ports, nil
}

// listIn reads a tree like /sys: each entry of class/tty with a device behind it is a
// port, apart from 8250 UARTs that the kernel has reserved and no hardware has (their
// type is 0). The device's own directory, or one above it, says what USB device it is.
func listIn(sys fs.FS) ([]PortInfo, error) {
	entries, err := fs.ReadDir(sys, "class/tty")
	if err != nil {
		return nil, err
	}
	var ports []PortInfo
	for _, e := range entries {
		dir := path.Join("class/tty", e.Name())
		device, err := resolve(sys, dir)
		if err != nil {
			continue
		}
		driver, err := fs.Stat(sys, path.Join(device, "device"))
		if err != nil || !driver.IsDir() || text(sys, path.Join(device, "type")) == "0" {
			continue
		}
		p := PortInfo{Name: "/dev/" + e.Name()}
		hardware, err := resolve(sys, path.Join(device, "device"))
		if err != nil {
			continue
		}
		if name, err := fs.ReadLink(sys, path.Join(hardware, "driver")); err == nil {
			p.Driver = path.Base(name)
		}
		p.USB = usbAbove(sys, hardware)
		ports = append(ports, p)
	}
	slices.SortFunc(ports, func(a, b PortInfo) int { return compareNames(a.Name, b.Name) })
	return ports, nil
}

// resolve follows the symbolic links of /sys, which are relative, within the tree.
func resolve(sys fs.FS, name string) (string, error) {
	for range 8 {
		info, err := fs.Lstat(sys, name)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return name, nil
		}
		target, err := fs.ReadLink(sys, name)
		if err != nil {
			return "", err
		}
		name = path.Join(path.Dir(name), target)
	}
	return "", fs.ErrNotExist
}

// usbAbove is the USB device that a directory of /sys is a part of, or nil.
func usbAbove(sys fs.FS, dir string) *USB {
	for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
		if vendor := text(sys, path.Join(dir, "idVendor")); vendor != "" {
			return &USB{Vendor: vendor, Product: text(sys, path.Join(dir, "idProduct")), Serial: text(sys, path.Join(dir, "serial")),
				VendorName: text(sys, path.Join(dir, "manufacturer")), ProductName: text(sys, path.Join(dir, "product"))}
		}
	}
	return nil
}

func text(sys fs.FS, name string) string {
	b, err := fs.ReadFile(sys, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// compareNames orders ttyUSB2 before ttyUSB10.
func compareNames(a, b string) int {
	wordA, numberA := splitNumber(a)
	wordB, numberB := splitNumber(b)
	return cmp.Or(strings.Compare(wordA, wordB), cmp.Compare(numberA, numberB))
}

func splitNumber(s string) (string, int) {
	word := strings.TrimRight(s, "0123456789")
	n, _ := strconv.Atoi(s[len(word):])
	return word, n
}
