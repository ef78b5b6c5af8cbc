//go:build !linux

package video

import "os/exec"

// ownGroup does nothing: elsewhere the command alone is killed.
func ownGroup(*exec.Cmd) {}

// limitMemory does nothing: elsewhere only the bytes that come out are bounded.
func limitMemory(int, int64) {}
