package utdmhad

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestContract holds the set to what every set promises.
func TestContract(t *testing.T) {
	d := datatest.Open(t, Open, madeFiles().write(t), nil)
	if err := errors.Join(datatest.Contract(d), datatest.Strangers(d)); err != nil {
		t.Error(err)
	}
}

func TestSplits(t *testing.T) {
	dir := madeFiles().write(t)
	for _, tt := range []struct {
		subjects         string
		train, val, test int
		reason           string
	}{
		{"7", 18, 6, 24, "three subjects are trained on, each with 3 actions twice"},
		{"none", 24, 0, 24, "a split may be empty"},
		{"1-3", 12, 12, 24, "two validate"},
	} {
		d := datatest.Open(t, Open, dir, map[string]any{"val_subjects": tt.subjects})
		got := []int{d.Len(data.Train), d.Len(data.Validation), d.Len(data.Test)}
		if diff := cmp.Diff([]int{tt.train, tt.val, tt.test}, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\nreason: %s", tt.subjects, diff, tt.reason)
		}
		for _, split := range data.Splits {
			for i := range d.Len(split) {
				id, label := d.Identity(split, i)
				subject := int(id[strings.Index(id, "_s")+2] - '0')
				want := data.Train
				switch {
				case subject%2 == 0:
					want = data.Test
				case strings.ContainsRune(tt.subjects, rune('0'+subject)):
					want = data.Validation
				}
				if split != want || label != int(id[1]-'1') {
					t.Errorf("%s: sample %s of label %d in split %s, want %s", tt.subjects, id, label, split, want)
				}
			}
		}
	}
}

// TestSamples follows values from the files into the samples.
func TestSamples(t *testing.T) {
	for _, frames := range []string{asChannels, asAxis} {
		d := datatest.Open(
			t, Open, madeFiles().write(t),
			map[string]any{"inertial_steps": 8, "skeleton_steps": 8, "depth_frames": frames},
		)
		want := []data.Modality{
			{Name: "inertial", Kind: data.Sequence, Shape: []int{8, 6}},
			{Name: "skeleton", Kind: data.Sequence, Shape: []int{8, 60}},
			{Name: "depth", Kind: data.Image, Shape: []int{30, 40, 16}},
		}
		if frames == asAxis {
			want[2].Kind, want[2].Shape = data.Clip, []int{16, 30, 40, 1}
		}
		if diff := cmp.Diff(want, d.Describe().Modalities); diff != "" {
			t.Errorf("%s: modalities (-want +got)\n%s", frames, diff)
		}
		b := datatest.ReadAll(t, d, data.Train)
		for _, m := range want {
			sum, squares := 0.0, 0.0
			for _, v := range b.X[m.Name] {
				sum, squares = sum+float64(v), squares+float64(v)*float64(v)
			}
			n := float64(len(b.X[m.Name]))
			// hips are constant and stay 0, one joint of twenty
			if mean, square := sum/n, squares/n; math.Abs(mean) > 1e-5 || square < 0.94 || square > 1.0001 {
				t.Errorf("%s: mean %v and mean square %v of the training split, want 0 and 1", m.Name, mean, square)
			}
			for i := 1; i < len(b.Labels); i++ { // the made values grow with the sample's number
				if m.Name != skeleton && b.X[m.Name][i*m.Size()] <= b.X[m.Name][(i-1)*m.Size()] {
					t.Errorf("%s: sample %d is not above the one before", m.Name, i)
				}
			}
		}
	}
}

func TestRelative(t *testing.T) {
	x := make([]float32, 2*jointValues)
	for i := range x {
		x[i] = float32(i)
	}
	relative(x)
	// joint 5 of frame 1 lies two joints behind the hips, each of three values
	if got := x[jointValues+3*5 : jointValues+3*5+3]; !slices.Equal(got, []float32{6, 6, 6}) {
		t.Errorf("joint 5 of frame 1 is %v, want 6 6 6", got)
	}
	if got := x[3*hips : 3*hips+3]; !slices.Equal(got, []float32{0, 0, 0}) {
		t.Errorf("hips are at %v, want the origin", got)
	}
}

func TestHalve(t *testing.T) {
	b := make([]byte, depthFrames*rawHeight*rawWidth)
	at := func(frame, row, column int) *byte { return &b[(frame*rawHeight+row)*rawWidth+column] }
	*at(3, 10, 20), *at(3, 11, 21), *at(3, 11, 22) = 255, 255, 51
	for _, tt := range []struct {
		channels              bool
		frame, row, column, n int // strides
		reason                string
	}{
		{false, depthHeight * depthWidth, depthWidth, 1, 3, "frames first"},
		{true, 1, depthWidth * depthFrames, depthFrames, 3, "frames last"},
	} {
		x := halve(b, tt.channels)
		place := func(row, column int) float32 { return x[3*tt.frame+row*tt.row+column*tt.column] }
		if place(5, 10) != 0.5 || place(5, 11) != 0.05 || place(6, 10) != 0 {
			t.Errorf(
				"channels %v: %v, %v, %v, want 0.5, 0.05, 0\nreason: %s", tt.channels, place(5, 10), place(5, 11),
				place(6, 10), tt.reason,
			)
		}
	}
}

func TestBrokenSets(t *testing.T) {
	good := madeFiles()
	index := string(good["index.csv"])
	infinite := bytes.Clone(good["inertial.f32.gz"])
	binary.LittleEndian.PutUint32(infinite[40:], math.Float32bits(float32(math.Inf(1))))
	for _, tt := range []struct {
		name    string
		file    string
		content []byte // nil removes the file
		want    string
		reason  string
	}{
		{"no index", "index.csv", nil, "no such file", "a download that is missing"},
		{"header", "index.csv", []byte("a,b\n"), `header "a,b"`, "another table"},
		{"no samples", "index.csv", []byte(index[:strings.Index(index, "\n")+1]), "no samples", "only a header"},
		{"ragged", "index.csv", []byte(index + "1,2\n"), "line 50: 2 fields, want 7", "cut off"},
		{
			"action 28", "index.csv", []byte(strings.Replace(index, "\n5,1,", "\n5,28,", 1)),
			`sample 5: action "28", want a number from 1 to 27`, "27 classes",
		},
		{
			"subject x", "index.csv", []byte(strings.Replace(index, "\n5,1,3,", "\n5,1,x,", 1)),
			`sample 5: subject "x"`, "a number",
		},
		{
			"order", "index.csv", []byte(strings.Replace(index, "\n5,", "\n6,", 1)), "sample 6 stands at place 5",
			"arrays are in order",
		},
		{
			"twice", "index.csv", []byte(strings.Replace(index, "\n1,1,1,2", "\n1,1,1,1", 1)),
			"sample 1: a1_s1_t1 stands twice", "it would be in two places",
		},
		{"one split", "index.csv", []byte(evenAlone(index)), "no sample of split train", "nothing to train on"},
		{"no sensor", "inertial.f32.gz", nil, "no such file", "a download that is missing"},
		{"short", "inertial.f32.gz", good["inertial.f32.gz"][:999], "truncated: 999 bytes inside", "cut off"},
		{
			"long", "skeleton.f32.gz", append(bytes.Clone(good["skeleton.f32.gz"]), 0),
			"bytes inside, want as many as the index says", "of another index",
		},
		{"infinite", "inertial.f32.gz", infinite, "a1_s1_t1: value [1, 4] is +Inf", "no value"},
		{"short depth", "depth.u8.gz", good["depth.u8.gz"][:12345], "truncated: 12345 bytes", "cut off"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := madeFiles()
			if f[tt.file] = tt.content; tt.content == nil {
				delete(f, tt.file)
			}
			dir := f.write(t)
			_, err := Open(dir, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) ||
				!strings.Contains(
					err.Error(), filepath.Join(dir, Folder, tt.file),
				) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Open: %v, want one line with the file and %q\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
	dir := good.write(t)
	if err := os.WriteFile(filepath.Join(dir, Folder, "depth.u8.gz"), []byte("no gzip"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); err == nil || !strings.Contains(err.Error(), "depth.u8.gz: gzip: ") {
		t.Errorf("Open with a file that is not compressed: %v", err)
	}
}

// evenAlone gives all samples to tested subjects, under another trial where they would stand twice.
func evenAlone(index string) string {
	for _, odd := range []string{"1", "3", "5", "7"} {
		for _, trial := range []string{"1", "2"} {
			for _, action := range []string{"1", "2", "3"} {
				index = strings.Replace(index, ","+action+","+odd+","+trial+",", ","+action+",2,"+odd+trial+",", 1)
			}
		}
	}
	return index
}

func TestSettings(t *testing.T) {
	for _, tt := range []struct {
		settings map[string]any
		want     string
		reason   string
	}{
		{map[string]any{"val_subjects": "2"}, `val_subjects: got "2"`, "it is tested"},
		{map[string]any{"val_subjects": "1-1"}, `val_subjects: got "1-1"`, "once each"},
		{map[string]any{"val_subjects": ""}, `val_subjects: got ""`, "none is said by name"},
		{map[string]any{"val_subjects": "1-3-5-7"}, "at least one subject left", "nothing to train on"},
		{map[string]any{"depth_frames": "mean"}, "want one of channels, axis", "a choice"},
		{map[string]any{"inertial_steps": 2}, "between 8 and 1024", "too short to convolve"},
		{map[string]any{"frames": 2}, `unknown setting "frames"`, "a misspelt name would go unnoticed"},
	} {
		if _, err := Open("no folder", tt.settings); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Open with %v: %v, want %q\nreason: %s", tt.settings, err, tt.want, tt.reason)
		}
	}
}

func FuzzDecodeIndex(f *testing.F) {
	f.Add(madeFiles()["index.csv"])
	f.Add([]byte("sample,action,subject,trial,inertial_steps,skeleton_frames\n0,27,8,99,1,1\n"))
	f.Add([]byte("sample,action\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := decodeIndex("x", b)
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("%d samples, error %v", len(list), err)
		}
		for _, r := range list {
			if r.action < 1 || r.action > len(actions) || r.inertialSteps < 1 || r.skeletonFrames < 1 {
				t.Fatalf("%+v is out of range", r)
			}
		}
	})
}

// FuzzUnzip checks that a damaged file gives an error or exactly the bytes that were asked for.
func FuzzUnzip(f *testing.F) {
	f.Add(zipped(f, []byte("twelve bytes")), 12)
	f.Add([]byte{0x1f, 0x8b}, 4)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		if out, err := unzip("x", b, min(max(size, 0), 1<<16)); err == nil && len(out) != size {
			t.Fatalf("%d bytes, want %d", len(out), size)
		}
	})
}

// TestRealFiles reads the published files where they are.
func TestRealFiles(t *testing.T) {
	dir := datatest.Real(t, Folder)
	d := datatest.Open(t, Open, dir, map[string]any{"val_subjects": "none"})
	if train, test := d.Len(data.Train), d.Len(data.Test); train != 431 || test != 430 {
		t.Errorf("%d and %d samples, want 431 and 430, the published protocol's", train, test)
	}
	train, test := datatest.ReadAll(t, d, data.Train), datatest.ReadAll(t, d, data.Test)
	for _, tt := range []struct {
		modality string
		lo, hi   float64
		reason   string
	}{
		// Nearest class means are a weaker rule than the linear probes that reach 0.70, 0.76 and 0.41; chance is 0.037.
		{inertial, 0.3, 0.8, "a loader that mixes up axes or labels is at chance"},
		{skeleton, 0.3, 0.9, "likewise"},
		{depth, 0.1, 0.5, "likewise"},
	} {
		n := len(train.X[tt.modality]) / len(train.Labels)
		means, counts := make([][]float64, len(actions)), make([]float64, len(actions))
		for c := range means {
			means[c] = make([]float64, n)
		}
		for i, label := range train.Labels {
			counts[label]++
			for k, v := range train.X[tt.modality][i*n : (i+1)*n] {
				means[label][k] += float64(v)
			}
		}
		right := 0
		for i, label := range test.Labels {
			least, found := math.Inf(1), 0
			for c, m := range means {
				distance := 0.0
				for k, v := range test.X[tt.modality][i*n : (i+1)*n] {
					distance += (float64(v) - m[k]/counts[c]) * (float64(v) - m[k]/counts[c])
				}
				if distance < least {
					least, found = distance, c
				}
			}
			if found == int(label) {
				right++
			}
		}
		accuracy := float64(right) / float64(len(test.Labels))
		t.Logf("%s: nearest mean is right for %.3f of the test split", tt.modality, accuracy)
		if accuracy < tt.lo || accuracy > tt.hi {
			t.Errorf(
				"%s: nearest mean is right for %.3f, want between %v and %v\nreason: %s", tt.modality, accuracy, tt.lo,
				tt.hi, tt.reason,
			)
		}
	}
}
