package digits

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/internal/datatest"
)

// The sizes of a set made for tests.
const (
	madeTakes  = 6  // 0 to 4 are tested by the protocol "takes"
	madeImages = 50 // of each digit in each part of MNIST
)

var madeSpeakers = []string{"george", "theo"}

// madeRecordings are the files of a small spoken set by name: tones with noise, of 50 to 160 ms.
func madeRecordings() map[string][]byte {
	files := map[string][]byte{}
	rng := rand.New(rand.NewPCG(1, 1))
	for digit := range 10 {
		for _, speaker := range madeSpeakers {
			for take := range madeTakes {
				samples := make([]int16, 400+rng.IntN(900))
				for n := range samples {
					tone := math.Sin(2 * math.Pi * float64(300+300*digit) * float64(n) / sampleRateHz)
					samples[n] = int16(8000*tone + 500*rng.NormFloat64())
				}
				files[recording{digit, speaker, take}.name()+".wav"] = datatest.WAV(sampleRateHz, samples)
			}
		}
	}
	return files
}

// madeArrays are the files of a small MNIST by name, not compressed. The image at place i of a part has digit i mod
// 10; its first pixels are 100 times the digit's bits and its last three are its place in base 256 and its part.
func madeArrays() map[string][]byte {
	files := map[string][]byte{}
	for p, part := range []string{mnistTrain, mnistTest} {
		n := 10 * madeImages
		pixels, labels := make([]byte, n*imageSize), make([]byte, n)
		for i := range n {
			labels[i] = byte(i % 10)
			x := pixels[i*imageSize : (i+1)*imageSize]
			for bit := range 4 {
				x[bit] = byte(100 * (i % 10 >> bit & 1))
			}
			x[imageSize-3], x[imageSize-2], x[imageSize-1] = byte(i>>8), byte(i), byte(p)
		}
		files[part+"-images-idx3-ubyte"] = idxFile(pixels, n, imageSide, imageSide)
		files[part+"-labels-idx1-ubyte"] = idxFile(labels, n)
	}
	return files
}

// makeSet writes a small set below dir.
func makeSet(dir string) error {
	if err := os.MkdirAll(recordingsDir(dir), 0o755); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "mnist"), 0o755); err != nil {
		return err
	}
	for name, b := range madeRecordings() {
		if err := os.WriteFile(filepath.Join(recordingsDir(dir), name), b, 0o600); err != nil {
			return err
		}
	}
	for name, b := range madeArrays() {
		if err := os.WriteFile(filepath.Join(dir, "mnist", name+".gz"), zipped(b), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// imagePlace reads what [madeArrays] wrote into an image that was not degraded.
func imagePlace(x []float32) (part string, place int, err error) {
	at := func(k int) int { return int(math.Round(float64(x[imageSize-k]) * 255)) }
	part = []string{mnistTrain, mnistTest}[at(1)]
	place = at(3)<<8 + at(2)
	digit := 0
	for bit := range 4 {
		if x[bit] > 0 {
			digit |= 1 << bit
		}
	}
	if digit != place%10 {
		return "", 0, fmt.Errorf("image %d shows digit %d, want %d", place, digit, place%10)
	}
	return part, place, nil
}
