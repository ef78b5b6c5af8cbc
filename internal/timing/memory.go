package timing

import (
	"os"
	"strconv"
	"strings"
)

// PeakMiB is the largest resident size of this process so far; 0 where the system does not say.
func PeakMiB() float64 { return mib("/proc/self/status", "VmHWM:") }

// AvailableMiB is the memory that the system can give to processes; 0 where it does not say.
func AvailableMiB() float64 { return mib("/proc/meminfo", "MemAvailable:") }

// mib reads a line of a file of the kernel's, in which sizes are in KiB.
func mib(path, name string) float64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kib, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kib / 1024
		}
	}
	return 0
}
