package timing

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip(err)
	}
	before := PeakMiB()
	kept := make([]byte, 64<<20)
	for i := 0; i < len(kept); i += 4096 {
		kept[i] = 1
	}
	if after := PeakMiB(); before <= 0 || after < 64 || kept[4096] != 1 {
		t.Errorf("%v MiB, and %v with 64 more", before, after)
	}
	if free := AvailableMiB(); free <= 0 {
		t.Errorf("%v MiB available", free)
	}
	path := filepath.Join(t.TempDir(), "file")
	for text, want := range map[string]float64{
		"A:\t 2048 kB\nVmHWM:\t    1024 kB\n": 1, "VmHWMx: 1024 kB\n": 0, "VmHWM:\n": 0, "": 0,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := mib(path, "VmHWM:"); got != want {
			t.Errorf("%q: %v MiB, want %v", text, got, want)
		}
	}
	if got := mib(path+".none", "VmHWM:"); got != 0 {
		t.Errorf("no file: %v", got)
	}
}
