package violentflows

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
)

// TestBroken spoils a set in one way after the other. What shows in decoding alone is met by reading.
func TestBroken(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir()) // whole clips are decoded once
	good := plain(t, ".avi", "red", 1, 440)
	bad := "violentflows/3/Violence/" + madeName(3, 1, 1)
	file := filepath.Base(bad)
	without := func(m made, prefix string) {
		maps.DeleteFunc(m, func(name string, _ []byte) bool { return strings.HasPrefix(name, prefix) })
	}
	for _, tt := range []struct {
		name   string
		spoil  func(m made)
		want   string // in the error, which names the file
		late   bool   // only reading the sample shows it
		whole  bool   // no sample is to blame
		reason string
	}{
		{"empty", func(m made) { m[bad] = nil }, file + ": empty", false, false, "a download that broke off"},
		{"no AVI", func(m made) { m[bad] = []byte("<html>not found</html>") }, file + `: 22 bytes, begins with "<htm", want an AVI file`, false, false, "a download of something else"},
		{"truncated", func(m made) { m[bad] = good[:len(good)/2] }, file + `: truncated: chunk "LIST"`, false, false, "a download that broke off"},
		{"folder", func(m made) { delete(m, bad); m[bad+"/x"] = nil }, file + ": not a regular file", false, false, "no file"},
		{"no picture", func(m made) { m[bad] = avi(auds()) }, file + ": no video stream", false, false, "sound alone"},
		{"no frames", func(m made) { m[bad] = avi(vids(), auds()) }, file + ": ", true, false, "headers without what they promise"},
		{"twice", func(m made) { m[strings.Replace(bad, ".avi", ".mp4", 1)] = good }, ".mp4: " + file + " is there too, want one file of a clip", false, false, "one clip in two formats"},
		{"no fold", func(m made) { without(m, "violentflows/3/") }, "3: no such folder, want the owners' folds 1 to 5", false, true, "a download that lacks one"},
		{"no class", func(m made) { without(m, "violentflows/3/Violence") }, "Violence: no such folder, want the clips of a class", false, true, "likewise"},
		{"two folders", func(m made) { m["violentflows/3/violence/x.avi"] = good }, "violence: Violence is there too, want one folder", false, true, "which one is meant"},
		{"no clips", func(m made) { without(m, "violentflows/3/Violence"); m["violentflows/3/Violence/readme.txt"] = nil }, "Violence: no clips, want .avi files", false, true, "an empty class"},
		{"no folds", func(m made) { without(m, "violentflows/"); m["violentflows/x"] = nil }, "violentflows: no folders 1 to 5", false, true, "another folder"},
		{"no sound", func(m made) {
			for name := range m {
				m[name] = avi(vids())
			}
		}, "not supported: a set without sound: none of 20 clips has any", false, true, "Hockey Fights for example: one modality would always be the same"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := madeClips(2, good, good)
			tt.spoil(m)
			dir := m.write(t)
			d, err := Open(dir, small())
			faults := Check(dir, small())
			if tt.late {
				if err != nil || len(faults) != 0 {
					t.Fatalf("Open: %v, Check: %v, want no error before reading", err, faults)
				}
				faults = d.(data.Checked).Check(t.Context(), nil)
				_, err = d.Read(data.Train, []int{7}, 0)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q\nreason: %s", err, tt.want, tt.reason)
			}
			if len(faults) != 1 || !strings.Contains(faults[0].Error(), tt.want) {
				t.Errorf("checked: %v, want that fault alone", faults)
			}
			d, err = Open(dir, small("skip_broken", true))
			if tt.whole {
				if err == nil || len(Check(dir, small("skip_broken", true))) != 1 {
					t.Error("with skip_broken no error, want the same: no sample is to blame")
				}
				return
			}
			if err != nil {
				t.Fatalf("with skip_broken: %v", err)
			}
			n := 15
			if tt.name == "twice" {
				n = 16
			}
			skipped := d.Describe().Provenance.Skipped
			if d.Len(data.Train) != n || len(skipped) != 1 || !strings.Contains(skipped[0], tt.want) {
				t.Errorf("with skip_broken %d training samples, skipped %q, want %d and the fault", d.Len(data.Train), skipped, n)
			}
		})
	}
}

// TestSeveral counts faults.
func TestSeveral(t *testing.T) {
	m := madeClips(2, avi(vids(), auds()), nil)
	_, err := Open(m.write(t), small())
	if err == nil || !strings.HasSuffix(err.Error(), ".avi: empty (the first of 10 faults)") {
		t.Errorf("Open: %v, want the first of ten empty clips", err)
	}
	if format, ok := errors.AsType[*data.FormatError](err); !ok || format.Reason != "empty" {
		t.Errorf("Open: %v, want a FormatError", err)
	}
}

// TestLinks follows links, and names one that leads nowhere.
func TestLinks(t *testing.T) {
	dir := madeClips(1, avi(vids(), auds()), nil).write(t)
	folder, elsewhere := filepath.Join(dir, "violentflows", "2"), filepath.Join(t.TempDir(), "2")
	if err := os.Rename(folder, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, folder); err != nil {
		t.Skipf("no links here: %v", err)
	}
	openSet(t, dir, small())
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
		if _, err := Open(dir, small()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %q: %s", err, tt.want, tt.reason)
		}
	}
}

func TestSettingErrors(t *testing.T) {
	for _, settings := range []map[string]any{{"fold": 0}, {"fold": 6}, {"silent": "no"}, {"frames": 1.5}, {"sound_seconds": 60}, {"side": 3}} {
		if _, err := Open("no folder", settings); err == nil || !strings.HasPrefix(err.Error(), "violentflows: ") || strings.Contains(err.Error(), "no folder") {
			t.Errorf("Open with %v: %v, want an error about the setting", settings, err)
		}
	}
}
