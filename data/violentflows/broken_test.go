package violentflows

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestBroken spoils a set in one way after the other. What shows in decoding alone is met by reading.
func TestBroken(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir()) // whole clips are decoded once
	good := plain(t, ".avi", "red", 1, 440)
	bad := "violentflows/3/Violence/" + madeName(3, 1, 1)
	file := filepath.Base(bad)
	type fault datatest.Fault
	for _, tt := range []fault{
		{"empty", func(m datatest.Files) { m[bad] = nil }, file + ": empty", false, false, "a download that broke off"},
		{
			"no AVI", func(m datatest.Files) { m[bad] = []byte("<html>not found</html>") },
			file + ": a web page, not the file itself", false, false, "a download that was refused",
		},
		{
			"garbage", func(m datatest.Files) { m[bad] = []byte("neither this nor that.") },
			file + `: 22 bytes, begins with "neit", want an AVI file`, false, false, "no format begins so",
		},
		{
			"truncated", func(m datatest.Files) { m[bad] = good[:len(good)/2] }, file + `: truncated: chunk "LIST"`,
			false, false, "a download that broke off",
		},
		{
			"folder", func(m datatest.Files) { delete(m, bad); m[bad+"/x"] = nil }, file + ": not a regular file",
			false, false, "no file",
		},
		{
			"no picture", func(m datatest.Files) { m[bad] = avi(auds()) }, file + ": no video stream", false, false,
			"sound alone",
		},
		{
			"no frames", func(m datatest.Files) { m[bad] = avi(vids(), auds()) }, file + ": ", true, false,
			"headers without what they promise",
		},
		{
			"twice", func(m datatest.Files) { m[strings.Replace(bad, ".avi", ".mp4", 1)] = good },
			".mp4: " + file + " is there too, want one file of a clip", false, false, "one clip in two formats",
		},
		{
			"no fold", func(m datatest.Files) { m.Without("violentflows/3/") },
			"3: no such folder, want the owners' folds 1 to 5", false, true, "a download that lacks one",
		},
		{
			"no class", func(m datatest.Files) { m.Without("violentflows/3/Violence") },
			"Violence: no such folder, want the clips of a class", false, true, "likewise",
		},
		{
			"two folders", func(m datatest.Files) { m["violentflows/3/violence/x.avi"] = good },
			"violence: Violence is there too, want one folder", false, true, "which one is meant",
		},
		{"no clips", func(m datatest.Files) {
			m.Without("violentflows/3/Violence")
			m["violentflows/3/Violence/readme.txt"] = nil
		}, "Violence: no clips, want .avi files", false, true, "an empty class"},
		{
			"no folds", func(m datatest.Files) { m.Without("violentflows/"); m["violentflows/x"] = nil },
			"violentflows: no folders 1 to 5", false, true, "another folder",
		},
		{"no sound", func(m datatest.Files) {
			for name := range m {
				m[name] = avi(vids())
			}
		}, "not supported: a set without sound: none of 20 clips has any", false, true,
			"Hockey Fights for example: one modality would always be the same"},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			left := 15
			if tt.Name == "twice" {
				left = 16
			}
			loader.Broken(t, madeClips(2, good, good), datatest.Fault(tt), 7, left)
		})
	}
}

// TestSeveral counts faults.
func TestSeveral(t *testing.T) {
	m := madeClips(2, avi(vids(), auds()), nil)
	_, err := Open(m.Write(t), loader.Settings())
	if err == nil || !strings.HasSuffix(err.Error(), ".avi: empty (the first of 10 faults)") {
		t.Errorf("Open: %v, want the first of ten empty clips", err)
	}
	if format, ok := errors.AsType[*data.FormatError](err); !ok || format.Reason != "empty" {
		t.Errorf("Open: %v, want a FormatError", err)
	}
}

// TestLinks follows links, and names one that leads nowhere.
func TestLinks(t *testing.T) {
	dir := madeClips(1, avi(vids(), auds()), nil).Write(t)
	folder, elsewhere := filepath.Join(dir, "violentflows", "2"), filepath.Join(t.TempDir(), "2")
	if err := os.Rename(folder, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, folder); err != nil {
		t.Skipf("no links here: %v", err)
	}
	loader.Must(t, dir)
	loop := filepath.Join(elsewhere, "Violence", madeName(2, 1, 0))
	for _, tt := range []struct{ path, want, reason string }{
		{loop, filepath.Base(loop) + ": too many", "a clip that is a link to itself"},
		{filepath.Join(elsewhere, "Violence"), "Violence: too many", "a folder that is a link to itself"},
	} {
		if err := os.RemoveAll(tt.path); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(tt.path, tt.path); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, loader.Settings()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %q: %s", err, tt.want, tt.reason)
		}
	}
}

func TestSettingErrors(t *testing.T) {
	for _, settings := range []map[string]any{
		{"fold": 0}, {"fold": 6}, {"silent": "no"}, {"frames": 1.5}, {"sound_seconds": 60}, {"side": 3},
	} {
		if _, err := Open("no folder", settings); err == nil || !strings.HasPrefix(err.Error(), "violentflows: ") ||
			strings.Contains(err.Error(), "no folder") {
			t.Errorf("Open with %v: %v, want an error about the setting", settings, err)
		}
	}
}
