package run

import (
	"os/signal"
	"syscall"
	"testing"
)

// ignoreFileSize lets a write beyond the limit fail instead of ending the process.
func ignoreFileSize(t *testing.T) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { signal.Reset(syscall.SIGXFSZ) })
}
