package workbench

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
)

func TestCopyBinary(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", ".host")
	build, err := wire.BuildID("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(dir, build)
	for _, tt := range []struct {
		name   string
		before func() error
		reason string
	}{
		{"none", func() error { return nil }, "the folder is made"},
		{
			"another's", func() error { return os.WriteFile(filepath.Join(dir, "0123456789ab"), []byte("old"), 0o755) },
			"old ones are removed",
		},
		{"torn", func() error { return os.Truncate(want, 1000) }, "a copy that was cut short is made again"},
		{
			"half made", func() error { return os.WriteFile(want+".new", []byte("old"), 0o755) },
			"so is one that never got its name",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.before(); err != nil {
				t.Fatal(err)
			}
			got, err := copyBinary(dir)
			if err != nil || got != want {
				t.Fatalf("copyBinary: %s, %v, want %s\nreason: %s", got, err, want, tt.reason)
			}
			if copied, err := wire.BuildID(got); err != nil || copied != build {
				t.Errorf("build %s, %v, want %s\nreason: %s", copied, err, build, tt.reason)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 1 {
				t.Errorf("%d files, %v, want the one\nreason: %s", len(entries), err, tt.reason)
			}
		})
	}
	before, err := os.Stat(want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := copyBinary(dir); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(want); err != nil || !os.SameFile(before, after) {
		t.Errorf("the copy was made again though it is there: %v", err)
	}
	if err := os.WriteFile(filepath.Join(t.TempDir(), "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := copyBinary(want); err == nil {
		t.Error("a file in the folder's place: no error")
	}
}

func TestOtherCode(t *testing.T) {
	t.Cleanup(func() { wire.OfferHost(nil) })
	program, mine, others := wire.Host{}, wire.Host{Cell: &wire.Cell{Code: "a"}}, wire.Host{Cell: &wire.Cell{Code: "b"}}
	for _, tt := range []struct {
		name   string
		offer  *wire.Cell
		host   wire.Host
		want   bool
		reason string
	}{
		{"program meets program", nil, program, false, "there is nothing to replace it by"},
		{"program meets cell", nil, others, false, "a cell's host knows all that the program does"},
		{"cell meets program", &wire.Cell{Code: "a"}, program, true, "the program lacks the cell's method"},
		{"cell meets itself", &wire.Cell{Code: "a"}, mine, false, "an unchanged cell restarts nothing"},
		{"cell meets another", &wire.Cell{Code: "a"}, others, true, "its code has changed, or it is another cell"},
	} {
		wire.OfferHost(tt.offer)
		if got := otherCode(tt.host); got != tt.want {
			t.Errorf("%s: otherCode %v, want %v\nreason: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}

func TestChangedDefinitions(t *testing.T) {
	now := &wire.Cell{
		Defines: map[string]string{"method half": "2", "method third": "1", "encoder half": "2", "encoder flat": "1"},
	}
	for _, tt := range []struct {
		name   string
		old    *wire.Cell
		want   []string
		reason string
	}{
		{"program", nil, []string{"flat", "half", "third"}, "all is new"},
		{
			"one",
			&wire.Cell{
				Defines: map[string]string{
					"method half": "1", "method third": "1", "encoder half": "2", "encoder flat": "1",
				},
			},
			[]string{"half"}, "the method alone",
		},
		{"none", now, nil, "the project's own code has changed"},
	} {
		if diff := cmp.Diff(tt.want, changedDefinitions(tt.old, now)); diff != "" {
			t.Errorf("%s (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}

func TestTell(t *testing.T) {
	for _, tt := range []struct {
		name   string
		news   news
		status *Status
		want   string
	}{
		{
			"a run", news{defines: []string{"half"}}, &Status{Name: "mine", Step: 120},
			"half: host restarted on this cell's code in 1.5 s; run mine goes on at step 120\n",
		},
		{
			"no run", news{defines: []string{"flat", "half"}}, nil,
			"flat, half: host restarted on this cell's code in 1.5 s\n",
		},
		{
			"others trained", news{paused: []string{"a", "mine", "b"}}, &Status{Name: "mine"},
			"host restarted on this cell's code in 1.5 s; run mine begins at step 0; paused after the step under " +
				"way: a, b\n",
		},
	} {
		var out bytes.Buffer
		ctx := withNews(t.Context(), &screen{w: &out})
		tell(ctx, tt.status) // there is nothing to tell yet
		tt.news.began = time.Now().Add(-1500 * time.Millisecond)
		tt.news.put(ctx)
		tell(ctx, tt.status)
		tell(ctx, nil) // once
		if out.String() != tt.want {
			t.Errorf("%s: told %q, want %q", tt.name, out.String(), tt.want)
		}
		tt.news.put(context.Background()) // nobody is there to be told
	}
}

// TestNoHostInHost: a verb in a process that is started as a host starts none.
func TestNoHostInHost(t *testing.T) {
	project := fakeProject(t)
	t.Setenv(wire.CellVariable, `{"code":"a"}`)
	_, stderr, status := runCell(t, "show")
	if status != 1 || !strings.Contains(stderr, "primewindow: error: a verb before host.InThisCell()\nhint: ") ||
		len(hosts(t, project)) != 0 {
		t.Errorf("status %d, hosts %v\n%s", status, hosts(t, project), stderr)
	}
	if env := hostEnviron(
		[]string{wire.CellVariable + "=x", "A=1"}, "/p",
	); slices.Contains(env, wire.CellVariable+"=x") {
		t.Errorf("environment %v: a host of the program would take itself for a cell's", env)
	}
}
