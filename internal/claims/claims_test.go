package claims

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func folder(t *testing.T) Folder {
	t.Helper()
	return Folder{Dir: filepath.Join(t.TempDir(), "claims"), Owner: Here("")}
}

func take(t *testing.T, f Folder, key string) *Claim {
	t.Helper()
	c, err := f.Take(key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func look(t *testing.T, f Folder, key string) State {
	t.Helper()
	s, err := f.Look(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// elsewhere is an owner on another machine, of whom only heartbeats tell.
var elsewhere = Owner{Host: "other", Process: 7, Boot: "b", Began: 1}

func TestTake(t *testing.T) {
	f := folder(t)
	if s := look(t, f, "a"); s.Attempt != 0 || !s.Open() {
		t.Errorf("before anybody: %+v", s)
	}
	c := take(t, f, "a")
	if c == nil || c.Attempt != 1 {
		t.Fatalf("%+v, want the first attempt", c)
	}
	if other := take(t, f, "a"); other != nil {
		t.Error("two have it")
	}
	if s := look(t, f, "a"); s.Open() || s.Owner != f.Owner || s.Ended != nil || s.Died != 0 {
		t.Errorf("held: %+v", s)
	}
	if err := c.Finish(End{Why: "time is up"}); err != nil {
		t.Fatal(err)
	}
	if s := look(t, f, "a"); !s.Open() || s.Ended == nil || s.Ended.Why != "time is up" || s.Died != 0 {
		t.Errorf("given back: %+v", s)
	}
	if c = take(t, f, "a"); c == nil || c.Attempt != 2 {
		t.Fatalf("%+v, want the second attempt", c)
	}
	if err := c.Finish(End{Done: true}); err != nil {
		t.Fatal(err)
	}
	if other := take(t, f, "a"); other != nil {
		t.Error("what is done was taken")
	}
	failed := take(t, f, "b")
	if err := failed.Finish(End{Failed: true, Why: "diverged"}); err != nil {
		t.Fatal(err)
	}
	if other := take(t, f, "b"); other != nil {
		t.Error("what failed was taken")
	}
	for _, key := range []string{"", "a.b", "../a", "a b"} {
		if _, err := f.Take(key); err == nil {
			t.Errorf("key %q was taken", key)
		}
	}
	all, err := f.All()
	if got := fmt.Sprint(slices.Sorted(maps.Keys(all))); err != nil || got != "[a b]" {
		t.Errorf("%s, %v", got, err)
	}
}

// TestStale: who gives no sign is followed, by one, and finds that out.
func TestStale(t *testing.T) {
	f := folder(t)
	f.Owner, f.Beat = elsewhere, time.Hour // never again
	sleeper := take(t, f, "a")
	old := time.Now().Add(-4 * time.Minute)
	beat := filepath.Join(sleeper.Dir(), beatFile)
	if err := os.Chtimes(beat, old, old); err != nil {
		t.Fatal(err)
	}
	if take(t, f, "a") != nil {
		t.Error("it was taken after four minutes")
	}
	old = old.Add(-2 * time.Minute)
	if err := os.Chtimes(beat, old, old); err != nil {
		t.Fatal(err)
	}
	if s := look(t, f, "a"); !s.Gone || s.Died != 1 {
		t.Errorf("after six minutes: %+v", s)
	}
	next := take(t, f, "a")
	if next == nil || next.Attempt != 2 {
		t.Fatalf("%+v, want the second attempt", next)
	}
	if s := look(t, f, "a"); s.Gone || s.Died != 1 || s.Attempt != 2 {
		t.Errorf("taken over: %+v", s)
	}

	awake := folder(t)
	awake.Owner, awake.Beat = elsewhere, time.Millisecond
	c := take(t, awake, "a")
	if err := os.Mkdir(awake.Path("a", 2), 0o777); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Lost():
	case <-time.After(time.Minute):
		t.Error("it does not know that its claim was taken over")
	}
	if err := c.Finish(End{Done: true}); err != nil {
		t.Error(err)
	}
	if s := look(t, awake, "a"); s.Ended != nil {
		t.Errorf("the other's attempt has ended: %+v", s)
	}
}

// TestNoOwner: a kill between the folder and the owner's file leaves a claim that counts by its age.
func TestNoOwner(t *testing.T) {
	f := folder(t)
	dir := f.Path("a", 1)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if s := look(t, f, "a"); s.Open() {
		t.Errorf("young: %+v", s)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dir, old, old); err != nil {
		t.Fatal(err)
	}
	if s := look(t, f, "a"); !s.Gone {
		t.Errorf("old: %+v", s)
	}
}

// TestDead: of a process of this machine that was killed nobody waits for a heartbeat; nor does a number that another
// process has now make it live.
func TestDead(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	f := folder(t)
	f.Owner.Process = cmd.Process.Pid
	f.Owner.Began, _ = began(cmd.Process.Pid)
	c := take(t, f, "a")
	if s := look(t, f, "a"); s.Gone {
		t.Errorf("it lives: %+v", s)
	}
	another := f.Owner
	another.Began++
	if !another.dead() {
		t.Error("another process of the same number is taken for it")
	}
	foreign := f.Owner
	foreign.Host, foreign.Began = "other", 0
	if foreign.dead() {
		t.Error("a process of another machine is said to be dead")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if s := look(t, f, "a"); !s.Gone || !s.Open() {
		t.Errorf("it was killed: %+v", s)
	}
	_ = c.Finish(End{})
}

// TestRace: of many that try at once one gets it, each time.
func TestRace(t *testing.T) {
	f := folder(t)
	for round := range 20 {
		var got atomic.Int64
		var mine atomic.Pointer[Claim]
		var wait sync.WaitGroup
		for range 16 {
			wait.Go(func() {
				c, err := f.Take("a")
				if err != nil {
					t.Error(err)
				}
				if c != nil {
					got.Add(1)
					mine.Store(c)
				}
			})
		}
		wait.Wait()
		if got.Load() != 1 {
			t.Fatalf("round %d: %d have it", round, got.Load())
		}
		if c := mine.Load(); c.Attempt != round+1 {
			t.Errorf("round %d: attempt %d", round, c.Attempt)
		} else if err := c.Finish(End{}); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(filepath.Join(f.Dir, ".now*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOwner(t *testing.T) {
	o := Here("17_3")
	if text := o.String(); !strings.Contains(text, fmt.Sprint(os.Getpid())) || !strings.HasSuffix(text, ", job 17_3") {
		t.Errorf("%q", text)
	}
	if o.dead() {
		t.Error("this process is said to be dead")
	}
}
