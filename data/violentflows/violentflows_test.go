package violentflows

import (
	"errors"
	"math"
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
	d := loader.Must(
		t, madeClips(2, plain(t, ".avi", "red", 1, 440), plain(t, ".avi", "blue", 4, 0)).Write(t), "fold", 2,
	)
	if d.Len(data.Train) != 16 || d.Len(data.Validation) != 0 || d.Len(data.Test) != 4 {
		t.Fatalf(
			"%d, %d and %d samples, want 16, 0 and 4, a fifth", d.Len(data.Train), d.Len(data.Validation),
			d.Len(data.Test),
		)
	}
	desc := d.Describe()
	want := []data.Modality{
		{Name: picture, Kind: data.Clip, Shape: []int{3, 16, 16, 3}},
		{Name: sound, Kind: data.Spectrogram, Shape: []int{257, 188, 1}},
	}
	if diff := cmp.Diff(want, desc.Modalities); diff != "" {
		t.Fatalf("modalities (-want +got)\n%s", diff)
	}
	const said = "fold 2 of the owners' 5 is tested; of the others about 0 of each class validates by data_seed 0, " +
		"no source video in both; " +
		"of 20 clips 10 without sound, 5 of them peaceful and 5 violent, are read as silence"
	if desc.Provenance.Protocol != said {
		t.Errorf("protocol %q, want %q", desc.Provenance.Protocol, said)
	}
	for i := range d.Len(data.Test) {
		id, label := d.Identity(data.Test, i)
		name := madeName(2, i/2, i%2)
		if id != "2/"+folders[i/2]+"/"+name || label != i/2 {
			t.Errorf("sample %d is %s of class %d, want %s of class %d", i, id, label, name, i/2)
		}
		hears := i%2 == 0
		duration, colour := 4*time.Second, [3]float64{0, 0, 254}
		if hears {
			duration, colour = time.Second, [3]float64{254, 0, 0}
		}
		detail := d.(data.Detailed).Detail(data.Test, i)
		if detail.Group != "video "+name[len(name)-15:len(name)-4] ||
			(detail.Duration-duration).Abs() > 100*time.Millisecond {
			t.Errorf("%s: %+v, want its video and %v", id, detail, duration)
		}
		for _, draw := range []uint64{0, 5} {
			x := datatest.Read(t, d, data.Test, draw, i)
			for k, v := range x[picture] {
				// Video keeps colours in 219 levels and at half the resolution.
				if got := datatest.Level(v, k); math.Abs(got-colour[k%3]) > 8 {
					t.Fatalf("%s, draw %d: channel %d of level %v, want %v", id, draw, k%3, got, colour[k%3])
				}
			}
			loudest := slices.Index(x[sound], slices.Max(x[sound]))
			switch {
			case !hears:
				silence := float32(math.Log(1e-7))
				if slices.Min(x[sound]) != silence || slices.Max(x[sound]) != silence {
					t.Errorf(
						"%s: from %v to %v, want silence, %v", id, slices.Min(x[sound]), slices.Max(x[sound]), silence,
					)
				}
			case math.Abs(float64(loudest/188)*22050/512-440) > 22: // bins are 43 Hz apart
				t.Errorf("%s: loudest at %v Hz, want 440", id, float64(loudest/188)*22050/512)
			}
		}
	}
}

// TestSoundTwin computes the spectrogram of a clip's sound value by value, from the definition.
func TestSoundTwin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.avi")
	datatest.Put(t, path, plain(t, ".avi", "red", 1, 440))
	o, err := parseOptions(map[string]any{"sound_seconds": 1.5})
	if err != nil {
		t.Fatal(err)
	}
	f, err := o.decodeSound(t.Context(), clip{path: path, header: header{sound: true}})
	if err != nil {
		t.Fatal(err)
	}
	if columns := 33075/353 + 1; o.times() != columns || !slices.Equal(f.Shape, []int{257, columns, 1}) {
		t.Fatalf("shape %v, want [257 %d 1]", f.Shape, columns)
	}
	s, err := video.Sound(t.Context(), path, 22050)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range [][2]int{{0, 0}, {10, 0}, {10, 1}, {10, 60}, {11, 62}, {100, 70}, {256, 93}} {
		var re, im float64
		for n := range 512 {
			place := at[1]*353 - 256 + n
			if place < 0 || place >= 33075 {
				continue // zeros
			}
			v := min(
				max(float64(s.Samples[place%len(s.Samples)]), -1), 1,
			) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/512))
			phase := -2 * math.Pi * float64(at[0]) * float64(n) / 512
			re, im = re+v*math.Cos(phase), im+v*math.Sin(phase)
		}
		// The transform's rounding in float64, kept as float32.
		if got, want := float64(f.Values[at[0]*o.times()+at[1]]),
			math.Log(math.Hypot(re, im)+1e-7); math.Abs(got-want) > 1e-4 {
			t.Errorf("bin %d, frame %d: %v, want %v", at[0], at[1], got, want)
		}
	}
}

// TestFrames wants the frames of a moving pattern that a sample consists of, found by decoding all of them.
func TestFrames(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeClips(1, avi(vids(), auds()), nil)
	path := "violentflows/1/NonViolence/" + madeName(1, 0, 0)
	m[path] = pattern(t)
	dir := m.Write(t)
	const side = 24
	got := datatest.Read(t, loader.Must(t, dir, "frames", 2, "fps", 5, "image_side", side), data.Test, 0, 0)[picture]
	all, err := video.Frames(t.Context(), filepath.Join(dir, filepath.FromSlash(path)), video.Options{})
	if err != nil || len(all) != 75 {
		t.Fatalf("%d frames, %v, want 75", len(all), err)
	}
	// of 15 frames at 5 a second, which are 5 apart, those with 3 and 11 before them
	for i, place := range []int{15, 55} {
		like := -1
		for n := place - 3; n <= place+3; n++ { // the decoder takes one near the time
			want := make([]float32, side*side*3)
			video.Normalize(video.Resize(all[n], side, side), want)
			if slices.Equal(want, got[i*len(want):(i+1)*len(want)]) {
				like = n
			}
		}
		if like < 0 {
			t.Errorf("frame %d of the sample is none of frames %d to %d of the clip", i, place-3, place+3)
		}
	}
}

// TestDraw wants a draw to give the same values each time, with a cache and without, and another draw other frames.
func TestDraw(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeClips(1, plain(t, ".avi", "red", 1, 440), nil)
	m["violentflows/1/NonViolence/"+madeName(1, 0, 0)] = pattern(t)
	dir := m.Write(t)
	if id, _ := loader.Must(t, dir, "fold", 5).Identity(data.Train, 0); !strings.HasPrefix(id, "1/NonViolence") {
		t.Fatalf("the first sample is %s, want the pattern", id)
	}
	loader.Drawn(t, dir, cache.DirVariable, picture, []int{0}, "fold", 5)
}

// TestFolds wants each clip to be tested in one of the five folds, and no video in training and validation.
func TestFolds(t *testing.T) {
	dir := madeClips(10, avi(vids(), auds()), avi(vids())).Write(t)
	times := map[string]int{}
	for fold := 1; fold <= folds; fold++ {
		d := datatest.Open(t, Open, dir, map[string]any{"fold": fold})
		if d.Len(data.Train) != 72 || d.Len(data.Validation) != 8 {
			t.Errorf(
				"fold %d: %d and %d samples, want 72 and 8, 4 of each class", fold, d.Len(data.Train),
				d.Len(data.Validation),
			)
		}
		for i := range d.Len(data.Test) {
			id, _ := d.Identity(data.Test, i)
			times[id]++
		}
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("%s is tested in %d folds, want 1", id, n)
		}
	}
	if len(times) != 100 {
		t.Errorf("%d clips are tested, want all 100", len(times))
	}
}

// TestSilent leaves out clips without sound.
func TestSilent(t *testing.T) {
	dir := madeClips(3, avi(vids(), auds()), avi(vids())).Write(t)
	d := loader.Must(t, dir, "silent", "skip")
	p := d.Describe().Provenance
	if d.Len(data.Train) != 16 || d.Len(data.Test) != 4 || len(p.Skipped) != 10 {
		t.Errorf(
			"%d and %d samples, %d left out, want 16, 4 and 10", d.Len(data.Train), d.Len(data.Test), len(p.Skipped),
		)
	}
	for _, s := range p.Skipped {
		if !strings.HasSuffix(s, ".avi: no sound") {
			t.Errorf("left out %q, want the file and that it has no sound", s)
		}
	}
	if !strings.HasSuffix(p.Protocol, "of 30 clips 10 without sound, 5 of them peaceful and 5 violent, are left out") {
		t.Errorf("protocol %q", p.Protocol)
	}
	if p := loader.Must(
		t, madeClips(1, avi(vids(), auds()), nil).Write(t),
	).Describe().Provenance.Protocol; !strings.HasSuffix(p, "of 10 clips all have sound") {
		t.Errorf("protocol %q", p)
	}
}

// TestLayouts has the folders where else people put them.
func TestLayouts(t *testing.T) {
	base := madeClips(1, avi(vids(), auds()), nil)
	for _, tt := range []struct {
		name, old, now, below string
		reason                string
	}{
		{"owners'", "", "", "", "the layout"},
		{"itself", "", "", "violentflows", "the set's own folder is named"},
		{"movies", "violentflows/", "violentflows/movies/", "", "as the archive is unpacked"},
		{"lower case", "NonViolence", "nonviolence", "", "case does not count"},
		{"upper case", "Violence/", "VIOLENCE/", "", "case does not count"},
		{"hyphen", "NonViolence", "Non-Violence", "", "other spellings"},
		{"blank", "NonViolence", "non violence", "", "other spellings"},
		{"extension", ".avi", ".AVI", "", "case does not count"},
	} {
		m := datatest.Files{}
		for name, b := range base {
			if tt.old != "" {
				name = strings.ReplaceAll(name, tt.old, tt.now)
			}
			m[name] = b
		}
		root := "violentflows/"
		if tt.now == "violentflows/movies/" {
			root = tt.now
		}
		m[root+"6/Violence/x.avi"], m[root+"1/readme.txt"], m[root+"1/.DS_Store"] = nil, nil, nil
		d, err := Open(filepath.Join(m.Write(t), tt.below), loader.Settings())
		if err != nil || d.Len(data.Train) != 8 || d.Len(data.Test) != 2 {
			t.Errorf("%s: %v, want 8 and 2 clips: %s", tt.name, err, tt.reason)
		}
	}
}

// TestOtherContainers reads clips that were brought to another format.
func TestOtherContainers(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	hears, mute := plain(t, ".mp4", "red", 1, 440), plain(t, ".mp4", "red", 1, 0)
	m := datatest.Files{}
	for name, b := range madeClips(2, hears, mute) {
		m[strings.Replace(name, ".avi", ".mp4", 1)] = b
	}
	d := loader.Must(t, m.Write(t))
	if p := d.Describe().Provenance.Protocol; !strings.Contains(p, "of 20 clips 10 without sound") {
		t.Errorf("protocol %q", p)
	}
	one, two := datatest.Read(t, d, data.Test, 0, 0)[sound], datatest.Read(t, d, data.Test, 0, 1)[sound]
	if slices.Max(one) < 0 || slices.Max(two) > -16 {
		t.Errorf("loudest %v and %v, want a tone and silence", slices.Max(one), slices.Max(two))
	}
	if d := d.(data.Detailed).Detail(data.Test, 1).Duration; d != time.Second {
		t.Errorf("lasts %v, want 1 s", d)
	}
	bad := "violentflows/1/Violence/" + strings.Replace(madeName(1, 1, 0), ".avi", ".mp4", 1)
	m[bad] = hears[:len(hears)/2]
	if _, err := Open(m.Write(t), loader.Settings()); err == nil ||
		!strings.Contains(err.Error(), filepath.Base(bad)) || strings.Contains(err.Error(), "\n") {
		t.Errorf("half a file: %v, want it named in one line", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Open(m.Write(t), loader.Settings("skip_broken", true)); !errors.Is(err, video.ErrNoFFmpeg) {
		t.Errorf("without ffmpeg, and skip_broken: %v, want %v", err, video.ErrNoFFmpeg)
	}
}

// TestNoFFmpeg wants a set of AVIs to open without ffmpeg, and reading to say what is missing.
func TestNoFFmpeg(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	t.Setenv("PATH", t.TempDir())
	d := loader.Must(t, madeClips(1, avi(vids(), auds()), nil).Write(t))
	if _, err := d.Read(data.Train, []int{0}, 0); !errors.Is(err, video.ErrNoFFmpeg) ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("Read: %v, want %v", err, video.ErrNoFFmpeg)
	}
}

// TestShort reads clips of less than the time between two frames.
func TestShort(t *testing.T) {
	o, err := parseOptions(loader.Settings())
	if err != nil {
		t.Fatal(err)
	}
	for _, seconds := range []float64{0.04, 0.1, 0.3, 0.6} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.avi")
		datatest.Put(t, path, plain(t, ".avi", "red", seconds, 0))
		if f, err := o.decodeFrames(t.Context(), path); err != nil || f.Shape[0] < 1 {
			t.Errorf("%v s: %v, %v, want frames", seconds, f.Shape, err)
		}
	}
}

// TestSizes keeps the loader's idea of a spectrogram's size and the package's alike.
func TestSizes(t *testing.T) {
	for _, seconds := range []float64{0.5, 1, 2.999, 3, 10} {
		o := options{seconds: seconds}
		_, rows, columns, err := audio.CentredLog(make([]float32, o.samples()), window, hop)
		if err != nil || rows != bins || columns != o.times() {
			t.Errorf("%v s: %dx%d, %v, want %dx%d", seconds, rows, columns, err, bins, o.times())
		}
	}
}
