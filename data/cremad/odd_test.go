package cremad

import (
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of a list, a recording, a frame and a video.
func TestOdd(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	m := madeSet(t, 2)
	addLists(m, 2, "")
	for _, name := range []string{"cremad/train.csv", "cremad/test.csv"} {
		m[name] = []byte(strings.ReplaceAll(string(m[name]), "\r\n", "\n"))
	}
	sound, frame := "cremad/AudioWAV/"+madeID(0, 0)+".wav", "cremad/Image-01-FPS/"+madeID(0, 0)+"/00000.jpg"
	rows := []datatest.Row{
		{Kind: datatest.Table, Files: m, Name: "cremad/train.csv", Odd: datatest.Tables(string(m["cremad/train.csv"]))},
		{Kind: datatest.Table, Files: m, Name: "cremad/test.csv", Odd: datatest.Tables(string(m["cremad/test.csv"]))},
		{
			Kind: datatest.Recording, Files: m, Name: sound,
			Odd: datatest.Waves(madeRate, datatest.Telephone(datatest.MuLaw, 16000, 0.02)),
		},
		{Kind: datatest.Picture, Files: m, Name: frame, Odd: datatest.Pictures(t, 48, 36)},
	}
	videos := m.Changed(func(n string) string { return n })
	videos.Without("cremad/Image")
	whole := flv(t, "red", 1.25)
	for a := range 2 {
		for mood := range codes {
			videos["cremad/VideoFlash/"+madeID(a, mood)+".flv"] = whole
		}
	}
	loader.Table(
		t, Name,
		append(
			rows,
			datatest.Row{
				Kind: datatest.Video, Files: videos, Name: "cremad/VideoFlash/" + madeID(0, 0) + ".flv",
				Odd: datatest.Videos(whole),
			},
		),
	)
}

// TestCapitals reads a set whose folders and files are called in small letters, or in capitals.
func TestCapitals(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t, 2)
	addLists(m, 2, "")
	whole := loader.Must(t, m.Write(t))
	for _, tt := range []struct {
		name   string
		change func(string) string
		reason string
	}{
		{
			"extensions", func(n string) string { return strings.Replace(n, ".wav", ".WAV", 1) },
			"as a recorder writes them",
		},
		{
			"folder of sounds", func(n string) string { return strings.Replace(n, "AudioWAV", "audiowav", 1) },
			"as others unpack it",
		},
		{"folders in capitals", func(n string) string {
			return strings.NewReplacer(
				"AudioWAV", "AUDIOWAV", "Image-01-FPS", "IMAGE-01-FPS", "cremad/", "CREMAD/",
			).Replace(n)
		}, "likewise"},
		{"clips", func(n string) string {
			if strings.HasSuffix(n, ".csv") {
				return n
			}
			return strings.ReplaceAll(strings.ReplaceAll(n, "_IEO_", "_ieo_"), "_XX", "_xx")
		}, "by a script"},
	} {
		d := loader.Must(t, m.Changed(tt.change).Write(t))
		if err := datatest.Same(whole, d, data.Train, []int{0, 3}, 0); err != nil {
			t.Errorf("%s: %v\nreason: %s", tt.name, err, tt.reason)
		}
	}
	twice := "cremad/AudioWAV/" + strings.ToLower(madeID(0, 1)) + ".WAV"
	m[twice] = m["cremad/AudioWAV/"+madeID(0, 1)+".wav"]
	faults := loader.Check(m.Write(t), loader.Settings())
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "is there too, want the clip once") {
		t.Errorf("two of a clip: %v, want one fault", faults)
	}
}

// TestListedFiles reads lists that name files, and frames of a format that is not read by their names.
func TestListedFiles(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	m := madeSet(t, 2)
	addLists(m, 2, "")
	whole := loader.Must(t, m.Write(t))
	m["cremad/train.csv"] = []byte(strings.ReplaceAll(string(m["cremad/train.csv"]), "_XX,", "_XX.wav,"))
	m["cremad/test.csv"] = []byte(strings.ReplaceAll(string(m["cremad/test.csv"]), "_XX,", "_XX.FLV,"))
	if err := datatest.Same(whole, loader.Must(t, m.Write(t)), data.Train, []int{0, 3}, 0); err != nil {
		t.Error(err)
	}
	webp := m.Changed(func(n string) string { return strings.Replace(n, ".jpg", ".webp", 1) })
	faults := loader.Check(webp.Write(t), loader.Settings())
	if len(faults) == 0 || !strings.Contains(faults[0].Error(), ".webp: not supported: frames of such files") ||
		!strings.Contains(data.Hint(faults[0]), "convert") {
		t.Errorf("%v, want the format named", faults)
	}
}
