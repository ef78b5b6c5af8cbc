package xla

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
)

// needing makes a PJRT plugin that is linked against a library which is not there when it is loaded.
func needing(t *testing.T, plugin, library string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: install cc")
	}
	dir := t.TempDir()
	hosttest.WriteFile(t, filepath.Join(dir, "library.c"), []byte("int needed(void) { return 0; }\n"))
	hosttest.WriteFile(
		t, filepath.Join(dir, "plugin.c"),
		[]byte("int needed(void);\nvoid *GetPjrtApi(void) { needed(); return 0; }\n"),
	)
	path := filepath.Join(dir, plugin)
	for _, args := range [][]string{
		{"-shared", "-fPIC", "-Wl,-soname," + library, "-o", library, "library.c"},
		{"-shared", "-fPIC", "-o", plugin, "plugin.c", "./" + library},
	} {
		cmd := exec.CommandContext(t.Context(), cc, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("cc %v: %v\n%s", args, err, out)
		}
	}
	if err := os.Remove(filepath.Join(dir, library)); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMissingDriver: a plugin that lacks something on the machine is told apart from a file that is no plugin.
func TestMissingDriver(t *testing.T) {
	for _, tt := range []struct{ name, plugin, library, message, hint, reason string }{
		{
			"driver", "pjrt_c_api_cuda_plugin.so", "libcuda.so.1",
			"NVIDIA's driver is missing on this machine: libcuda.so.1 is not there", "nvidia-smi",
			"a machine without NVIDIA's driver",
		},
		{
			"part of the driver", "pjrt_c_api_cuda_plugin.so", "libnvidia-made.so.1", "NVIDIA's driver is missing",
			"nvidia-smi", "likewise",
		},
		{
			"library of CUDA", "pjrt_c_api_cuda_plugin.so", "libcudnn-made.so.9",
			"the library libcudnn-made.so.9, which it needs, is not on this machine", "BACKEND=cuda make lab",
			"the set-up brings it",
		},
		{
			"another library", "pjrt_c_api_other_plugin.so", "libmade.so.3", "the library libmade.so.3, which it needs",
			"ldd", "no plugin of NVIDIA's",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := needing(t, tt.plugin, tt.library)
			for _, config := range []string{
				"xla:" + path, "xla:" + strings.TrimSuffix(strings.TrimPrefix(tt.plugin, "pjrt_c_api_"), "_plugin.so"),
			} {
				t.Setenv(BackendVariable, config)
				t.Setenv(PluginPathVariable, filepath.Dir(path))
				_, err := OpenBackend(t.TempDir())
				if p, ok := errors.AsType[*wire.Problem](err); !ok || !strings.Contains(p.Message, tt.message) ||
					!strings.Contains(p.Hint, tt.hint) {
					t.Errorf("%s: %+v, want %q, hint %q\nreason: %s", config, err, tt.message, tt.hint, tt.reason)
				}
			}
		})
	}
	t.Run("no device", func(t *testing.T) {
		if HasDevice() {
			t.Skip("this machine has NVIDIA's driver")
		}
		err := loadProblem("pjrt_c_api_cuda_plugin.so", "failed call to cuInit: UNKNOWN ERROR (303)")
		if p, ok := errors.AsType[*wire.Problem](err); !ok ||
			!strings.Contains(
				p.Message, "NVIDIA's driver is missing on this machine: it shows no device: failed call to cuInit",
			) {
			t.Errorf("%v, want the driver named", err)
		}
	})
}
