package xla

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/programs"
)

// TestKept: a program that another process has compiled is loaded, and computes the same bits.
func TestKept(t *testing.T) {
	plugin, dir := realPlugin(t), filepath.Join(t.TempDir(), "programs")
	off := child(t, plugin, "off")
	off.expect(t, "nothing is kept", 1, 0, off.Losses)
	if off.NotKept != "" {
		t.Errorf("off, and yet %q", off.NotKept)
	}
	first := child(t, plugin, dir)
	first.expect(t, "the first time", 1, 0, off.Losses)
	child(t, plugin, dir).expect(t, "the second time", 0, 1, off.Losses)

	t.Run("another path", func(t *testing.T) {
		lib := t.TempDir() // kernels, where there are some, lie beside the plugin's folder
		for from, to := range map[string]string{
			filepath.Dir(plugin):                              "pjrt",
			filepath.Join(filepath.Dir(plugin), "../kernels"): "kernels",
		} {
			if err := os.Symlink(from, filepath.Join(lib, to)); err != nil {
				t.Fatal(err)
			}
		}
		link := filepath.Join(lib, "pjrt", filepath.Base(plugin))
		child(t, link, dir).expect(t, "it is the same plugin", 0, 1, off.Losses)
	})
	t.Run("flags", func(t *testing.T) {
		child(t, plugin, dir, FlagsVariable+"="+DepthFirst).expect(t, "other flags", 1, 0, off.Losses)
		child(t, plugin, dir, FlagsVariable+"="+DepthFirst).expect(t, "the same flags", 0, 1, off.Losses)
		file := filepath.Join(t.TempDir(), "flags")
		hosttest.WriteFile(t, file, []byte(DepthFirst+"\n"))
		child(t, plugin, dir, FlagsVariable+"="+file).expect(t, "flags in a file", 1, 0, off.Losses)
		hosttest.WriteFile(t, file, []byte("--xla_cpu_enable_fast_min_max=true\n"))
		child(t, plugin, dir, FlagsVariable+"="+file).expect(t, "other flags in the same file", 1, 0, off.Losses)
		dump := t.TempDir()
		got := child(t, plugin, dir, FlagsVariable+"=--xla_dump_to="+dump)
		got.expect(t, "whoever wants to see the compiler's work", 1, 0, off.Losses)
		if list, err := os.ReadDir(dump); err != nil || len(list) == 0 ||
			!strings.Contains(got.NotKept, "XLA_FLAGS asks the compiler") {
			t.Errorf("%d files written, %v, NotKept %q", len(list), err, got.NotKept)
		}
	})
	t.Run("rewriting", func(t *testing.T) {
		child(t, plugin, dir, rewriteVariable+"=v1 ").expect(
			t, "another version, even of the same text", 1, 0, off.Losses,
		)
		changed := child(t, plugin, dir, rewriteVariable+"=v2 stablehlo.tanh>stablehlo.logistic")
		if changed.Programs.Compiled != 1 || changed.Losses[0] == off.Losses[0] {
			t.Errorf("%+v: the text that is changed is not what was compiled", changed)
		}
		child(
			t, plugin, dir, rewriteVariable+"=v2 stablehlo.tanh>stablehlo.logistic",
		).expect(t, "changed, the second time", 0, 1, changed.Losses)
		child(
			t, plugin, "off", rewriteVariable+"=v2 stablehlo.tanh>stablehlo.logistic",
		).expect(t, "changed, nothing kept", 1, 0, changed.Losses)
		got := child(t, plugin, dir, rewriteVariable+"=v3 panic")
		got.expect(t, "a rewriting that panics", 1, 0, off.Losses)
		if !strings.Contains(got.NotKept, "a defect of the rewriting") {
			t.Errorf("NotKept %q, want the panic", got.NotKept)
		}
		broken, err := read(command(t, plugin, dir, rewriteVariable+"=v4 stablehlo.tanh>stablehlo.nonsense").Output())
		if err != nil || !strings.Contains(broken.Error, "nonsense") {
			t.Errorf("%v %q, want the compiler's words", err, broken.Error)
		}
	})
	t.Run("cores", func(t *testing.T) {
		child(t, plugin, dir, coresVariable+"=1").expect(t, "another number of threads", 1, 0, off.Losses)
	})
}

// TestSpoiledPrograms: what cannot be trusted or loaded is compiled again and takes the entry's place.
func TestSpoiledPrograms(t *testing.T) {
	plugin, dir := realPlugin(t), filepath.Join(t.TempDir(), "programs")
	good := child(t, plugin, dir)
	path := entry(t, dir)
	whole := hosttest.ReadFile(t, path)
	const header = 8 + sha256.Size + 8 + sha256.Size
	key, body := programs.Key(whole[8:]), whole[header:]
	// sealed is an entry with a header that is right, around a program that is not.
	sealed := func(b []byte) []byte {
		s, err := programs.Open(t.TempDir(), 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		s.Put(key, b)
		list, err := filepath.Glob(filepath.Join(s.Dir(), "*"))
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return hosttest.ReadFile(t, list[0])
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for _, tt := range []struct {
		name string
		file []byte
	}{
		{"cut", whole[:len(whole)/2]},
		{"flipped", flipped},
		{"empty", nil},
		{"no program", sealed([]byte("no program at all"))},
		{"half a program", sealed(body[:len(body)/2])},
		{"zeros", sealed(make([]byte, len(body)))},
	} {
		if err := os.WriteFile(path, tt.file, 0o600); err != nil {
			t.Fatal(err)
		}
		got := child(t, plugin, dir)
		got.expect(t, tt.name, 1, 0, good.Losses)
		if got.Programs.Spoiled != 1 || got.NotKept != "" {
			t.Errorf("%s: %d counted, %q", tt.name, got.Programs.Spoiled, got.NotKept)
		}
		child(t, plugin, dir).expect(t, tt.name+", and kept again", 0, 1, good.Losses)
	}

	t.Run("others may write to it", func(t *testing.T) {
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
		got := child(t, plugin, dir)
		got.expect(t, "a file of all", 1, 0, good.Losses)
		if !strings.Contains(got.NotKept, "may be written to by others") {
			t.Errorf("NotKept %q", got.NotKept)
		}
		child(t, plugin, dir).expect(t, "it was replaced by one's own", 0, 1, good.Losses)
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		child(t, plugin, dir).expect(t, "a folder of all", 1, 0, good.Losses)
	})
	t.Run("nowhere to write to", func(t *testing.T) {
		got := child(t, plugin, filepath.Join(path, "below"))
		got.expect(t, "below a file", 1, 0, good.Losses)
		if !strings.Contains(got.NotKept, "not a directory") {
			t.Errorf("NotKept %q", got.NotKept)
		}
	})
}

// TestProcessesAtOnce has four processes compile and keep the same program.
func TestProcessesAtOnce(t *testing.T) {
	plugin, dir := realPlugin(t), filepath.Join(t.TempDir(), "programs")
	var all sync.WaitGroup
	results := make([]told, 4)
	for i := range results {
		cmd := command(t, plugin, dir)
		all.Go(func() {
			got, err := read(cmd.Output())
			if err != nil || got.Error != "" || got.NotKept != "" || got.Programs.Spoiled != 0 {
				t.Errorf("child: %v %+v", err, got)
			}
			results[i] = got
		})
	}
	all.Wait()
	child(t, plugin, dir).expect(t, "afterwards", 0, 1, results[0].Losses)
}

// altered makes a plugin that is the real one but for its table of functions.
func altered(t *testing.T, change string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: install cc")
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	hosttest.WriteFile(t, filepath.Join(dir, "plugin.c"), []byte(`#include "seam.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
static seam_api *own;
// fails returns the error of a program that cannot be compiled.
static void *fails(void *args) {
	seam_program none = {.struct_size = sizeof none, .code = "no", .code_size = 2, .format = "no", .format_size = 2};
	seam_compile bad = {.struct_size = sizeof bad, .program = &none};
	return ((void *(*)(void *))own->call[SEAM_CLIENT_COMPILE])(&bad);
}
void *GetPjrtApi(void) {
	static seam_api *api;
	if (api) return api;
	void *library = dlopen("`+realPlugin(t)+`", RTLD_LAZY | RTLD_LOCAL);
	seam_api *(*get)(void) = (seam_api *(*)(void))dlsym(library, "GetPjrtApi");
	api = malloc(get()->struct_size);
	memcpy(api, get(), get()->struct_size);
	`+change+`
	return api;
}
`))
	path := filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")
	if out, err := exec.CommandContext(
		t.Context(), cc, "-shared", "-fPIC", "-I", here, "-o", path, filepath.Join(dir, "plugin.c"), "-ldl",
	).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return path
}

// TestOtherPlugins: a plugin that cannot keep programs, or has another table, runs as it did without a store.
func TestOtherPlugins(t *testing.T) {
	plain := child(t, realPlugin(t), "off")
	for _, tt := range []struct {
		name, change string
		compiled     int
		reason       string
	}{
		{
			"without functions that keep", "api->call[SEAM_EXECUTABLE_SERIALIZE] = 0;", 1,
			"the plugin cannot write what it has compiled",
		},
		{
			"that fails to keep", "own = get(); api->call[SEAM_EXECUTABLE_SERIALIZE] = (void *)fails;", 1,
			"the plugin cannot write what it has compiled: ",
		},
		{"with another table", "api->version.major = 1;", 0, "its interface is not of version 0"},
		{
			"with a short table",
			"api->struct_size = offsetof(seam_api, call) + SEAM_EXECUTABLE_DESERIALIZE_AND_LOAD * sizeof(void *);", 0,
			"its table of functions is too short",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "programs")
			got := child(t, altered(t, tt.change), dir)
			got.expect(t, tt.name, tt.compiled, 0, plain.Losses)
			if !strings.Contains(got.NotKept, tt.reason) {
				t.Errorf("NotKept %q, want %q", got.NotKept, tt.reason)
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("something was kept: %v", err)
			}
		})
	}
}

// TestDescription: the backend is described as go-xla describes it without the seam.
func TestDescription(t *testing.T) {
	plugin := realPlugin(t)
	led := child(t, plugin, "off")
	if !strings.HasPrefix(led.Description, "xla:"+plugin+" - PJRT plugin ("+plugin+") v0.") {
		t.Errorf("%s: want the plugin's path once as its name and once as where it is", led.Description)
	}
}

// TestProcessors reads what two systems say of their processors.
func TestProcessors(t *testing.T) {
	x86 := "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 17\nmodel name\t: EPYC\nmicrocode\t: 0x1\ncpu " +
		"MHz\t\t: 2596.1\nflags\t\t: fpu avx2\nbugs\t\t: none\n\n"
	arm := "processor\t: 0\nBogoMIPS\t: 50\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n"
	want := "vendor_id: AuthenticAMD\nmodel: 17\nmodel name: EPYC\nflags: fpu avx2"
	for _, tt := range []struct{ info, want, reason string }{
		{x86, want, "no clock, no microcode, no number"},
		{x86 + strings.Replace(x86, "2596.1", "1200.0", 1), want, "two of a kind are one"},
		{arm, "Features: fp asimd\nCPU implementer: 0x41\nCPU part: 0xd0c", "ARM"},
		{arm + x86, "Features: fp asimd\nCPU implementer: 0x41\nCPU part: 0xd0c\n\n" + want, "two kinds"},
		{x86 + arm, "Features: fp asimd\nCPU implementer: 0x41\nCPU part: 0xd0c\n\n" + want, "whichever is first"},
		{"nothing known: here\n", "", "another system"},
	} {
		if got := processors([]byte(tt.info)); got != tt.want {
			t.Errorf("processors = %q, want %q: %s", got, tt.want, tt.reason)
		}
	}
}
