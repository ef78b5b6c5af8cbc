package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	rateHz = 16000 // as the owners have it
	tests  = 8     // clips of the test list: a set must have some
)

var (
	sentences = []string{"IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI"}
	moods     = []string{"NEU", "HAP", "SAD", "FEA", "DIS", "ANG"}
)

// clipID is the name of a clip: an actor says twelve sentences in six moods.
func clipID(i int) string {
	return fmt.Sprintf("%d_%s_%s_XX", 1001+i/72, sentences[i/6%12], moods[i%6])
}

// makeSets makes three data folders below o.dir, of the same recordings: both has seven frames of each clip, as three a
// second give of 2.5 seconds, and three, as one a second gives; audio one frame of 8x8 pixels; video FLV files.
func makeSets(o options) error {
	sets := map[string]string{}
	for _, name := range []string{"both", "audio", "video"} {
		sets[name] = filepath.Join(o.dir, name, "cremad")
	}
	tiny := picture(rand.New(rand.NewPCG(1, 0)), 8, 8)
	err := each(o.clips, func(i int, draw *rand.Rand) error {
		id := clipID(i)
		if err := write(wav(draw, o.seconds), sets["both"], "AudioWAV", id+".wav"); err != nil {
			return err
		}
		for k := range int(math.Floor(3 * o.seconds)) {
			frame := picture(draw, o.width, o.height)
			if err := write(frame, sets["both"], "Image-03-FPS", id, fmt.Sprintf("%05d.jpg", 10*k)); err != nil {
				return err
			}
			if k%3 == 0 {
				if err := write(frame, sets["both"], "Image-01-FPS", id, fmt.Sprintf("%05d.jpg", 10*k)); err != nil {
					return err
				}
			}
		}
		if err := write(tiny, sets["audio"], "Image-03-FPS", id, "00000.jpg"); err != nil || i >= o.videos {
			return err
		}
		return flv(o, i, filepath.Join(sets["video"], "VideoFlash", id+".flv"))
	})
	if err != nil {
		return err
	}
	for name, n := range map[string]int{"both": o.clips, "audio": o.clips, "video": o.videos} {
		if err := lists(sets[name], n); err != nil {
			return err
		}
		if name == "both" {
			continue
		}
		if err := os.Symlink("../../both/cremad/AudioWAV", filepath.Join(sets[name], "AudioWAV")); err != nil {
			return err
		}
	}
	return nil
}

// makeMany makes a data folder of many small clips, each with one frame.
func makeMany(o options) error {
	set := filepath.Join(o.dir, "cremad")
	err := each(o.clips, func(i int, draw *rand.Rand) error {
		if err := write(wav(draw, o.seconds), set, "AudioWAV", clipID(i)+".wav"); err != nil {
			return err
		}
		return write(picture(draw, o.width, o.height), set, "Image-01-FPS", clipID(i), "00000.jpg")
	})
	return cmp.Or(err, lists(set, o.clips))
}

// each makes clips, some at a time, each from random numbers of its own.
func each(n int, do func(i int, draw *rand.Rand) error) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	errs := make([]error, n)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = do(i, rand.New(rand.NewPCG(1, uint64(i))))
			}
		})
	}
	wg.Wait()
	return cmp.Or(errs...)
}

func write(b []byte, path ...string) error {
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o600)
}

// lists writes the usual lists of the first n clips; the last of them are tested.
func lists(set string, n int) error {
	var train, test strings.Builder
	for i := range n {
		to := &train
		if i >= n-tests {
			to = &test
		}
		fmt.Fprintf(to, "%s,%s\n", clipID(i), moods[i%6])
	}
	return cmp.Or(write([]byte(train.String()), set, "train.csv"), write([]byte(test.String()), set, "test.csv"))
}

// wav is a recording of three tones and noise, one channel of 16 bits.
func wav(draw *rand.Rand, seconds float64) []byte {
	n := int(seconds * rateHz)
	var pitch [3]float64
	for i := range pitch {
		pitch[i] = 2 * math.Pi * (100 + 3000*draw.Float64()) / rateHz
	}
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, rateHz)
	b = binary.LittleEndian.AppendUint32(b, 2*rateHz)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*n))
	for t := range n {
		v := 300 * draw.NormFloat64()
		for _, p := range pitch {
			v += 6000 * math.Sin(p*float64(t))
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v)))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// cells is how many patches of brightness and colour a picture has along each side.
const cells = 12

// picture is a JPEG file of soft patches with a little noise, of about the size that a photograph takes.
func picture(draw *rand.Rand, width, height int) []byte {
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	fill := func(pix []byte, stride, middle, spread int, noise bool) {
		var grid [(cells + 1) * (cells + 1)]float64
		for i := range grid {
			grid[i] = float64(middle) + float64(spread)*(2*draw.Float64()-1)
		}
		rows := len(pix) / stride
		for y := range rows {
			gy := float64(y) / float64(rows) * cells
			row, fy := int(gy), gy-math.Floor(gy)
			for x := range stride {
				gx := float64(x) / float64(stride) * cells
				at, fx := row*(cells+1)+int(gx), gx-math.Floor(gx)
				v := (grid[at]*(1-fx)+grid[at+1]*fx)*(1-fy) + (grid[at+cells+1]*(1-fx)+grid[at+cells+2]*fx)*fy
				if noise {
					v += float64(draw.Uint32()%9) - 4
				}
				pix[y*stride+x] = byte(v)
			}
		}
	}
	fill(img.Y, img.YStride, 128, 90, true)
	fill(img.Cb, img.CStride, 128, 30, false)
	fill(img.Cr, img.CStride, 128, 30, false)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		panic(err) // a buffer takes what it is given
	}
	return b.Bytes()
}

// flv makes the video of clip i: a moving test picture under noise, in the owners' codec and 30 frames a second.
func flv(o options, i int, name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	source := fmt.Sprintf(
		"testsrc2=s=%dx%d:r=30:d=%g,noise=alls=6:allf=t:all_seed=%d", o.width, o.height, o.seconds, i+1,
	)
	cmd := exec.Command(
		"ffmpeg", "-nostdin", "-loglevel", "error", "-threads", "1", "-f", "lavfi", "-i", source, "-c:v", "flv", "-q:v",
		"4", name,
	)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}
