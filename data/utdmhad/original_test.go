package utdmhad

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/mat"
)

// take is one made recording, as MATLAB arrays: column-major.
type take struct {
	record
	frames                 int
	sensor, joints, images []float64
}

// takes are eight recordings, one of each subject, whose lengths differ and whose images hold a person of a few blocks,
// some pixels of which are background.
func takes() []take {
	draw := rand.New(rand.NewPCG(1, 1))
	var list []take
	for subject := 1; subject <= 8; subject++ {
		x := take{record: record{1 + subject%3, subject, 1, 9 + subject, 15 + 3*subject}, frames: 15 + 3*subject}
		if subject == 3 {
			x.frames, x.skeletonFrames = 1, 1 // MATLAB drops the last axis
		}
		for range x.inertialSteps * inertialValues {
			x.sensor = append(x.sensor, draw.NormFloat64())
		}
		for range x.skeletonFrames * jointValues {
			x.joints = append(x.joints, draw.NormFloat64())
		}
		x.images = make([]float64, wholeHeight*wholeWidth*x.frames)
		for frame := range x.frames {
			for row := 80; row < 160; row++ {
				for column := 100 + frame; column < 180+frame; column++ {
					if draw.IntN(3) > 0 {
						x.images[row+wholeHeight*(column+wholeWidth*frame)] = float64(1000 + draw.IntN(4000))
					}
				}
			}
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b take) int { return a.action*10 + a.subject - b.action*10 - b.subject })
	return list
}

// variable is a modality's, stored in this kind.
func (x take) variable(modality string, kind mat.Kind) mat.Variable {
	switch modality {
	case inertial:
		return mat.Variable{
			Name: "d_iner", Class: "double", Shape: []int{x.inertialSteps, 6}, Kind: kind, Values: x.sensor,
		}
	case skeleton:
		return mat.Variable{
			Name: "d_skel", Class: "double", Shape: trimmed(20, 3, x.skeletonFrames), Kind: kind, Values: x.joints,
		}
	}
	class := "uint16"
	if kind == mat.Float64 {
		class = "double"
	}
	return mat.Variable{
		Name: "d_depth", Class: class, Shape: trimmed(wholeHeight, wholeWidth, x.frames), Kind: kind, Values: x.images,
	}
}

func trimmed(shape ...int) []int {
	if shape[2] == 1 {
		return shape[:2]
	}
	return shape
}

// owners writes the recordings as their owners give them: two subjects' files big-endian and plain, one depth as
// doubles. It returns the folder that holds the three folders.
func owners(tb testing.TB, list []take) string {
	tb.Helper()
	root := filepath.Join(tb.TempDir(), Folder)
	for _, s := range shelves {
		if err := os.MkdirAll(filepath.Join(root, s.folder), 0o755); err != nil {
			tb.Fatal(err)
		}
		for _, x := range list {
			kind := mat.Float64
			if s.modality == depth && x.subject != 5 {
				kind = mat.Uint16
			}
			var b []byte
			if x.subject > 6 {
				b = mat.Encode(binary.BigEndian, false, x.variable(s.modality, kind))
			} else {
				b = mat.Encode(
					binary.LittleEndian, true,
					mat.Variable{
						Name: "note", Class: "double", Shape: []int{1, 1}, Kind: mat.Uint8, Values: []float64{1},
					},
					x.variable(s.modality, kind),
				)
			}
			if err := os.WriteFile(ownersFile(root, s.modality, x.id()), b, 0o600); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return root
}

// ownersFile is a modality's file of a recording.
func ownersFile(root, modality, id string) string {
	folder := map[string]string{inertial: "Inertial", skeleton: "Skeleton", depth: "Depth"}[modality]
	return filepath.Join(root, folder, id+"_"+modality+".mat")
}

// packed writes the same recordings repacked, by the rules of the package's documentation, slowly and in another way
// than the loader: image by image, with the places of the frames as numbers of their own.
func packed(list []take) files {
	f := files{}
	index := &bytes.Buffer{}
	fmt.Fprintln(index, "sample,action,subject,trial,inertial_steps,skeleton_frames,depth_frames_original")
	for n, x := range list {
		fmt.Fprintf(
			index, "%d,%d,%d,%d,%d,%d,%d\n", n, x.action, x.subject, x.trial, x.inertialSteps, x.skeletonFrames,
			x.frames,
		)
		for step := range x.inertialSteps {
			for k := range 6 {
				f.float(inertialFile, x.sensor[k*x.inertialSteps+step])
			}
		}
		for frame := range x.skeletonFrames {
			for joint := range 20 {
				for axis := range 3 {
					f.float(skeletonFile, x.joints[frame*60+axis*20+joint])
				}
			}
		}
		for i := range 16 {
			frame := int((float64(i) + 0.5) / 16 * float64(x.frames))
			image := x.images[frame*240*320 : (frame+1)*240*320]
			sums, counts := make([]float64, 60*80), make([]float64, 60*80)
			for column := range 320 {
				for row := range 240 {
					if v := image[column*240+row]; v != 0 {
						sums[row/4*80+column/4] += v
						counts[row/4*80+column/4]++
					}
				}
			}
			for k, sum := range sums {
				b := byte(0)
				if counts[k] > 0 {
					b = byte(math.Round(math.Max(1, math.Min(255, 1+(sum/counts[k]-1500)/3000*254))))
				}
				f[depthFile] = append(f[depthFile], b)
			}
		}
	}
	f[indexFile] = index.Bytes()
	return f
}

// TestLayouts wants the owners' files and the repacked ones of the same arrays to give equal samples, bit by bit: both
// round to float32 and to bytes before anything else is done.
func TestLayouts(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	list := takes()
	root, other := owners(t, list), packed(list).write(t)
	for _, settings := range []map[string]any{
		nil, {"depth_frames": asAxis, "val_subjects": "1-5", "inertial_steps": 16, "skeleton_steps": 9},
	} {
		want := datatest.Open(t, Open, other, settings)
		for _, dir := range []string{filepath.Dir(root), root, filepath.Dir(root)} { // the last from the cache
			got := datatest.Open(t, Open, dir, settings)
			if err := datatest.Contract(got); err != nil {
				t.Error(err)
			}
			if a, b := got.Describe().Provenance.SplitHash, want.Describe().Provenance.SplitHash; a != b {
				t.Errorf("split hash %s, want %s", a, b)
			}
			for _, split := range data.Splits {
				a, b := datatest.ReadAll(t, got, split), datatest.ReadAll(t, want, split)
				if diff := cmp.Diff(b, a); diff != "" {
					t.Errorf("%v, %s: (-repacked +owners')\n%.600s", settings, split, diff)
				}
			}
			if faults := Check(dir, settings); len(faults) != 0 {
				t.Errorf("Check: %v", faults)
			}
		}
		if err := datatest.Contract(datatest.Open(t, Open, filepath.Join(other, Folder), settings)); err != nil {
			t.Errorf("the repacked folder itself: %v", err)
		}
	}
	c, err := cache.Default()
	if err != nil || c.Stats().Misses != int64(3*len(list)) {
		t.Errorf("%+v, error %v, want each file decoded once: %d", c.Stats(), err, 3*len(list))
	}
}

// TestAbsentFolders opens what is left when a modality was never copied.
func TestAbsentFolders(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	root := owners(t, takes())
	for _, tt := range []struct {
		folder, source string
		want           []string
	}{
		{"Depth", "the owners' files; without folder Depth", []string{inertial, skeleton}},
		{"Inertial", "the owners' files; without folder Inertial, Depth", []string{skeleton}},
	} {
		if err := os.RemoveAll(filepath.Join(root, tt.folder)); err != nil {
			t.Fatal(err)
		}
		d := datatest.Open(t, Open, root, nil)
		var names []string
		for _, m := range d.Describe().Modalities {
			names = append(names, m.Name)
		}
		if diff := cmp.Diff(tt.want, names); diff != "" ||
			!strings.HasSuffix(d.Describe().Provenance.Source, tt.source) {
			t.Errorf("source %q, modalities (-want +got)\n%s", d.Describe().Provenance.Source, diff)
		}
	}
	if err := os.RemoveAll(filepath.Join(root, "Skeleton")); err != nil {
		t.Fatal(err)
	}
	_, err := Open(filepath.Dir(root), nil)
	if err == nil || !strings.Contains(err.Error(), "no folder Inertial, Skeleton or Depth and no index.csv") {
		t.Errorf("Open without any folder: %v", err)
	}
	if _, err := Open(filepath.Join(root, "nowhere"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of what is not there: %v, want fs.ErrNotExist, of which the program says what to do", err)
	}
}

// TestBrokenOwners wants each fault from Open and from Check, in one line with the file, and skip_broken to leave the
// recording out.
func TestBrokenOwners(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	list := takes()
	for i := range list { // small: images of one frame
		list[i].frames, list[i].images = 1, list[i].images[:wholeHeight*wholeWidth]
	}
	at := slices.IndexFunc(list, func(x take) bool { return x.subject == 1 })
	one := list[at]
	odd := func(modality, name string, shape ...int) []byte {
		v := one.variable(modality, mat.Float64)
		v.Name, v.Shape = name, shape
		n := 1
		for _, d := range shape {
			n *= d
		}
		v.Values = make([]float64, n)
		return mat.Encode(binary.LittleEndian, true, v)
	}
	with := func(modality string, place int, value float64) []byte {
		v := one.variable(modality, mat.Float64)
		v.Values = slices.Clone(v.Values)
		v.Values[place] = value
		return mat.Encode(binary.LittleEndian, true, v)
	}
	for _, tt := range []struct {
		name     string
		modality string
		file     string // empty: the recording's own
		content  []byte // nil removes the file
		want     string
		left     int // recordings that skip_broken leaves
		reason   string
	}{
		{
			"missing", skeleton, "", nil, "no such file, though there are others of the same recording", 7,
			"a copy that was broken off",
		},
		{"empty", depth, "", []byte{}, "empty", 7, "likewise"},
		{"cut", inertial, "", odd(inertial, "d_iner", 9, 6)[:150], "truncated", 7, "likewise"},
		{
			"a page", depth, "", []byte("<html>" + strings.Repeat(" ", 200)), "a web page, not the file itself", 7,
			"a download that failed",
		},
		{
			"7.3", depth, "", []byte("MATLAB 7.3 MAT-file"), "not supported: a MATLAB file of version 7.3", 7,
			"saved anew with -v7.3",
		},
		{"variable", skeleton, "", odd(skeleton, "d_iner", 20, 3, 4), "no variable d_skel", 7, "another modality's"},
		{
			"transposed", inertial, "", odd(inertial, "d_iner", 6, 9), "d_iner of shape [6 9], want [T 6]", 7,
			"rows and columns exchanged",
		},
		{
			"no step", inertial, "", odd(inertial, "d_iner", 0, 6), "d_iner of shape [0 6], want [T 6], T at least 1",
			7, "nothing to interpolate",
		},
		{
			"joints", skeleton, "", odd(skeleton, "d_skel", 25, 3, 4), "d_skel of shape [25 3 4], want [20 3 T]", 7,
			"of a newer Kinect",
		},
		{
			"image", depth, "", odd(depth, "d_depth", 60, 80, 2), "d_depth of shape [60 80 2], want [240 320 T]", 7,
			"reduced before",
		},
		{
			"not a number", inertial, "", with(inertial, 7, math.NaN()), "value [7, 0] is NaN, want a finite number", 7,
			"no value",
		},
		{
			"too large", skeleton, "", with(skeleton, 0, 1e300),
			"value [0, 0] is 1e+300, want a number that float32 can hold", 7, "beyond float32",
		},
		{"below 0", depth, "", with(depth, 5, -1), "pixel 5 of frame 0 is -1, want a distance", 7, "no distance"},
		{"no distance", depth, "", with(depth, 5, math.Inf(1)), "pixel 5 of frame 0 is +Inf", 7, "no distance"},
		{
			"name", inertial, "walk_inertial.mat", []byte("x"),
			`name "walk_inertial.mat", want one as a1_s1_t1_inertial.mat`, 8, "no recording",
		},
		{
			"other modality", inertial, "a1_s1_t2_depth.mat", []byte("x"), `want one as a1_s1_t1_inertial.mat`, 8,
			"in the wrong folder",
		},
		{
			"action", inertial, "a28_s1_t1_inertial.mat", []byte("x"), "action 28, want a number from 1 to 27", 8,
			"27 classes",
		},
		{
			"subject", inertial, "a1_s9_t1_inertial.mat", []byte("x"), "subject 9, want a number from 1 to 8", 8,
			"in no split",
		},
		{
			"twice", inertial, "a0" + one.id()[1:] + "_inertial.mat", []byte("x"), "want one", 7,
			"which of the two holds is not known; the spoilt one sorts first",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := owners(t, list)
			path := ownersFile(root, tt.modality, one.id())
			if tt.file != "" {
				path = filepath.Join(filepath.Dir(path), tt.file)
			}
			err := os.WriteFile(path, tt.content, 0o600)
			if tt.content == nil {
				err = os.Remove(path)
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(root, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) ||
				!strings.Contains(err.Error(), filepath.Dir(path)) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Open: %v, want one line with the file and %q\nreason: %s", err, tt.want, tt.reason)
			}
			faults := Check(root, nil)
			if len(faults) == 0 || !strings.Contains(faults[0].Error(), tt.want) {
				t.Errorf("Check: %v, want %q", faults, tt.want)
			}
			skip := map[string]any{"skip_broken": true}
			d := datatest.Open(t, Open, root, skip)
			if n := d.Len(data.Train) + d.Len(data.Validation) + d.Len(data.Test); n != tt.left || len(
				d.Describe().Provenance.Skipped,
			) != len(faults) || len(Check(root, skip)) != 0 {
				t.Errorf(
					"skip_broken leaves %d recordings and names %q, want %d, and %d faults", n,
					d.Describe().Provenance.Skipped, tt.left, len(faults),
				)
			}
		})
	}
}

// TestAllFaults wants every fault listed, and the number of them with the first.
func TestAllFaults(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	list := takes()
	root := owners(t, list)
	for _, x := range list[:3] {
		if err := os.WriteFile(ownersFile(root, inertial, x.id()), []byte("no file"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if faults := Check(root, nil); len(faults) != 3 {
		t.Errorf("Check: %v, want 3 faults", faults)
	}
	if _, err := Open(root, nil); err == nil || !strings.HasSuffix(err.Error(), "(the first of 3 faults)") {
		t.Errorf("Open: %v, want the number of faults", err)
	}
	for _, x := range list {
		if x.subject%2 == 1 {
			if err := os.Remove(ownersFile(root, skeleton, x.id())); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := Open(root, map[string]any{"skip_broken": true}); err == nil ||
		!strings.Contains(err.Error(), "no sample of split train") || !strings.Contains(
		err.Error(), "are left out, the first: ",
	) {
		t.Errorf("Open with nothing left to train on: %v", err)
	}
}

func TestFrameAt(t *testing.T) {
	for _, tt := range []struct {
		all    int
		want   []int
		reason string
	}{
		{16, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, "each once"},
		{32, []int{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31}, "the middle of two is the later one"},
		{1, make([]int, 16), "one stands for all"},
		{
			41, []int{1, 3, 6, 8, 11, 14, 16, 19, 21, 24, 26, 29, 32, 34, 37, 39},
			"the shortest published: floor of 41 (i + 1/2) / 16, by hand",
		},
	} {
		var got []int
		for i := range depthFrames {
			got = append(got, frameAt(i, tt.all))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%d frames: (-want +got)\n%s\nreason: %s", tt.all, diff, tt.reason)
		}
	}
}

func TestLevel(t *testing.T) {
	for _, tt := range []struct {
		millimetres float64
		want        byte
		reason      string
	}{
		{1500, 1, "the nearest"}, {4500, 255, "the farthest"}, {3000, 128, "the middle"},
		{100, 1, "clamped: 0 is for background"},
		{9000, 255, "clamped"}, {1505, 1, "1 + 254 * 5/3000 = 1.42"}, {1506, 2, "1 + 254 * 6/3000 = 1.51"},
	} {
		if got := level(tt.millimetres); got != tt.want {
			t.Errorf("level(%v) = %d, want %d\nreason: %s", tt.millimetres, got, tt.want, tt.reason)
		}
	}
}

// FuzzDecodeMatlab wants a file's content to be as large as its modality says, or an error of one of the two kinds.
func FuzzDecodeMatlab(f *testing.F) {
	x := takes()[0]
	x.joints, x.skeletonFrames = x.joints[:jointValues], 1
	for _, m := range []string{inertial, skeleton} {
		f.Add(mat.Encode(binary.LittleEndian, true, x.variable(m, mat.Float64)))
	}
	f.Add(
		mat.Encode(
			binary.BigEndian, true,
			mat.Variable{
				Name: "d_depth", Class: "uint16", Shape: []int{240, 320}, Kind: mat.Uint8,
				Values: make([]float64, 240*320),
			},
		),
	)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, s := range shelves {
			got, err := decodeMatlab("f", s.modality, b)
			_, wrong := errors.AsType[*data.FormatError](err)
			_, odd := errors.AsType[*data.UnsupportedError](err)
			unit := map[string]int{
				inertial: 4 * inertialValues, skeleton: 4 * jointValues, depth: depthFrames * rawHeight * rawWidth,
			}[s.modality]
			if err != nil && !wrong && !odd || err == nil && (len(got) == 0 || len(got)%unit != 0) {
				t.Errorf("%s: %d bytes, error %v", s.modality, len(got), err)
			}
		}
	})
}

// FuzzParseName wants a name to be refused or to be the recording's own, up to zeros in front and capitals.
func FuzzParseName(f *testing.F) {
	f.Add("a27_s8_t4_depth.mat")
	f.Add("A01_s1_t1_DEPTH.MAT")
	f.Add("a0_s1_t1_depth.mat")
	f.Fuzz(func(t *testing.T, name string) {
		r, err := parseName(name, depth)
		if err != nil {
			return
		}
		again, err := parseName(r.id()+"_depth.mat", depth)
		if err != nil || again != r || r.action < 1 || r.action > 27 || r.subject < 1 || r.subject > 8 || r.trial < 1 {
			t.Errorf("%q is %+v, and %+v again, error %v", name, r, again, err)
		}
	})
}
