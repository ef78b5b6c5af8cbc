package folder

import (
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOdd puts odd files in the place of each kind of file.
func TestOdd(t *testing.T) {
	loader := datatest.Loader{
		Open: Open, Check: Check,
		Small: map[string]any{"bins": 8, "frames": 4, "window": 64, "video_frames": 2, "image_side": 24},
	}
	f := datatest.Files(madeFiles())
	for i := range madeRows {
		f["said/"+madeID(i)+".txt"] = []byte("what größe is said of " + madeID(i) + "\nhere\n")
	}
	table := func(name string) datatest.Row {
		return datatest.Row{Kind: datatest.Table, Files: f, Name: name, Odd: datatest.Tables(string(f[name]))}
	}
	motion := []float32{2, 1, 2, 2, 2, 3}
	var sensor []float32
	for i := range madeRows {
		sensor = append(sensor, float32(i), 0, 1)
	}
	rows := []datatest.Row{
		table("labels.csv"), table("body.csv"),
		{
			Kind: datatest.Text, Files: f, Name: "said/s02.txt", Odd: datatest.Texts(string(f["said/s02.txt"])),
			Bare: true,
		},
		{
			Kind: datatest.Recording, Files: f, Name: "sound/s03.wav",
			Odd: datatest.Waves(8000, datatest.Telephone(datatest.MuLaw, 1000, 0.1)),
		},
		{Kind: datatest.Picture, Files: f, Name: "photo/s05.jpg", Odd: datatest.Pictures(t, 20, 10)},
		{Kind: datatest.Picture, Files: f, Name: "drawing/s05.png", Odd: datatest.Pictures(t, 8, 8)},
		{Kind: datatest.Array, Files: f, Name: "motion/s03.npy", Odd: datatest.Arrays([]int{3, 2}, motion)},
		{Kind: datatest.Array, Files: f, Name: "sensor.npy", Odd: datatest.Arrays([]int{madeRows, 3}, sensor)},
	}
	whole := datatest.FFmpeg(t, ".mp4", "-f", "lavfi", "-i", "testsrc=s=32x24:r=10:d=1", "-c:v", "mpeg4")
	clips := datatest.Files{"labels.csv": []byte("id,label,split\ns01,cat,train\ns02,dog,train\ns03,cat,test\n")}
	for i := range 3 {
		clips["clip/"+madeID(i+1)+".mp4"] = whole
	}
	loader.Table(
		t, Name,
		append(
			rows, datatest.Row{Kind: datatest.Video, Files: clips, Name: "clip/s02.mp4", Odd: datatest.Videos(whole)},
		),
	)
}
