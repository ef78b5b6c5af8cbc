package cremad

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// madeRate is the owners' sample rate, in Hz.
const madeRate = 16000

// made are a set's files by name, below the data folder.
type made map[string][]byte

// madeID is the clip of an actor in a mood.
func madeID(actor, mood int) string {
	return fmt.Sprintf("%d_IEO_%s_XX", 1001+actor, codes[mood])
}

// madeSet is a set of some actors who say one sentence in all moods: a tone of 100 Hz times the mood's number + 2, of 1.25
// seconds, and five frames of 48x36 pixels, grey of level 40 times the frame's number.
func madeSet(tb testing.TB, actors int) made {
	tb.Helper()
	m := made{}
	for f := range 5 {
		grey := picture(tb, 48, 36, uint8(40*f))
		for a := range actors {
			for mood := range codes {
				m[fmt.Sprintf("cremad/Image-01-FPS/%s/%05d.jpg", madeID(a, mood), 29*f)] = grey
			}
		}
	}
	for mood := range codes {
		tone := wav(madeRate, tone(madeRate*5/4, float64(100*(mood+2))/madeRate))
		for a := range actors {
			m["cremad/AudioWAV/"+madeID(a, mood)+".wav"] = tone
		}
	}
	return m
}

// lists adds the usual lists: the last clip of each actor is tested.
func (m made) lists(actors int, bom string) {
	train, test := bom, bom
	for a := range actors {
		for mood, code := range codes {
			row := madeID(a, mood) + "," + code + "\r\n"
			if mood == len(codes)-1 {
				test += row
			} else {
				train += row
			}
		}
	}
	m["cremad/train.csv"], m["cremad/test.csv"] = []byte(train), []byte(test)
}

// write writes the files below a new folder, as of yesterday, and returns that.
func (m made) write(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, b := range m {
		put(tb, filepath.Join(dir, filepath.FromSlash(name)), b)
	}
	return dir
}

func put(tb testing.TB, path string, b []byte) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(path, yesterday, yesterday); err != nil {
		tb.Fatal(err)
	}
}

// tone is n samples of a sine of so many periods a sample.
func tone(n int, frequency float64) []int16 {
	x := make([]int16, n)
	for i := range x {
		x[i] = int16(math.Round(20000 * math.Sin(2*math.Pi*frequency*float64(i))))
	}
	return x
}

// wav is a recording of one channel with 16 bits a sample.
func wav(rate int, samples []int16) []byte {
	var b bytes.Buffer
	number := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err) // a buffer takes what it is given
		}
	}
	b.WriteString("RIFF")
	number(uint32(36 + 2*len(samples)))
	b.WriteString("WAVEfmt ")
	number(uint32(16))
	number([]uint16{1, 1})
	number([]uint32{uint32(rate), uint32(2 * rate)})
	number([]uint16{2, 16})
	b.WriteString("data")
	number(uint32(2 * len(samples)))
	number(samples)
	return b.Bytes()
}

// picture is a grey JPEG.
func picture(tb testing.TB, width, height int, level uint8) []byte {
	tb.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = level
	}
	return encoded(tb, img)
}

// ramp is a JPEG that is dark at its left and bright at its right, so that crops differ.
func ramp(tb testing.TB, width, height int) []byte {
	tb.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, color.RGBA{uint8(255 * x / width), uint8(255 * y / height), 128, 255})
		}
	}
	return encoded(tb, img)
}

func encoded(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// flv is a video as the owners have them, of one colour, or the test is skipped.
func flv(tb testing.TB, colour string, seconds float64) []byte {
	tb.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		tb.Skipf("no ffmpeg to make a video with: %v", err)
	}
	name := filepath.Join(tb.TempDir(), "made.flv")
	cmd := exec.CommandContext(tb.Context(), program, "-nostdin", "-loglevel", "error",
		"-f", "lavfi", "-i", fmt.Sprintf("color=c=%s:s=96x72:r=30:d=%v", colour, seconds), "-c:v", "flv", "-q:v", "2", name)
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
