package policy

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Limits on what a reader has to take in at once, and on what a clone has to fetch.
const (
	maxLines = 600       // of a Go file; nine in ten stay under 450
	maxBytes = 4_000_000 // of any one file: a notebook holds a dozen pictures
	maxTree  = 36 << 20  // of all of them: fourteen notebooks with their pictures are more than half of it
)

// machinePaths are beginnings of absolute paths that hold on one machine only. They are put together from halves, so
// that this file does not contain what it forbids.
var machinePaths = regexp.MustCompile(
	`(/ho` + `me/|/Us` + `ers/|/ro` + `ot/|/wo` + `rk/|[A-Z]:\\Us` + `ers)[A-Za-z0-9_.]`,
)

// hosts are the registries' own names: they change, and mirrors serve the same packages.
var hosts = regexp.MustCompile(
	`proxy\.gol` + `ang\.org|files\.pytho` + `nhosted\.org|pyp` + `i\.org|deb\.deb` + `ian\.org|registry\.npm` +
		`js\.org`,
)

// root is the checkout's top folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// treeFiles lists what git would commit, or skips where there is no git checkout.
func treeFiles(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("the rules for files need a git checkout: git ls-files: %v", err)
	}
	var files []string
	for name := range strings.SplitSeq(string(out), "\x00") {
		st, err := os.Lstat(filepath.Join(root(t), name))
		if name == "" || err != nil || !st.Mode().IsRegular() {
			continue // deleted and not yet committed, or a link
		}
		files = append(files, name)
	}
	if len(files) == 0 {
		t.Fatal("git ls-files names no file")
	}
	return files
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func isText(b []byte) bool { return bytes.IndexByte(b[:min(len(b), 8000)], 0) < 0 }

func TestNoMachinePaths(t *testing.T) {
	for _, name := range treeFiles(t) {
		b := read(t, name)
		if !isText(b) {
			continue
		}
		for i, line := range bytes.Split(b, []byte("\n")) {
			if m := machinePaths.Find(line); m != nil {
				t.Errorf("%s:%d: a path of one machine: %s…", name, i+1, m)
			}
			if m := hosts.Find(line); m != nil {
				t.Errorf("%s:%d: a registry's host name: %s", name, i+1, m)
			}
		}
	}
}

func TestFileSizes(t *testing.T) {
	total := 0
	for _, name := range treeFiles(t) {
		b := read(t, name)
		total += len(b)
		if len(b) > maxBytes {
			t.Errorf("%s: %d bytes, want at most %d", name, len(b), maxBytes)
		}
		if lines := bytes.Count(b, []byte("\n")); strings.HasSuffix(name, ".go") && lines > maxLines {
			t.Errorf("%s: %d lines, want at most %d: split it by subject", name, lines, maxLines)
		}
	}
	if total > maxTree {
		t.Errorf("the tree holds %d bytes, want at most %d", total, maxTree)
	}
}

// TestFolders holds the top level to the README's map, where each folder has a sentence.
func TestFolders(t *testing.T) {
	readme := string(read(t, "README.md"))
	seen := make(map[string]bool)
	for _, name := range treeFiles(t) {
		folder, _, nested := strings.Cut(name, "/")
		if !nested || seen[folder] {
			continue
		}
		seen[folder] = true
		if !strings.Contains(readme, "`"+folder+"/") {
			t.Errorf("folder %s is not in the README's map", folder)
		}
		switch folder {
		case "pkg", "utils", "common", "examples", "docs":
			t.Errorf("folder %s: a name that says nothing; examples and documents stand beside the code", folder)
		}
	}
}

func TestGoModuleIsOne(t *testing.T) {
	for _, name := range treeFiles(t) {
		if filepath.Base(name) == "go.mod" && name != "go.mod" && !strings.HasPrefix(name, "tools/") {
			t.Errorf("%s: the product is one module; only tools has modules of its own", name)
		}
		if base := filepath.Base(name); base == "go.work" || base == "go.work.sum" {
			t.Errorf("%s: a workspace is a developer's own", name)
		}
	}
}
