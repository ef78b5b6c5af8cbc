package xla

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestMachine: the line by which records of the same kind of machine are known is one line, the same each time.
func TestMachine(t *testing.T) {
	if m := Machine(); m != Machine() || !strings.HasSuffix(m, fmt.Sprintf(", %d cores", runtime.NumCPU())) ||
		strings.Contains(m, "\n") {
		t.Errorf("%q", m)
	}
}
