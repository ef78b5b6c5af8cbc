package folder

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOddPictures puts each odd picture into a whole set: it is read, or named by Open and Check and left out on
// demand.
func TestOddPictures(t *testing.T) {
	for _, odd := range datatest.Pictures(t, 20, 10) {
		t.Run(odd.Name, func(t *testing.T) {
			f := madeFiles()
			for _, name := range []string{"sound/", "drawing/", "motion/"} {
				datatest.Files(f).Without(name)
			}
			delete(f, "photo/s05.jpg")
			f["photo/s05"+odd.Ext] = odd.Bytes
			dir := f.write(t)
			d, err := Open(dir, nil)
			faults := Check(dir, nil)
			if odd.Want == "" {
				if err != nil || len(faults) != 0 || d.Len(data.Validation) != 4 {
					t.Errorf("Open: %v, Check: %v, want it read\nreason: %s", err, faults, odd.Reason)
				}
				return
			}
			for _, err := range append(faults, err) {
				if err == nil || !strings.Contains(err.Error(), "s05"+odd.Ext+": ") ||
					!strings.Contains(err.Error(), odd.Want) {
					t.Errorf("got %v, want s05%s and %q\nreason: %s", err, odd.Ext, odd.Want, odd.Reason)
				}
			}
			if len(faults) != 1 {
				t.Errorf("Check: %v, want that fault alone", faults)
			}
			d, err = Open(dir, map[string]any{"skip_broken": true})
			if err != nil || d.Len(data.Validation) != 3 || len(d.Describe().Provenance.Skipped) != 1 {
				t.Errorf("with skip_broken: %v, want that sample left out", err)
			}
		})
	}
}

// TestTransparentImages wants dark letters on a transparent ground to be what they are on white.
func TestTransparentImages(t *testing.T) {
	pixels := func(ground color.NRGBA) []float32 {
		img := image.NewNRGBA(image.Rect(0, 0, 8, 8))
		for i := range 64 {
			img.SetNRGBA(i%8, i/8, ground)
		}
		img.SetNRGBA(3, 4, color.NRGBA{0, 0, 0, 255})
		f := files{"labels.csv": []byte("id,label,split\na,x,train\nb,y,train\nc,y,test\n")}
		for _, id := range []string{"a", "b", "c"} {
			f["m/"+id+".png"] = datatest.PNG(t, img)
		}
		d, err := Open(f.write(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		return datatest.ReadAll(t, d, data.Train).X["m"]
	}
	seen, white := pixels(color.NRGBA{}), pixels(color.NRGBA{255, 255, 255, 255})
	if !slices.Equal(seen, white) {
		t.Errorf("on a transparent ground %v, want %v as on white", seen[:12], white[:12])
	}
}

// TestTurnedImages wants a picture's sides and pixels as it is shown.
func TestTurnedImages(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 3, 2))
	copy(img.Pix, []byte{0, 51, 102, 153, 204, 255})
	f := files{"labels.csv": []byte("id,label,split\na,x,train\nb,y,train\nc,y,test\n")}
	for _, id := range []string{"a", "b", "c"} {
		f["m/"+id+".png"] = datatest.WithEXIF(datatest.PNG(t, img), datatest.EXIF(binary.BigEndian, 6))
	}
	d, err := Open(f.write(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if shape := d.Describe().Modalities[0].Shape; !slices.Equal(shape, []int{3, 2, 1}) {
		t.Errorf("shape %v, want [3 2 1]: turned by a quarter", shape)
	}
	var got bytes.Buffer
	for _, v := range datatest.ReadAll(t, d, data.Train).X["m"][:6] {
		got.WriteByte(byte(v*255 + 0.5))
	}
	if want := []byte{153, 0, 204, 51, 255, 102}; !bytes.Equal(got.Bytes(), want) {
		t.Errorf("pixels %v, want %v", got.Bytes(), want)
	}
}
