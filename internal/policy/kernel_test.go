package policy

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestKernelPath: completion speaks over a socket that the kernel makes in its folder for temporary files, whatever the
// length of the project's path. Linux lets a socket's path have 107 bytes.
func TestKernelPath(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("tools/kernel.py needs Python: %v", err)
	}
	for _, tt := range []struct {
		name    string
		project int // bytes of the project's path
		home    string
		fits    bool
		own     bool // VENV/tmp itself
		reason  string
	}{
		{"short", 40, "home", true, true, "nothing to shorten"},
		{"last that fits", 70, "home", true, true, "107 bytes"},
		{"first that does not", 71, "home", true, false, "a byte more"},
		{"long", 300, "home", true, false, "of any length"},
		{"all is long", 300, strings.Repeat("home", 20), false, true, "then it is said"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base, err := os.MkdirTemp("/tmp", "pw") //nolint:usetesting // short: a socket's path may have 107 bytes
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(base) })
			project := base
			for left := tt.project - len(base); left > 0; left = tt.project - len(project) {
				n := min(left-1, 100)
				if left-1-n == 1 { // a slash alone is no step
					n--
				}
				project += "/" + strings.Repeat("x", n)
			}
			spec := filepath.Join(project, ".venv", "share", "jupyter", "kernels", "gonb", "kernel.json")
			err = errors.Join(
				os.MkdirAll(filepath.Dir(spec), 0o755), os.Mkdir(filepath.Join(project, ".venv", "tmp"), 0o755),
				os.WriteFile(spec, []byte(`{"argv": [""]}`), 0o600),
			)
			if err != nil || len(project) != tt.project {
				t.Fatalf("project of %d bytes, want %d: %v", len(project), tt.project, err)
			}
			cmd := exec.CommandContext(
				t.Context(), python, filepath.Join(root(t), "tools", "kernel.py"), filepath.Join(project, ".venv"),
				project,
			)
			cmd.Env = append(os.Environ(), "HOME="+filepath.Join(base, tt.home), "XDG_STATE_HOME=")
			said, err := cmd.CombinedOutput()
			if err != nil || (len(said) > 0) == tt.fits || !tt.fits && !strings.Contains(string(said), "\nhint: ") {
				t.Fatalf("kernel.py: %v, want words only where nothing fits\n%s", err, said)
			}
			var kernel struct{ Env map[string]string }
			text, err := os.ReadFile(spec)
			if err := errors.Join(err, json.Unmarshal(text, &kernel)); err != nil {
				t.Fatal(err)
			}
			tmp := kernel.Env["TMPDIR"]
			if (tmp == filepath.Join(project, ".venv", "tmp")) != tt.own {
				t.Errorf("TMPDIR %s\nreason: %s", tmp, tt.reason)
			}
			folder := filepath.Join(tmp, "gonb_12345678") // as gonb names it
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(project, ".venv", "tmp", "gonb_12345678")); err != nil {
				t.Errorf("kernels' files lie outside of .venv/tmp, where they are cleared: %v", err)
			}
			l, err := net.Listen("unix", filepath.Join(folder, "gopls_socket"))
			if err == nil {
				err = l.Close()
			}
			if (err == nil) != tt.fits {
				t.Errorf(
					"a socket in %d bytes of path: %v, want %v\nreason: %s", len(folder)+len("/gopls_socket"), err,
					tt.fits, tt.reason,
				)
			}
		})
	}
}
