package kineticssounds

import (
	"encoding/binary"
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
	"github.com/primewindow/primewindow/internal/npy"
)

// loudest is the filter with the greatest value at a time.
func loudest(x []float32, at int) int {
	best := 0
	for m := range bins {
		if x[m*times+at] > x[best*times+at] {
			best = m
		}
	}
	return best
}

// filterOf is the filter whose middle is nearest to a frequency, by the HTK scale from 20 Hz to 8,000 Hz.
func filterOf(hertz float64) int {
	mel := func(hz float64) float64 { return 1127 * math.Log(1+hz/700) }
	return int(math.Round((mel(hertz)-mel(20))/((mel(8000)-mel(20))/129))) - 1
}

// TestSamples reads a set with parts and classes as folders and wants what its files hold.
func TestSamples(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	d := loader.Must(t, madeSet(t).Write(t))
	if d.Len(data.Train) != 8 || d.Len(data.Validation) != 0 || d.Len(data.Test) != 4 {
		t.Fatalf(
			"%d, %d and %d samples, want 8, 0 and 4 as the lists have it", d.Len(data.Train), d.Len(data.Validation),
			d.Len(data.Test),
		)
	}
	desc := d.Describe()
	want := []data.Modality{
		{Name: sound, Kind: data.Spectrogram, Shape: []int{128, 1024, 1}},
		{Name: picture, Kind: data.Clip, Shape: []int{3, 16, 16, 3}},
	}
	if diff := cmp.Diff(want, desc.Modalities); diff != "" {
		t.Fatalf("modalities (-want +got)\n%s", diff)
	}
	if !strings.HasSuffix(desc.Provenance.Source, "12 clips with sound of .wav, 12 clips with frames of frames") ||
		len(desc.Classes) != 31 {
		t.Errorf("described as %+v", desc)
	}
	for i := range d.Len(data.Test) {
		id, label := d.Identity(data.Test, i)
		if id != madeID(8+i) || label != 8+i {
			t.Errorf(
				"sample %d is %s of class %d, want %s of class %d, the list's order", i, id, label, madeID(8+i), 8+i,
			)
		}
		if detail := d.(data.Detailed).Detail(data.Test, i); detail.Group != id[:11] ||
			detail.Duration != 1250*time.Millisecond {
			t.Errorf("%s: %+v, want its video and 1.25 s", id, detail)
		}
		x := datatest.Read(t, d, data.Test, 0, i)
		for k, v := range x[picture] {
			wanted := []float64{30, 90, 150}[k/(16*16*3)] // frames 1, 3 and 5 of 0 to 6
			// JPEG of quality 95 keeps a flat grey to a level or two.
			if got := datatest.Level(v, k); math.Abs(got-wanted) > 2 {
				t.Fatalf("%s: value %d is of level %v, want %v", id, k, got, wanted)
			}
		}
		// The tone falls between two filters' middles.
		if got, want := loudest(x[sound], 50), filterOf(float64(300*(label+1))); got < want-1 || got > want+1 {
			t.Errorf("%s: filter %d is the loudest, want %d or its neighbours", id, got, want)
		}
		// 1.25 s have 123 frames; behind them zeros are normalised as everything.
		if got, want := x[sound][64*times+200], float32(4.503877/(2*5.141276)); math.Abs(float64(got-want)) > 1e-6 {
			t.Errorf("%s: behind the sound %v, want %v", id, got, want)
		}
	}
}

// TestSoundTwin computes values of the filter bank from the definition, for recordings of two rates.
func TestSoundTwin(t *testing.T) {
	for _, rate := range []int{16000, 22050} {
		path := filepath.Join(t.TempDir(), "a.wav")
		samples := datatest.Tone(rate/2, 440/float64(rate))
		for i := range samples {
			samples[i] = int16(float64(samples[i])*float64(i)/float64(len(samples))) + 500
		}
		datatest.Put(t, path, datatest.WAV(rate, samples))
		f, err := newEar().decode(t.Context(), source{soundKind: recording, sound: path})
		if err != nil {
			t.Fatal(err)
		}
		s, err := audio.ReadWAV(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, 7, 40} {
			power := slowPower(s.Samples, rate, at)
			for _, m := range []int{10, 40, 127} {
				want := (math.Log(max(slowFilter(power, rate, m), 1.1920929e-7)) + 4.503877) / (2 * 5.141276)
				// Rounding in float64, kept as float32.
				if got := float64(f.Values[m*times+at]); math.Abs(got-want) > 1e-5 {
					t.Errorf("%d Hz: filter %d, frame %d: %v, want %v", rate, m, at, got, want)
				}
			}
		}
	}
}

// slowPower is the power spectrum of frame t, by the Fourier sum.
func slowPower(x []float32, rate, t int) []float64 {
	mean := 0.0
	for _, v := range x {
		mean += float64(v) / float64(len(x))
	}
	window, shift, size := rate*25/1000, rate*10/1000, 512
	for size < window {
		size *= 2
	}
	frame, own := make([]float64, window), 0.0
	for n := range frame {
		frame[n] = float64(x[t*shift+n]) - mean
		own += frame[n] / float64(window)
	}
	for n := window - 1; n >= 0; n-- {
		frame[n] -= own
	}
	for n := window - 1; n >= 0; n-- {
		frame[n] = (frame[n] - 0.97*frame[max(n-1, 0)]) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/float64(window-1)))
	}
	power := make([]float64, size/2)
	for k := range power {
		var re, im float64
		for n, v := range frame {
			phase := -2 * math.Pi * float64(k) * float64(n) / float64(size)
			re, im = re+v*math.Cos(phase), im+v*math.Sin(phase)
		}
		power[k] = re*re + im*im
	}
	return power
}

// slowFilter weighs a power spectrum by triangle m of 128.
func slowFilter(power []float64, rate, m int) float64 {
	mel := func(hz float64) float64 { return 1127 * math.Log(1+hz/700) }
	low, high := mel(20), mel(float64(rate)/2)
	step := (high - low) / 129
	sum := 0.0
	for k, p := range power {
		at := (mel(float64(k)*float64(rate)/float64(2*len(power))) - low) / step
		sum += p * max(0, 1-math.Abs(at-float64(m+1)))
	}
	return sum
}

// TestSpectra prefers values that were made before to recordings.
func TestSpectra(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t)
	var b []byte
	for i := range times * bins {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i)))
	}
	shape := []int{times, bins}
	values := make([]float32, times*bins)
	for i := range values {
		values[i] = float32(i % 251)
	}
	for n := range 12 { // as other programs write it: of bytes, and column by column
		m["kineticssounds/train_spec/"+madeID(n)+".npy"] = datatest.NPY(
			1, datatest.Header("|u1", true, shape...), datatest.Numbers("|u1", datatest.Columns(values, shape)),
		)
	}
	x := datatest.Read(t, loader.Must(t, m.Write(t)), data.Train, 0, 0)[sound]
	if got, want := x[127*times+1023], values[1023*bins+127]; got != want || x[times] != 1 {
		t.Errorf("of bytes: %v and %v, want %v and 1", got, x[times], want)
	}
	for n := range 12 {
		m["kineticssounds/train_spec/"+madeID(n)+".npy"] = npy.Encode("<f4", b, times, bins)
	}
	d := loader.Must(t, m.Write(t))
	x = datatest.Read(t, d, data.Train, 0, 0)[sound]
	for _, at := range [][2]int{{0, 0}, {1, 0}, {0, 1}, {127, 1023}} {
		if got, want := x[at[0]*times+at[1]], float32(at[1]*bins+at[0]); got != want {
			t.Errorf("filter %d, frame %d: %v, want %v, the file's", at[0], at[1], got, want)
		}
	}
	m["kineticssounds/train_spec/"+madeID(0)+".npy"] = npy.Encode("<f4", b[:4*bins], 1, bins)
	_, err := loader.Must(t, m.Write(t)).Read(data.Train, []int{0}, 0)
	if err == nil || !strings.Contains(
		err.Error(), ".npy: an array of shape [1 128], want numbers of shape [1024 128]",
	) {
		t.Errorf("an array of another shape: %v", err)
	}
}

// TestDraw wants a draw to give the same values each time, with a cache and without, and another draw other frames.
func TestDraw(t *testing.T) {
	m := madeSet(t)
	for f := range 7 {
		m[fmt.Sprintf(
			"kineticssounds/visual/train_img/Image-01-FPS/%s.mp4/%05d.jpg", madeID(0), 29*f,
		)] = datatest.JPEG(t, datatest.Ramp(64, 48))
	}
	dir := m.Write(t)
	for _, keep := range []string{video.KeepPixels, video.KeepJPEG} {
		t.Run(keep, func(t *testing.T) { loader.Drawn(t, dir, cache.DirVariable, picture, []int{0}, "keep", keep) })
	}
}

// TestFramesDrawn finds in 40 draws all frames of each segment, and no others: of seven 0 and 1, 2 and 3, 4 to 6.
func TestFramesDrawn(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	d := loader.Must(t, madeSet(t).Write(t))
	seen := [3]map[int]bool{{}, {}, {}}
	for draw := range uint64(40) {
		x := datatest.Read(t, d, data.Train, draw+1, 1)[picture]
		for k := range 3 {
			seen[k][int(math.Round(datatest.Level(x[k*16*16*3], 0)/30))] = true
		}
	}
	want := [3][]int{{0, 1}, {2, 3}, {4, 5, 6}}
	for k := range want {
		if got := slices.Sorted(maps.Keys(seen[k])); !slices.Equal(got, want[k]) {
			t.Errorf("segment %d: frames %v, want %v", k, got, want[k])
		}
	}
}

// TestVideos decodes sound and frames of videos, in a folder that is named itself, and names one without sound.
func TestVideos(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	red, blue, silent := mp4(t, "red", 4.2, true), mp4(t, "blue", 1, true), mp4(t, "red", 1, false)
	whole := madeSet(t)
	m := datatest.Files{}
	for n := range 12 {
		m[fmt.Sprintf("kineticssounds/videos/%s.mp4", madeID(n))] = [][]byte{red, blue}[n%2]
	}
	m["kinetics_sounds_splits/my_train.txt"], m["kinetics_sounds_splits/my_test.txt"] =
		whole["kineticssounds/my_train.txt"], whole["kineticssounds/my_test.txt"]
	dir := m.Write(t)
	d := loader.Must(t, filepath.Join(dir, Folder))
	for i := range 2 {
		want := [][3]float64{{254, 0, 0}, {0, 0, 254}}[i]
		for _, draw := range []uint64{0, 5} {
			x := datatest.Read(t, d, data.Train, draw, i)
			for k, v := range x[picture] {
				// Video keeps colours in 219 levels and at half the resolution.
				if got := datatest.Level(v, k); math.Abs(got-want[k%3]) > 8 {
					t.Fatalf("video %d, draw %d: channel %d of level %v, want %v", i, draw, k%3, got, want[k%3])
				}
			}
			if got := loudest(x[sound], 50); got < filterOf(1000)-1 || got > filterOf(1000)+1 {
				t.Errorf("video %d: filter %d is the loudest, want %d, of 1,000 Hz", i, got, filterOf(1000))
			}
		}
	}
	bad := madeID(2) + ".mp4"
	for name, b := range map[string][]byte{
		"no sound": silent, "cut": red[:len(red)/2], "cut at the end": red[:len(red)-1],
		"none": []byte("no video at all"),
	} {
		m["kineticssounds/videos/"+bad] = b
		d, err := Open(m.Write(t), loader.Settings())
		if (err == nil) != (name == "no sound") {
			t.Errorf("%s: opening gives %v", name, err)
		}
		if err == nil {
			_, err = d.Read(data.Train, []int{2}, 0)
		}
		if err == nil || !strings.Contains(err.Error(), bad+": ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line that names the file", name, err)
		}
	}
}

// TestBroken spoils a set in one way after the other. What shows in decoding alone is met by reading.
func TestBroken(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	bad := madeID(3)
	wavName, frames := fmt.Sprintf("kineticssounds/audio/train/class 3/%s.wav", bad),
		"kineticssounds/visual/train_img/Image-01-FPS/"+bad+".mp4"
	type fault datatest.Fault
	for _, tt := range []fault{
		{
			"absent", func(m datatest.Files) { delete(m, wavName); m.Without(frames) },
			bad + ": no such clip, want a recording, a spectrum or a video", false, false, "YouTube lost it",
		},
		{
			"no frames", func(m datatest.Files) { m.Without(frames) },
			bad + ": no such clip, want a folder of frames or a video", false, false, "never extracted",
		},
		{
			"empty folder", func(m datatest.Files) { m.Without(frames); m[frames+"/notes.txt"] = []byte("x") },
			bad + ".mp4: no frames, want .jpg or .png files", false, false, "extraction failed",
		},
		{
			"empty sound", func(m datatest.Files) { m[wavName] = nil }, bad + ".wav: empty", false, false,
			"a download that broke off",
		},
		{
			"cut sound", func(m datatest.Files) { m[wavName] = m[wavName][:1000] },
			bad + `.wav: truncated: chunk "data" of 956 bytes, want 40000`, false, false, "a download that broke off",
		},
		{
			"twice", func(m datatest.Files) { m["kineticssounds/audio/other/"+bad+".wav"] = m[wavName] },
			"is there too, want the clip once", false, false, "which one is meant?",
		},
		{
			"short sound", func(m datatest.Files) { m[wavName] = datatest.WAV(madeRate, datatest.Tone(1, 0.1)) },
			bad + ".wav: audio: 1 samples, want at least 400", true, false, "not one frame",
		},
		{
			"corrupt frame", func(m datatest.Files) { m[frames+"/00029.jpg"] = m[frames+"/00029.jpg"][:100] },
			bad + ".mp4/00029.jpg: ", true, false, "a download that broke off",
		},
		{
			"class", func(m datatest.Files) { m["kineticssounds/my_train.txt"] = []byte("a,10,31\n") },
			`my_train.txt: line 1: clip a: class "31"`, false, true, "no class of the set",
		},
		{
			"leaves", func(m datatest.Files) { m["kineticssounds/my_train.txt"] = []byte("../a,10,3\n") },
			`my_train.txt: line 1: clip "../a"`, false, true, "nothing outside is read",
		},
		{
			"overlap", func(m datatest.Files) { m["kineticssounds/my_test.txt"] = m["kineticssounds/my_train.txt"] },
			"is in my_train.txt too", false, true, "trained on what is tested",
		},
		{
			"no test", func(m datatest.Files) { m["kineticssounds/my_test.txt"] = nil }, "my_test.txt: no clips", false,
			true, "an empty split",
		},
		{
			"no lists", func(m datatest.Files) { m.Without("kineticssounds/my_") },
			"my_train.txt: no such file, want the lists", false, true, "media alone",
		},
	} {
		t.Run(tt.Name, func(t *testing.T) { loader.Broken(t, madeSet(t), datatest.Fault(tt), 3, 7) })
	}
}

// TestAbsentSplit leaves no test clip: broken ones are counted in the error.
func TestAbsentSplit(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t)
	maps.DeleteFunc(m, func(name string, _ []byte) bool { return strings.Contains(name, "audio/test/") })
	dir := m.Write(t)
	if _, err := Open(dir, loader.Settings()); err == nil || !strings.Contains(err.Error(), "the first of 4 faults") {
		t.Errorf("four clips are absent: %v, want them counted", err)
	}
	if _, err := Open(dir, loader.Settings("skip_broken", true)); err == nil ||
		!strings.Contains(err.Error(), "no whole sample in split test: 4 broken ones") {
		t.Errorf("all test clips are absent: %v", err)
	}
}

// TestLinks follows links, ends where they go round, and names a clip's that lead nowhere.
func TestLinks(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	dir := madeSet(t).Write(t)
	root := filepath.Join(dir, Folder)
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, name); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "sounds")
	if err := os.Rename(filepath.Join(root, "audio"), elsewhere); err != nil {
		t.Fatal(err)
	}
	link(elsewhere, filepath.Join(root, "audio"))
	link(root, filepath.Join(elsewhere, "back"))
	datatest.Read(t, loader.Must(t, dir), data.Train, 0, 0)
	clip := filepath.Join(elsewhere, "train", "class 0", madeID(0)+".wav")
	if err := os.Remove(clip); err != nil {
		t.Fatal(err)
	}
	link(clip, clip)
	if _, err := Open(dir, loader.Settings()); err == nil ||
		!strings.Contains(err.Error(), madeID(0)+".wav: too many") {
		t.Errorf("a clip's link to itself: %v, want it named", err)
	}
	loop := filepath.Join(root, "loop")
	link(loop, loop)
	if _, err := Open(dir, loader.Settings()); err == nil || !strings.Contains(err.Error(), "loop: too many") {
		t.Errorf("a folder's link to itself: %v, want it named", err)
	}
}
