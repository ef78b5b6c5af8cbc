package cremad

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/data/video"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestSamples reads a set of the owners' layout and wants what its files hold.
func TestSamples(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t, 3)
	addLists(m, 3, "\ufeff")
	d := loader.Must(t, m.Write(t))
	if d.Len(data.Train) != 15 || d.Len(data.Validation) != 0 || d.Len(data.Test) != 3 {
		t.Fatalf(
			"%d, %d and %d samples, want 15, 0 and 3 as the lists have it", d.Len(data.Train), d.Len(data.Validation),
			d.Len(data.Test),
		)
	}
	desc := d.Describe()
	want := []data.Modality{
		{Name: sound, Kind: data.Spectrogram, Shape: []int{257, 188, 1}},
		{Name: face, Kind: data.Clip, Shape: []int{1, 16, 16, 3}},
	}
	if diff := cmp.Diff(want, desc.Modalities); diff != "" {
		t.Fatalf("modalities (-want +got)\n%s", diff)
	}
	if !strings.Contains(desc.Provenance.Protocol, "the usual lists") ||
		!strings.HasSuffix(desc.Provenance.Source, "Image-01-FPS") || desc.Classes[5] != "anger" {
		t.Errorf("described as %+v", desc)
	}
	for i := range d.Len(data.Train) {
		id, label := d.Identity(data.Train, i)
		if id != madeID(i/5, i%5) || label != i%5 {
			t.Errorf(
				"sample %d is %s of class %d, want %s of class %d, the list's order", i, id, label, madeID(i/5, i%5),
				i%5,
			)
		}
		detail := d.(data.Detailed).Detail(data.Train, i)
		if detail.Group != id[:4] || detail.Duration != 1250*time.Millisecond {
			t.Errorf("%s: %+v, want its actor and 1.25 s", id, detail)
		}
		x := datatest.Read(t, d, data.Train, 0, i)
		for k, v := range x[face] {
			// JPEG of quality 95 keeps a flat grey to a level or two.
			if got := datatest.Level(v, k); math.Abs(got-80) > 2 {
				t.Fatalf("%s: value %d is of level %v, want 80, the third of five frames", id, k, got)
			}
		}
		// The tone's energy is at its frequency; bins are 43 Hz apart.
		loudest, at := float32(math.Inf(-1)), 0
		for f := range 257 {
			if v := x[sound][f*188+20]; v > loudest {
				loudest, at = v, f
			}
		}
		if hertz := float64(at) * 22050 / 512; math.Abs(hertz-float64(100*(label+2))) > 44 {
			t.Errorf("%s: loudest at %.0f Hz, want %d", id, hertz, 100*(label+2))
		}
	}
}

// TestSoundTwin computes the spectrogram of a recording value by value, from the definition.
func TestSoundTwin(t *testing.T) {
	samples := datatest.Tone(madeRate, 440.0/madeRate)
	for i := range samples { // a sound that changes, so that places in time differ
		samples[i] = int16(float64(samples[i]) * float64(i) / madeRate)
	}
	path := filepath.Join(t.TempDir(), "a.wav")
	datatest.Put(t, path, datatest.WAV(madeRate, samples))
	f, err := newEar().decode(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := audio.ReadWAV(path)
	if err != nil {
		t.Fatal(err)
	}
	x, err := audio.Resample(s.Samples, madeRate, 22050)
	if err != nil || len(x) != 22050 {
		t.Fatalf("a second resampled has %d samples, %v, want 22050", len(x), err)
	}
	for _, at := range [][2]int{{0, 0}, {10, 0}, {10, 1}, {10, 60}, {11, 62}, {100, 93}, {256, 187}} {
		var re, im float64
		for n := range 512 {
			place := at[1]*353 - 256 + n
			if place < 0 || place >= 3*22050 {
				continue // librosa's padding: zeros
			}
			v := min(max(float64(x[place%len(x)]), -1), 1) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/512))
			phase := -2 * math.Pi * float64(at[0]) * float64(n) / 512
			re, im = re+v*math.Cos(phase), im+v*math.Sin(phase)
		}
		want := math.Log(math.Hypot(re, im) + 1e-7)
		// The transform's rounding in float64, kept as float32.
		if got := float64(f.Values[at[0]*188+at[1]]); math.Abs(got-want) > 1e-4 {
			t.Errorf("bin %d, frame %d: %v, want %v", at[0], at[1], got, want)
		}
	}
}

// TestOddSounds wants a spectrogram of the usual size of any recording.
func TestOddSounds(t *testing.T) {
	for _, tt := range []struct{ rate, n int }{
		{madeRate, 1}, {madeRate, 2}, {madeRate, 511}, {madeRate, 5 * madeRate}, {22050, 4000}, {44100, 9000},
		{8000, 8000}, {1, 1 << 16},
	} {
		n := tt.n
		path := filepath.Join(t.TempDir(), "a.wav")
		datatest.Put(t, path, datatest.WAV(tt.rate, datatest.Tone(n, 0.01)))
		if f, err := newEar().decode(t.Context(), path); err != nil || len(f.Values) != 257*188 ||
			!slices.Equal(f.Shape, []int{257, 188, 1}) {
			t.Errorf("%d samples: shape %v, %v", n, f.Shape, err)
		}
	}
}

// TestDraw wants a draw to give the same values each time, with a cache and without, and another draw other frames.
func TestDraw(t *testing.T) {
	m := madeSet(t, 2)
	addLists(m, 2, "")
	for f := range 5 {
		m[fmt.Sprintf("cremad/Image-01-FPS/%s/%05d.jpg", madeID(0, 0), 29*f)] = datatest.JPEG(t, datatest.Ramp(64, 48))
	}
	dir := m.Write(t)
	for _, keep := range []string{video.KeepPixels, video.KeepJPEG} {
		t.Run(keep, func(t *testing.T) { loader.Drawn(t, dir, cache.DirVariable, face, []int{0}, "keep", keep) })
	}
}

// TestActors splits a set without lists, whose folder is named itself.
func TestActors(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	dir := filepath.Join(madeSet(t, 10).Write(t), Folder)
	d := loader.Must(t, dir, "val_share", 0.1, "frames", 1)
	owner := map[string]data.Split{}
	for split, want := range map[data.Split]int{data.Train: 42, data.Validation: 6, data.Test: 12} {
		if d.Len(split) != want {
			t.Errorf("%d clips in %s, want %d: 7, 1 and 2 actors with six each", d.Len(split), split, want)
		}
		for i := range d.Len(split) {
			g := d.(data.Detailed).Detail(split, i).Group
			if s, ok := owner[g]; ok && s != split {
				t.Errorf("actor %s is in %s and in %s", g, s, split)
			}
			owner[g] = split
		}
	}
	if p := d.Describe().Provenance.Protocol; !strings.HasPrefix(p, "no actor in two splits") {
		t.Errorf("protocol %q", p)
	}
}

// TestVideo decodes videos as the owners have them.
func TestVideo(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	red, blue := flv(t, "red", 2.5), flv(t, "blue", 0.1)
	m := madeSet(t, 2)
	maps.DeleteFunc(m, func(name string, _ []byte) bool { return strings.Contains(name, "Image-01-FPS") })
	for a := range 2 {
		for mood := range codes {
			m["cremad/VideoFlash/"+madeID(a, mood)+".flv"] = [][]byte{red, blue}[a]
		}
	}
	addLists(m, 2, "")
	dir := m.Write(t)
	for _, frames := range []int{1, 3} {
		d := loader.Must(t, dir, "frames", frames)
		for i, want := range map[int][3]float64{0: {254, 0, 0}, 5: {0, 0, 254}} {
			id, _ := d.Identity(data.Train, i)
			for _, draw := range []uint64{0, 5} {
				x := datatest.Read(t, d, data.Train, draw, i)[face]
				if len(x) != frames*16*16*3 {
					t.Fatalf("%d values, want %d frames", len(x), frames)
				}
				for k, v := range x {
					// Video keeps colours in 219 levels and at half the resolution.
					if got := datatest.Level(v, k); math.Abs(got-want[k%3]) > 8 {
						t.Fatalf(
							"%s, %d frames, draw %d: channel %d of level %v, want %v", id, frames, draw, k%3, got,
							want[k%3],
						)
					}
				}
			}
		}
	}
}

// TestBroken spoils a set in one way after the other. What shows in decoding alone is met by reading.
func TestBroken(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	bad := madeID(1, 2)
	wavName, frames := "cremad/AudioWAV/"+bad+".wav", "cremad/Image-01-FPS/"+bad
	type fault datatest.Fault
	for _, tt := range []fault{
		{
			"no sound", func(m datatest.Files) { delete(m, wavName) }, bad + ".wav: no such file", false, false,
			"a download that lacks one",
		},
		{
			"empty sound", func(m datatest.Files) { m[wavName] = nil }, bad + ".wav: empty", false, false,
			"a download that broke off",
		},
		{
			"pointer", func(m datatest.Files) { m[wavName] = []byte("version https://git-lfs.github.com/spec/v1\n") },
			bad + ".wav: a Git LFS pointer, not the file itself", false, false, "a clone without Git LFS",
		},
		{
			"cut sound", func(m datatest.Files) { m[wavName] = m[wavName][:1000] },
			bad + `.wav: truncated: chunk "data" of 956 bytes, want 40000`, false, false, "a download that broke off",
		},
		{
			"no samples", func(m datatest.Files) { m[wavName] = datatest.WAV(madeRate, nil) }, bad + ".wav: no samples",
			false, false, "nothing to hear",
		},
		{
			"no frames", func(m datatest.Files) { m.Without(frames); m[frames+"/notes.txt"] = []byte("x") },
			bad + ": no frames, want .jpg or .png files", false, false, "extraction failed",
		},
		{
			"no face", func(m datatest.Files) { m.Without(frames) }, bad + ": no such folder, want the clip's frames",
			false, false, "never extracted",
		},
		{
			"file for folder", func(m datatest.Files) { m.Without(frames); m[frames] = []byte("x") }, bad, false, false,
			"no folder",
		},
		{
			"codec", func(m datatest.Files) { m[wavName] = slices.Clone(m[wavName]); m[wavName][20] = 0x55 },
			bad + ".wav: not supported: codec 0x55, MP3", true, false, "MP3 inside",
		},
		{
			"corrupt frame", func(m datatest.Files) { m[frames+"/00058.jpg"] = m[frames+"/00058.jpg"][:100] },
			bad + "/00058.jpg: ", true, false, "a download that broke off",
		},
		{
			"label", func(m datatest.Files) { m["cremad/train.csv"] = []byte("1001_IEO_JOY_XX,JOY\n") },
			`train.csv: row 1: clip "1001_IEO_JOY_XX": label "JOY"`, false, true, "no class of the set",
		},
		{
			"leaves", func(m datatest.Files) { m["cremad/train.csv"] = []byte("../x,NEU\n") },
			`train.csv: row 1: clip "../x"`, false, true, "nothing outside is read",
		},
		{
			"overlap", func(m datatest.Files) { m["cremad/test.csv"] = m["cremad/train.csv"] },
			"in train.csv too, want it in one list", false, true, "trained on what is tested",
		},
		{
			"no test", func(m datatest.Files) { m["cremad/test.csv"] = nil }, "test.csv: no rows", false, true,
			"an empty split",
		},
		{
			"one list", func(m datatest.Files) { delete(m, "cremad/test.csv") }, "test.csv", false, true,
			"half of a pair",
		},
		{
			"no sounds", func(m datatest.Files) { m.Without("cremad/AudioWAV") }, "cremad: no folder AudioWAV", false,
			true, "another folder",
		},
		{
			"no faces", func(m datatest.Files) { m.Without("cremad/Image") },
			"cremad: no folder VideoFlash or Image-01-FPS", false, true, "sounds alone",
		},
	} {
		t.Run(tt.Name, func(t *testing.T) {
			m := madeSet(t, 2)
			addLists(m, 2, "")
			loader.Broken(t, m, datatest.Fault(tt), 7, 9)
		})
	}
}

// TestHidden spoils frames that no reading has chosen yet: checking the set finds them, and skip_broken leaves the clip
// out.
func TestHidden(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	bad := madeID(1, 2)
	name := "cremad/Image-01-FPS/" + bad + "/00029.jpg"
	for _, tt := range []struct {
		file []byte
		want string
	}{
		{
			datatest.JPEG(t, datatest.Grey(20, 20, 0)),
			bad + "/00029.jpg: 20x20 pixels, want 48x36 as the clip's first frame",
		},
		{datatest.JPEG(t, datatest.Grey(48, 36, 0))[:100], bad + "/00029.jpg: 100 bytes: "},
	} {
		m := madeSet(t, 2)
		addLists(m, 2, "")
		m[name] = tt.file
		dir := m.Write(t)
		d := loader.Must(t, dir)
		datatest.Read(t, d, data.Train, 0, 7)
		if errs := d.(data.Checked).Check(t.Context(), nil); len(errs) != 1 ||
			!strings.Contains(errs[0].Error(), tt.want) {
			t.Errorf("checked: %v, want %s", errs, tt.want)
		}
		skipped := loader.Must(t, dir, "skip_broken", true).Describe().Provenance.Skipped
		if len(skipped) != 1 || !strings.Contains(skipped[0], tt.want) {
			t.Errorf("skipped: %q, want %s", skipped, tt.want)
		}
	}
}

// TestTruncatedVideo cuts a video at several places.
func TestTruncatedVideo(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	whole := flv(t, "red", 1)
	m := madeSet(t, 2)
	for a := range 2 {
		for mood := range codes {
			m["cremad/VideoFlash/"+madeID(a, mood)+".flv"] = whole
		}
	}
	maps.DeleteFunc(m, func(name string, _ []byte) bool { return strings.Contains(name, "Image-01-FPS") })
	addLists(m, 2, "")
	bad := "cremad/VideoFlash/" + madeID(0, 0) + ".flv"
	for _, n := range []int{1, 20, 200, len(whole) / 2, len(whole) - 10} {
		m[bad] = whole[:n]
		_, err := loader.Must(t, m.Write(t)).Read(data.Train, []int{0}, 0)
		if err == nil || !strings.Contains(err.Error(), madeID(0, 0)+".flv: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%d bytes of a video: %v, want one line that names the file", n, err)
		}
	}
}

// TestLinks follows links, and names one that leads nowhere.
func TestLinks(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t, 2)
	addLists(m, 2, "")
	dir := m.Write(t)
	sounds, elsewhere := filepath.Join(dir, "cremad", "AudioWAV"), filepath.Join(t.TempDir(), "sounds")
	if err := os.Rename(sounds, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, sounds); err != nil {
		t.Skipf("no links here: %v", err)
	}
	datatest.Read(t, loader.Must(t, dir), data.Train, 0, 0)
	loop := filepath.Join(elsewhere, madeID(0, 0)+".wav")
	if err := os.Remove(loop); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, loader.Settings()); err == nil ||
		!strings.Contains(err.Error(), madeID(0, 0)+".wav: too many") {
		t.Errorf("a link to itself: %v, want it named", err)
	}
}

func TestNames(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t, 3)
	m["cremad/AudioWAV/interview.wav"] = m["cremad/AudioWAV/"+madeID(0, 0)+".wav"]
	dir := m.Write(t)
	var bad *data.FormatError
	if _, err := Open(dir, loader.Settings()); !errors.As(err, &bad) || !strings.HasSuffix(bad.File, "interview.wav") {
		t.Errorf("a recording that is no clip: %v, want it named", err)
	}
	d := loader.Must(t, dir, "skip_broken", true)
	if n := len(d.Describe().Provenance.Skipped); n != 1 || d.Len(data.Train)+d.Len(data.Test) != 18 {
		t.Errorf("with skip_broken %d described, %d samples, want 1 and 18", n, d.Len(data.Train)+d.Len(data.Test))
	}
	if _, err := Open(dir, loader.Settings("split", "official")); err == nil ||
		!strings.Contains(err.Error(), "train.csv: no such file, want the usual lists") {
		t.Errorf("official without lists: %v", err)
	}
	for _, s := range []map[string]any{{"frames": 0}, {"split": "speaker"}, {"fps": 3}} {
		if _, err := Open(dir, s); err == nil || !strings.HasPrefix(err.Error(), "cremad: ") {
			t.Errorf("Open with %v: %v, want an error about the setting", s, err)
		}
	}
}
