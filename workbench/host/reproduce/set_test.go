package reproduce

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/data/cremad"
	"github.com/primewindow/primewindow/data/mosi"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/npy"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/setting"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// madeMOSI makes the tables of a small set of utterances, of 24 videos to train on and two to test on.
func madeMOSI(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{}
	for v := range 26 {
		part := "train"
		if v >= 24 {
			part = "test"
		}
		for k := range 4 {
			i, label := 4*v+k, k%2
			files["transcripts"] += fmt.Sprintf("v%d_%d,good or bad,%d,%d\n", v, k, v, label)
			for _, m := range []struct {
				name  string
				width int
			}{{"text", 3}, {"audio", 2}, {"video", 1}} {
				row := ""
				for j := range m.width {
					row += fmt.Sprintf("%g,", math.Sin(float64(7*i+3*j+m.width)))
				}
				files[m.name+"_"+part+"0"] += fmt.Sprintf("%s%d\n", row, label)
				if m.name == "text" {
					files["text_"+part] += fmt.Sprintf("%d,%s\n", i, strings.TrimSuffix(row, ","))
				}
			}
		}
	}
	if err := os.Mkdir(filepath.Join(dir, mosi.Folder), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		hosttest.WriteFile(t, filepath.Join(dir, mosi.Folder, name+".csv"), []byte(text))
	}
	return dir
}

// addAligned puts sequences of two steps beside the tables.
func addAligned(t *testing.T, dir string) {
	t.Helper()
	numbers := func(n int) (b []byte) {
		for i := range n {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(math.Cos(float64(i)))))
		}
		return b
	}
	arrays := map[string][]byte{}
	for part, n := range map[string]int{"train": 96, "valid": 4, "test": 8} {
		for name, width := range map[string]int{"text": 3, "audio": 2, "vision": 1} {
			arrays[part+"_"+name] = npy.Encode("<f4", numbers(n*2*width), n, 2, width)
		}
		arrays[part+"_labels"] = npy.Encode("<f4", numbers(n), n)
	}
	hosttest.WriteFile(t, mosi.AlignedPath(dir), hosttest.Zipped(t, arrays))
}

// madeCREMAD makes clips with 3 frames a second and with one.
func madeCREMAD(t *testing.T, rates ...int) string {
	t.Helper()
	dir := t.TempDir()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	put := func(text []byte, parts ...string) {
		path := filepath.Join(append([]string{dir, cremad.Folder}, parts...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		hosttest.WriteFile(t, path, text)
	}
	for actor := range 20 {
		for _, mood := range []string{"NEU", "HAP", "SAD", "FEA", "DIS", "ANG"} {
			id := fmt.Sprintf("%d_DFA_%s_XX", 1001+actor, mood)
			put(datatest.WAV(8000, datatest.Tone(800, 0.1)), "AudioWAV", id+".wav")
			for _, rate := range rates {
				for k := range rate {
					put(picture.Bytes(), fmt.Sprintf("Image-%02d-FPS", rate), id, fmt.Sprintf("%d.jpg", k))
				}
			}
		}
	}
	return dir
}

// TestSetChoices: table 6 takes sequences and transformers where their file is there, CREMA-D three frames at paper
// scale; what is asked for goes before both, and what is missing is said.
func TestSetChoices(t *testing.T) {
	vectors, sequences := madeMOSI(t), madeMOSI(t)
	addAligned(t, sequences)
	broken := madeMOSI(t)
	hosttest.WriteFile(t, mosi.AlignedPath(broken), []byte("no zip"))
	clips := madeCREMAD(t, 1, 3)
	for _, tt := range []struct {
		name, set, target, scale, dir string
		asked                         map[string]any
		want                          map[string]any // settings of the set among those of all runs
		encoder                       string         // of the first modality begins so
		note                          string
		reason                        string
	}{
		{
			"no sequences", mosi.Name, "table6", ScaleDemo, vectors, nil, nil, "mlp", "mosi_aligned.npz is not there",
			"the tables",
		},
		{
			"sequences", mosi.Name, "table6", ScaleDemo, sequences, nil, map[string]any{"data.features": "aligned"},
			"transformer", "", "as the paper has it",
		},
		{
			"at paper scale", mosi.Name, "table6", ScalePaper, sequences, nil,
			map[string]any{"data.features": "aligned"}, "transformer", "", "likewise",
		},
		{
			"none there at paper scale", mosi.Name, "table6", ScalePaper, vectors, nil, nil, "mlp",
			"mosi_aligned.npz is not there", "likewise",
		},
		{
			"tables asked for", mosi.Name, "table6", ScaleDemo, sequences, map[string]any{"data.features": "tables"},
			map[string]any{"data.features": "tables"}, "mlp", "", "the user knows",
		},
		{
			"another target", mosi.Name, "table2", ScaleDemo, sequences, nil, nil, "mlp", "",
			"the paper has no such set in table 2",
		},
		{"CREMA-D", cremad.Name, "table2", ScaleDemo, clips, nil, nil, "", "", "one frame, the set's own default"},
		{
			"CREMA-D at paper scale", cremad.Name, "table2", ScalePaper, clips, nil, map[string]any{"data.frames": 3.0},
			"resnet18", "", "three, as in the released code",
		},
		{
			"one frame asked for", cremad.Name, "table2", ScalePaper, clips, map[string]any{"data.frames": 1.0},
			map[string]any{"data.frames": 1.0}, "resnet18", "", "the user knows",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set := map[string]any{"dir": tt.dir}
			maps.Copy(set, tt.asked)
			p, err := Open(run.NewShop(t.TempDir()), Ask{
				Dir: filepath.Join(t.TempDir(), "r"), Targets: []string{tt.target}, Data: tt.set, Seeds: 1,
				Scale: tt.scale, Select: sweep.SelectVal, Set: set,
			})
			if err != nil {
				t.Fatal(err)
			}
			one := p.parts[0]
			got := map[string]any{}
			for name, v := range one.shared {
				if strings.HasPrefix(name, catalog.Prefix) {
					got[name] = v
				}
			}
			if tt.want == nil {
				tt.want = map[string]any{}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("settings of the set (-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
			a, err := one.arm(one.list[0], one.list[0].usualRate(), "all")
			if err != nil {
				t.Fatal(err)
			}
			if e := a.Settings().Text(
				setting.EncoderPrefix + one.Desc.Modalities[0].Name,
			); !strings.HasPrefix(e, tt.encoder) {
				t.Errorf("encoder %q, want %s\nreason: %s", e, tt.encoder, tt.reason)
			}
			if tt.want["data.frames"] == 3.0 {
				i := slices.IndexFunc(
					one.Desc.Modalities, func(m data.Modality) bool { return m.Shape[0] == 3 && len(m.Shape) == 4 },
				)
				if i < 0 {
					t.Errorf("modalities %+v, want a clip of 3 frames", one.Desc.Modalities)
				}
			}
			rec, err := one.record()
			if err != nil {
				t.Fatal(err)
			}
			if notes := strings.Join(rec.Notes, "\n"); strings.Contains(
				notes, "mosi_aligned.npz",
			) != (tt.note != "") || !strings.Contains(notes, tt.note) {
				t.Errorf("notes %q, want %q\nreason: %s", rec.Notes, tt.note, tt.reason)
			}
		})
	}
	for _, tt := range []struct{ name, set, target, dir, message, hint, reason string }{
		{
			"damaged sequences", mosi.Name, "table6", broken, "mosi with data.features=aligned",
			"-set data.features=VALUE", "never passed over in silence",
		},
		{
			"one frame a second alone", cremad.Name, "table2", madeCREMAD(t, 1), "cremad with data.frames=3",
			"-set data.frames=VALUE", "they have to be extracted, or one is taken knowingly",
		},
	} {
		_, err := Open(run.NewShop(t.TempDir()), Ask{
			Dir: filepath.Join(t.TempDir(), "r"), Targets: []string{tt.target}, Data: tt.set, Seeds: 1,
			Scale: ScalePaper, Select: sweep.SelectVal, Set: map[string]any{"dir": tt.dir},
		})
		p, ok := errors.AsType[*wire.Problem](err)
		if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) {
			t.Errorf("%s: error %v, want %q and the hint %q\nreason: %s", tt.name, err, tt.message, tt.hint, tt.reason)
		}
	}
}

// TestTargetsOnce: a target that is named twice is made once, wherever it stands.
func TestTargetsOnce(t *testing.T) {
	for _, names := range [][]string{{"table1", "table2", "table1"}, {"table1", "table1", "table2"}} {
		ask := smallReproduction(t, func(r *Ask) { r.Targets = names })
		p, err := Open(run.NewShop(t.TempDir()), ask)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			filepath.Join(ask.Dir, "synth", "table1.json"), filepath.Join(ask.Dir, "synth", "table2.json"),
		}
		if diff := cmp.Diff(want, p.Files()); diff != "" {
			t.Errorf("%v (-want +got)\n%s", names, diff)
		}
	}
}
