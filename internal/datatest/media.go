package datatest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Tone is n samples of a sine of so many periods a sample, at about two thirds of the full level.
func Tone(n int, frequency float64) []int16 {
	x := make([]int16, n)
	for i := range x {
		x[i] = int16(math.Round(20000 * math.Sin(2*math.Pi*frequency*float64(i))))
	}
	return x
}

// WAV is a recording of one channel with 16 bits a sample.
func WAV(rateHz int, samples []int16) []byte {
	b := []byte("RIFF")
	b = binary.LittleEndian.AppendUint32(b, uint32(36+2*len(samples)))
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(rateHz))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*rateHz))
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(samples)))
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

// Grey is an image of one level.
func Grey(width, height int, level uint8) image.Image {
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = level
	}
	return img
}

// Ramp is an image whose red grows from left to right and whose green grows downwards, so that crops differ.
func Ramp(width, height int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, color.RGBA{uint8(255 * x / width), uint8(255 * y / height), 128, 255})
		}
	}
	return img
}

// JPEG is an image's file of quality 95, which keeps a flat colour to a level or two.
func JPEG(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// PNG is an image's file without loss.
func PNG(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// FFmpeg is what ffmpeg makes of its arguments, as a file with this extension: .flv, .avi or .mp4 for example. Where it
// is not installed the test is skipped.
func FFmpeg(tb testing.TB, ext string, args ...string) []byte {
	tb.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		tb.Skipf("no ffmpeg to make a video with: %v", err)
	}
	name := filepath.Join(tb.TempDir(), "made"+ext)
	args = append(append([]string{"-nostdin", "-loglevel", "error"}, args...), "-bitexact", name)
	if out, err := exec.CommandContext(tb.Context(), program, args...).CombinedOutput(); err != nil {
		tb.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Level is the level, from 0 to 255, of a value that was shifted and scaled by ImageNet's mean and deviation; k counts
// the values, three a pixel.
func Level(v float32, k int) float64 {
	mean, deviation := [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}
	return 255 * (float64(v)*deviation[k%3] + mean[k%3])
}
