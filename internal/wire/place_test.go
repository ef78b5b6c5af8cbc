package wire

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProject(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "notebooks", "deep")
	other := t.TempDir()
	if err := errors.Join(
		os.MkdirAll(deep, 0o755), os.WriteFile(filepath.Join(root, "go.mod"), []byte("module "+ModulePath+"\n"), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, variable, gonb, want, reason string
	}{
		{"from below", "", deep, root, "the module's folder is upwards of the notebook's"},
		{"elsewhere", "", other, other, "no module above: the folder itself"},
		{"named", other, deep, other, "the variable comes first"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(ProjectVariable, tt.variable)
			t.Setenv("GONB_DIR", tt.gonb)
			if got, err := Project(); err != nil || got != tt.want {
				t.Errorf("Project() = %s, %v, want %s\nreason: %s", got, err, tt.want, tt.reason)
			}
		})
	}
}

// TestProjectPlanted puts a project of another user's above one's own folder, where everybody can.
func TestProjectPlanted(t *testing.T) {
	needRoot(t)
	t.Setenv(ProjectVariable, "")
	for _, tt := range []struct {
		name    string
		mode    fs.FileMode
		owner   int
		planted bool
		reason  string
	}{
		{"another user's in a folder for all", fs.ModeSticky | 0o777, other, true, "its binary would be executed"},
		{"my own in a folder for all", fs.ModeSticky | 0o777, os.Geteuid(), false, "the user put it there"},
		{"another user's checkout", 0o755, other, false, "a colleague's, which the user went to"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			mod, mine := filepath.Join(root, "go.mod"), filepath.Join(root, "mine")
			err := errors.Join(
				os.Mkdir(mine, 0o755), os.WriteFile(mod, []byte("module "+ModulePath+"\n"), 0o644),
				os.Chown(mod, tt.owner, -1), os.Chmod(root, tt.mode),
			)
			if err != nil {
				t.Fatal(err)
			}
			t.Setenv("GONB_DIR", mine)
			want := root
			if tt.planted {
				want = mine
			}
			if got, err := Project(); err != nil || got != want {
				t.Errorf("Project() = %s, %v, want %s\nreason: %s", got, err, want, tt.reason)
			}
		})
	}
}

func TestCheckRunName(t *testing.T) {
	for name, ok := range map[string]bool{
		"first": true, "a.b-c_1": true, "0": true, strings.Repeat("x", 64): true,
		"": false, ".": false, "..": false, ".hidden": false, "a/b": false, "a b": false, "-x": false,
		strings.Repeat("x", 65): false, "ü": false,
	} {
		if err := CheckRunName(name); (err == nil) != ok {
			t.Errorf("CheckRunName(%q) = %v, want ok %v", name, err, ok)
		}
	}
}

func TestBuildID(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	id, err := BuildID(exe)
	if again, _ := BuildID(exe); err != nil || id == "" || id != again {
		t.Errorf("BuildID of this test: %q, %q, %v", id, again, err)
	}
	if _, err := BuildID("/nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("BuildID of a missing file: %v", err)
	}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := BuildID(text); err == nil {
		t.Error("BuildID of a text: no error")
	}
}
