package xla

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/cpu"
)

// Machine describes the machine that this is, as runs and records keep it: a processor's name, what its vendor numbers
// it by, the widest vectors that it has, and how many of its cores there are: what XLA's code for it hangs on. Virtual
// machines give names that are shared by several generations. It is looked up once.
func Machine() string { return machine() }

var machine = sync.OnceValue(func() string {
	info := map[string]string{} // of the first core
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			key, value, ok := strings.Cut(line, ":")
			if key = strings.TrimSpace(key); ok && info[key] == "" {
				info[key] = strings.TrimSpace(value)
			}
		}
	}
	var kind []string
	for _, key := range []string{"cpu family", "model", "CPU implementer", "CPU part"} {
		if info[key] != "" {
			kind = append(kind, key+" "+info[key])
		}
	}
	for _, v := range []struct {
		name string
		has  bool
	}{{"AVX-512", cpu.X86.HasAVX512F}, {"AVX2", cpu.X86.HasAVX2}, {"AVX", cpu.X86.HasAVX}, {"SVE", cpu.ARM64.HasSVE}} {
		if v.has {
			kind = append(kind, v.name)
			break
		}
	}
	name := cmp.Or(info["model name"], runtime.GOARCH)
	if len(kind) > 0 {
		name += " (" + strings.Join(kind, ", ") + ")"
	}
	return fmt.Sprintf("%s, %d cores", name, runtime.NumCPU())
})
