package host

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/npy"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/measure"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/run/runtest"
)

// smallFolders names how many folders TestSmallFolders makes.
const smallFolders = "PRIMEWINDOW_SMALL_FOLDERS"

// TestSmallFolders: whatever `data check` passes trains an epoch at the defaults, and measures and draws what a run
// does by itself; what it refuses, a run refuses before a step. All but a few folders are trained by GoMLX's own
// backend, and most by small encoders: XLA would compile for seconds for each.
func TestSmallFolders(t *testing.T) {
	count := 20
	if text := os.Getenv(smallFolders); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("xla", func(t *testing.T) { trySmallFolders(t, 2, 5, 1) })
	t.Run("go", func(t *testing.T) {
		t.Setenv(xla.BackendVariable, "go:ops_sequential") // side by side its workers may wait for each other for ever
		trySmallFolders(t, 5, count+2, 10)
	})
}

// trySmallFolders makes and trains the folders of some seeds, every so many with the encoders that suit them.
func trySmallFolders(t *testing.T, from, to, usual int) {
	t.Helper()
	shop := runtest.NewShop(t)
	trained := 0
	for seed := from; seed < to; seed++ {
		dir := t.TempDir()
		what := makeSmallFolder(t, dir, uint64(seed))
		settings := map[string]any{"data": "folder", "dir": dir}
		set, faults := catalog.Check(t.Context(), hosttest.Project(t), "folder", dir, nil, nil)
		if len(faults) == 0 {
			twins, _, err := catalog.Twins(t.Context(), set, nil)
			if err != nil {
				t.Fatal(err)
			}
			if twins > 0 { // data check refuses them, a run may be what the user wants all the same
				continue
			}
			for _, m := range set.Describe().Modalities {
				if small := map[data.Kind]string{
					data.Sequence: "cnn1d:4", data.Image: "cnn2d:4", data.Spectrogram: "cnn2d:4",
				}[m.Kind]; small != "" && m.Name != "text" && seed%usual != 0 {
					settings["encoder."+m.Name] = small
				}
			}
		}
		r, err := shop.OpenDir(filepath.Join(t.TempDir(), fmt.Sprintf("run%d", seed)), settings)
		switch {
		case len(faults) > 0 && err == nil:
			t.Errorf("seed %d: %s: data check says %v, a run opens", seed, what, faults[0])
		case len(faults) > 0:
			hosttest.OneProblem(t, err)
		case err != nil:
			t.Errorf("seed %d: %s: data check passes, the run does not open: %v", seed, what, err)
		default:
			trained++
			if err := useAll(t, r); err != nil {
				t.Errorf("seed %d: %s: %v", seed, what, err)
			}
		}
		if r != nil {
			if err := shop.Leave(r); err != nil {
				t.Error(err)
			}
		}
	}
	if trained < (to-from)/2 {
		t.Errorf("%d of %d folders trained, want most", trained, to-from)
	}
	t.Logf("%d of %d folders trained, the others were refused by both", trained, to-from)
}

// useAll trains a run for an epoch, measures and draws all that can be.
func useAll(t *testing.T, r *run.Run) error {
	t.Helper()
	if err := r.To(t.Context(), r.StepsToEpoch(1), "test"); err != nil {
		return fmt.Errorf("epoch 1: %w", err)
	}
	for _, split := range data.Splits {
		if r.Dataset().Len(split) == 0 {
			continue
		}
		if _, err := r.Evaluate(t.Context(), split); err != nil {
			return fmt.Errorf("evaluate %s: %w", split, err)
		}
	}
	for _, kind := range probe.Kinds() {
		_, err := r.ProbeWith(t.Context(), wire.Probe{Kind: kind})
		missing := kind == "cosine" && r.Status().Step < 2 ||
			slices.Contains([]string{"accuracy", "linear"}, kind) && r.Dataset().Len(data.Validation) == 0
		if (err != nil) != missing {
			return fmt.Errorf("probe %s: %w", kind, err)
		}
	}
	for _, kind := range draw.Figures() {
		_, err := Draw(t.Context(), kind, []*run.Run{r})
		if p, ok := errors.AsType[*wire.Problem](err); err != nil && (!ok || p.Hint == "") {
			return fmt.Errorf("figure %s: %w", kind, err)
		}
	}
	if n := r.Dataset().Len(data.Test); n > 0 {
		dir := t.TempDir()
		if err := measure.WriteMap(t.Context(), r, dir, data.Test); err != nil {
			return fmt.Errorf("map: %w", err)
		}
		m, err := measure.ReadMap(dir, r.Status().Modalities, data.Test, r.Status().Step)
		known := strings.Contains(m.Missing, "are equal") || strings.Contains(m.Missing, "at one place")
		if few := n < measure.FewestMapped; err != nil || len(m.Points) != len(m.Labels) ||
			(m.Missing == "") != (len(m.Points) == n) ||
			m.Missing != "" && few != strings.Contains(m.Missing, "want at least 4") ||
			m.Missing != "" && !few && !known {
			return fmt.Errorf("map: %d points of %d, missing: %q, error %w", len(m.Points), n, m.Missing, err)
		}
	}
	if _, err := json.Marshal(runtest.OnRecord(t, r)); err != nil {
		return err
	}
	_, err := json.Marshal(r.Status())
	return err
}

// makeSmallFolder makes a folder of a few samples by a seed, and says in words what is in it.
func makeSmallFolder(t *testing.T, dir string, seed uint64) string {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 14))
	classes, val, test := 2+random.IntN(4), random.IntN(2) == 0, random.IntN(10) > 0
	labels := "id,label,split\n"
	var ids, said []string
	for c := range classes {
		for k, splits := 0, []string{"train", "val", "test"}; k < len(splits); k++ {
			n := 1 + random.IntN(6)
			if k == 1 && !val || k == 2 && !test {
				continue
			}
			if k > 0 {
				n = random.IntN(3)
			}
			said = append(said, fmt.Sprintf("%d %s", n, splits[k]))
			for range n {
				id := fmt.Sprintf("s%03d", len(ids))
				ids = append(ids, id)
				labels += fmt.Sprintf("%s,%s,%s\n", id, []string{"a", "b", "c", "d", "e"}[c], splits[k])
			}
		}
	}
	hosttest.WriteFile(t, filepath.Join(dir, "labels.csv"), []byte(labels))
	kinds := []string{"vector", "table", "sequence", "array", "picture", "sound", "text"}
	random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	kinds = kinds[:1+random.IntN(2)]
	for _, kind := range kinds {
		makeSmallModality(t, filepath.Join(dir, kind), kind, ids, random)
	}
	return fmt.Sprintf("%d classes (%s) of %s", classes, strings.Join(said, ", "), strings.Join(kinds, " and "))
}

func makeSmallModality(t *testing.T, path, kind string, ids []string, random *rand.Rand) {
	t.Helper()
	constant := random.IntN(4) == 0 // a feature that says nothing
	numbers := func(n int) []byte {
		var b []byte
		for i := range n {
			v := float32(random.NormFloat64())
			if constant && i%3 == 1 {
				v = 2
			}
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		return b
	}
	width := 1 + random.IntN(4)
	if width == 1 {
		constant = false
	}
	switch kind {
	case "table":
		text := "id"
		for k := range width {
			text += fmt.Sprintf(",x%d", k)
		}
		for _, id := range ids {
			text += "\n" + id
			for range width {
				text += fmt.Sprintf(",%g", random.NormFloat64())
			}
		}
		hosttest.WriteFile(t, path+".csv", []byte(text+"\n"))
		return
	case "array":
		hosttest.WriteFile(t, path+".npy", npy.Encode("<f4", numbers(len(ids)*width), len(ids), width))
		return
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		file := filepath.Join(path, id)
		switch kind {
		case "vector":
			hosttest.WriteFile(t, file+".npy", npy.Encode("<f4", numbers(width), width))
		case "sequence":
			hosttest.WriteFile(t, file+".npy", npy.Encode("<f4", numbers(6*width), 6, width))
		case "picture":
			img := image.NewGray(image.Rect(0, 0, 8, 6))
			for i := range 48 {
				img.SetGray(i%8, i/8, color.Gray{Y: uint8(random.IntN(256))})
			}
			var b bytes.Buffer
			if err := png.Encode(&b, img); err != nil {
				t.Fatal(err)
			}
			hosttest.WriteFile(t, file+".png", b.Bytes())
		case "sound":
			hosttest.WriteFile(t, file+".wav", datatest.WAV(8000, datatest.Tone(800, 0.02+0.3*random.Float64())))
		case "text":
			words := []string{"red", "green", "blue", "old", "new", "house", "tree", "sky"}
			text := id
			for range 1 + random.IntN(5) {
				text += " " + words[random.IntN(len(words))]
			}
			hosttest.WriteFile(t, file+".txt", []byte(text))
		}
	}
}
