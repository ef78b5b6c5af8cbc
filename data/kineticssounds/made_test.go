package kineticssounds

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

// madeRate is the field's sample rate, in Hz.
const madeRate = 16000

// made are a set's files by name, below the data folder.
type made map[string][]byte

// madeID is a clip's name, as long as YouTube's.
func madeID(n int) string { return fmt.Sprintf("made-clip_%c_%06d_%06d", 'a'+n, n, n+10) }

// madeSet is a set of eight training clips and four test clips of as many classes: recordings of 1.25 seconds, a tone each,
// and seven frames of 48x36 pixels, grey of level 30 times the frame's number.
func madeSet(tb testing.TB) made {
	tb.Helper()
	m, lists := made{}, [2]string{}
	for n := range 12 {
		part := []string{"train", "test"}[n/8]
		lists[n/8] += fmt.Sprintf("%s,10,%d\r\n", madeID(n), n)
		m[fmt.Sprintf("kineticssounds/audio/%s/class %d/%s.wav", part, n, madeID(n))] = wav(madeRate, tone(madeRate*5/4, float64(300*(n+1))/madeRate))
		for f := range 7 {
			m[fmt.Sprintf("kineticssounds/visual/%s_img/Image-01-FPS/%s.mp4/%05d.jpg", part, madeID(n), 29*f)] = greyPicture(tb, 48, 36, uint8(30*f))
		}
	}
	m["kineticssounds/my_train.txt"], m["kineticssounds/my_test.txt"] = []byte(lists[0]), []byte(lists[1])
	return m
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

// greyPicture is a grey JPEG.
func greyPicture(tb testing.TB, width, height int, level uint8) []byte {
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

// mp4 is a video with a colour and, if wanted, a tone of 1,000 Hz, or the test is skipped.
func mp4(tb testing.TB, colour string, seconds float64, sounds bool) []byte {
	tb.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		tb.Skipf("no ffmpeg to make a video with: %v", err)
	}
	name := filepath.Join(tb.TempDir(), "made.mp4")
	args := []string{"-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", fmt.Sprintf("color=c=%s:s=96x72:r=25:d=%v", colour, seconds)}
	if sounds {
		args = append(args, "-f", "lavfi", "-i", fmt.Sprintf("sine=f=1000:r=44100:d=%v", seconds), "-c:a", "aac")
	}
	cmd := exec.CommandContext(tb.Context(), program, append(args, "-c:v", "mpeg4", "-q:v", "2", name)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
