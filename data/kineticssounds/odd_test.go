package kineticssounds

import (
	"fmt"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of lists, names of classes, a recording, a spectrum, a frame and a video.
func TestOdd(t *testing.T) {
	t.Setenv(cache.DirVariable, t.TempDir())
	m := madeSet(t)
	names := ""
	for i := range classes {
		names += fmt.Sprintf("größe %d\n", i)
	}
	const root = "kineticssounds/"
	m[root+"classes.txt"] = []byte(names)
	for _, name := range []string{"my_train.txt", "my_test.txt"} {
		m[root+name] = []byte(strings.ReplaceAll(string(m[root+name]), "\r\n", "\n"))
	}
	values := make([]float32, times*bins)
	for i := range values {
		values[i] = float32(i % 113)
	}
	spectra := m.Changed(func(n string) string { return n })
	spectra.Without(root + "audio")
	clips := spectra.Changed(func(n string) string { return n })
	clips.Without(root + "visual")
	whole := mp4(t, "red", 2.2, true)
	for n := range 12 {
		spectra[root+"train_spec/"+madeID(n)+".npy"] = datatest.NPY(
			1, datatest.Header("<f4", false, times, bins), datatest.Numbers("<f4", values),
		)
		clips[root+"all/"+madeID(n)+".mp4"] = whole
	}
	loader.Table(t, Name, []datatest.Row{
		{
			Kind: datatest.Table, Files: m, Name: root + "my_train.txt",
			Odd: datatest.Tables(string(m[root+"my_train.txt"])),
		},
		{
			Kind: datatest.Table, Files: m, Name: root + "my_test.txt",
			Odd: datatest.Tables(string(m[root+"my_test.txt"])),
		},
		{Kind: datatest.Text, Files: m, Name: root + "classes.txt", Odd: datatest.Texts(names)},
		{
			Kind: datatest.Recording, Files: m, Name: fmt.Sprintf(root+"audio/train/class 0/%s.wav", madeID(0)),
			Odd: datatest.Waves(madeRate, datatest.Telephone(datatest.MuLaw, 16000, 0.02)),
		},
		{
			Kind: datatest.Picture, Files: m,
			Name: fmt.Sprintf(root+"visual/train_img/Image-01-FPS/%s.mp4/%05d.jpg", madeID(0), 0),
			Odd:  datatest.Pictures(t, 48, 36),
		},
		{
			Kind: datatest.Array, Files: spectra, Name: root + "train_spec/" + madeID(1) + ".npy",
			Odd: datatest.Arrays([]int{times, bins}, values),
		},
		{
			Kind: datatest.Video, Files: clips, Name: root + "all/" + madeID(1) + ".mp4", Odd: datatest.Videos(whole),
			Named: madeID(1),
		},
	})
}

// TestListedFiles reads lists that name files.
func TestListedFiles(t *testing.T) {
	for _, row := range []string{"made-clip_a_000000_000010.mp4,10,3", "made-clip_a_000000_000010.WAV 10 3"} {
		if c, err := parseClip(row); err != nil || c != (clip{"made-clip_a_000000_000010", 3}) {
			t.Errorf("%s: %v, %v, want the clip", row, c, err)
		}
	}
}
