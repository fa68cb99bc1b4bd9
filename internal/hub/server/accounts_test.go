package server

import (
	"os"
	"path/filepath"
	"testing"
)

// Servers that were configured when the registry had no account of its own are given it when the
// service starts.
func TestServersAreGivenTheAccountOfTheRegistry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, err := LoadAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	node, err := StartNode(a, NodeOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(node.Close)
	account := filepath.Join(dir, "accounts", public(a.registry)+".jwt")
	if err := os.Remove(account); err != nil {
		t.Fatal(err)
	}
	s, err := StartService(t.Context(), a, ServiceOptions{URLs: "tls://" + node.Addr().String(), Pin: node.Pin(), Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if _, err := os.Stat(account); err != nil {
		t.Errorf("the server does not have it: %v", err)
	}
}
