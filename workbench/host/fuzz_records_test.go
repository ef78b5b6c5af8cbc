package host

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// FuzzReadManifest: any text is a manifest or a problem with a hint.
func FuzzReadManifest(f *testing.F) {
	f.Add(`{"schema": 2, "seal.crc32c": "00000000"}`)
	f.Add(`{"schema": 1, "settings": {"data": "synth", "method": "joint"}, "settings_hash": ""}`)
	f.Add(`{"schema": 1, "settings": {"data": 3, "method": null}}`)
	f.Add(`{"schema": 1e300}`)
	f.Add(
		`{"schema": 1, "settings": {"data": "synth", "method": "joint", "epochs": "x"}, "settings_hash": "` +
			setting.Values{"data": "synth", "method": "joint", "epochs": "x"}.Hash() + `"}`,
	)
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, record.ManifestFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var p *wire.Problem
		if _, err := record.ReadManifest(dir); err != nil && (!errors.As(err, &p) || p.Hint == "") {
			t.Errorf("error %v without a hint", err)
		}
	})
}

// FuzzReadRecorded: a run's folder with any records is read, or a problem with a hint; and so it is proved.
func FuzzReadRecorded(f *testing.F) {
	f.Add(
		`{"step":0,"epoch":0,"loss":1}`+"\n", `{"step":1,"kind":"accuracy","value":0.5,"split":"val"}`+"\n",
		`{"step":0,"event":"set","name":"lr","old":1,"new":2}`+"\n",
	)
	f.Add("{\"step\":7}\n", "null\n", "[]\n")
	f.Add("", `{"step":-1}`+"\n", `{"step":0,"event":"set","name":"epochs","new":"many"}`+"\n")
	settings := setting.Values{
		"data": "synth", "method": "joint", "epochs": 3.0, "batch": 16.0, "seed": 0.0,
		"probe_bn": setting.BNRecalibrated, "probe_params": "all", "modalities": "",
	}
	text, err := json.Marshal(
		record.Manifest{Schema: 1, Name: "r", Settings: settings, SettingsHash: settings.Hash(), StepsPerEpoch: 6},
	)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, metrics, probes, events string) {
		dir := t.TempDir()
		for name, text := range map[string]string{
			record.ManifestFile: string(text), record.MetricsFile: metrics, record.ProbesFile: probes,
			record.EventsFile: events,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := record.ReadRecorded(dir)
		var p *wire.Problem
		if err != nil && (!errors.As(err, &p) || p.Hint == "") {
			t.Errorf("error %v without a hint", err)
		}
		if _, err := Prove(t.Context(), dir, nil); err != nil {
			t.Errorf("Prove: %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, record.MetricsFile+".sums")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("reading made a file: %v", err)
		}
	})
}
