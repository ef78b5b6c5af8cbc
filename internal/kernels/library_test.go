package kernels

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// made compiles a library of C's text.
func made(t *testing.T, text string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: install cc")
	}
	dir := t.TempDir()
	source, path := filepath.Join(dir, "made.c"), filepath.Join(dir, File)
	if err := os.WriteFile(source, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), cc, "-shared", "-fPIC", "-o", path, source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return path
}

// ours finds the library that the set-up built.
func ours(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, ".venv", "lib", "kernels", File)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	t.Skip("no library of kernels, `make lab` builds it")
	return ""
}

// TestLoad names what is wrong with a library, or with the plugin.
func TestLoad(t *testing.T) {
	const whole = "int primewindow_kernels_version(void) { return VERSION; }\n" +
		"const char *primewindow_kernels_describe(void) { return \"made 1.2.3\"; }\n" +
		"const char *primewindow_kernels_isa(void) { return \"made\"; }\n" +
		"long primewindow_kernels_calls(void) { return 7; }\n" +
		"void primewindow_kernels_prepare(const long *list, long n) {}\n" +
		"const char *primewindow_kernels_register(const void *api) { return WHY; }\n"
	text := func(version int, why string) string {
		return strings.NewReplacer("VERSION", strconv.Itoa(version), "WHY", strconv.Quote(why)).Replace(whole)
	}
	dir := t.TempDir()
	letter := filepath.Join(dir, "letter.so")
	if err := os.WriteFile(letter, []byte(strings.Repeat("dear reader, ", 100)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, path, want string }{
		{"missing", filepath.Join(dir, "none.so"), ErrMissing.Error()},
		{"no library", letter, "invalid ELF header"},
		{"another library", made(t, "int other(void) { return 1; }\n"), "not a library of kernels"},
		{"another version", made(t, text(Version+1, "")), fmt.Sprintf("is of version %d, want %d", Version+1, Version)},
		{"refuses", made(t, text(Version, "the plugin refuses")), "kernels: the plugin refuses"},
		{"not linked", made(t, "int missing(void);\nint version(void) { return missing(); }\n"), "symbol: missing"},
		{"whole", made(t, text(Version, "")), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var api [2]uintptr // of a plugin without extensions
			lib, err := Load(tt.path, unsafe.Pointer(&api))
			switch {
			case tt.want == "":
				name := fmt.Sprintf("%d, made 1.2.3", Version)
				if err != nil || lib.Name != name || lib.ISA != "made" || lib.Calls() != 7 {
					t.Errorf("%+v, %v", lib, err)
				}
			case err == nil || !strings.Contains(err.Error(), tt.want):
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if errors.Is(err, ErrMissing) != (tt.name == "missing") {
				t.Errorf("%v: only a library that is not there is missing", err)
			}
		})
	}
}

// TestPlugin loads the real library for a plugin that cannot have it, and wants its source to be of the package's
// version.
func TestPlugin(t *testing.T) {
	path := ours(t)
	none := [2]uintptr{16, 0}
	if _, err := Load(path, unsafe.Pointer(&none)); err == nil || !strings.Contains(err.Error(), "no FFI extension") {
		t.Errorf("without extensions: %v", err)
	}
	v := regexp.MustCompile(`#define PRIMEWINDOW_KERNELS (\d+)`).FindStringSubmatch(readSource(t))
	if v == nil || v[1] != strconv.Itoa(Version) {
		t.Errorf("native/library.cc is of version %v, the package of %d", v, Version)
	}
}

func readSource(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("native/library.cc")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
