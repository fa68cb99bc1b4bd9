//go:build !linux

package memlimit

// ReleaseProgram does nothing: other systems give such pages back as they like.
func ReleaseProgram() {}
