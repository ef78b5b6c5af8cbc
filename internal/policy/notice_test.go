package policy

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// holder is a line of a licence that names whose work it is.
var holder = regexp.MustCompile(`(?i)^\s*(digitized data )?copyright\b.*\d{4}`)

// TestNotice: what the program links stands in NOTICE, with those whose work it is, and nothing else does.
func TestNotice(t *testing.T) {
	cmd := exec.CommandContext(
		t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}\t{{.Dir}}{{end}}", "./cmd/primewindow",
	)
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	notice := string(read(t, "NOTICE"))
	linked := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && path != module {
			linked[path] = dir
		}
	}
	if len(linked) < 10 {
		t.Fatalf("%d modules linked: %v", len(linked), linked)
	}
	for path, dir := range linked {
		_, entry, ok := strings.Cut(notice, "\n"+path+"\n")
		if !ok {
			t.Errorf("NOTICE lacks %s, which cmd/primewindow links: read its licence in %s", path, dir)
			continue
		}
		entry, _, _ = strings.Cut(entry, "\n\n")
		for _, name := range []string{"LICENSE", "LICENSE.md", "NOTICE", "NOTICE.txt"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			for s := bufio.NewScanner(strings.NewReader(string(text))); s.Scan(); {
				if holder.MatchString(s.Text()) && !strings.Contains(entry, strings.TrimSpace(s.Text())) {
					t.Errorf("NOTICE says of %s nothing of %q, as its %s does", path, s.Text(), name)
				}
			}
		}
	}
	_, list, _ := strings.Cut(notice, "\nthe Go standard library\n")
	list, _, _ = strings.Cut(list, "\nInstalled beside")
	for _, entry := range strings.Split(list, "\n\n")[1:] {
		name, _, _ := strings.Cut(entry, "\n")
		if name = strings.TrimSuffix(name, "\n"); name != "" && !strings.HasPrefix(name, " ") && linked[name] == "" {
			t.Errorf("NOTICE names %s, which is not linked", name)
		}
	}
	if !strings.Contains(string(read(t, "README.md")), "`NOTICE`") {
		t.Error("the README does not name NOTICE")
	}
}
