package main

import (
	"bytes"
	"debug/pe"
	"strings"
	"testing"
)

// The library that Wine lacks is one that a reader of such files takes.
func TestForwardingDLL(t *testing.T) {
	dll := forwardingDLL("a.dll", "Function", "b.Other")
	f, err := pe.NewFile(bytes.NewReader(dll))
	if err != nil {
		t.Fatal(err)
	}
	head, ok := f.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || f.Machine != pe.IMAGE_FILE_MACHINE_AMD64 || len(f.Sections) != 1 {
		t.Fatalf("machine %x, %d sections, header %T", f.Machine, len(f.Sections), f.OptionalHeader)
	}
	exports := head.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	data, err := f.Sections[0].Data()
	if err != nil || exports.VirtualAddress != f.Sections[0].VirtualAddress {
		t.Fatalf("exports at %x, section at %x, %v", exports.VirtualAddress, f.Sections[0].VirtualAddress, err)
	}
	if got := string(data[50:exports.Size]); got != "a.dll\x00Function\x00b.Other\x00" {
		t.Errorf("names %q", got)
	}
	if strings.Contains(string(dll[:64]), "Function") {
		t.Error("the names are in the header")
	}
}
