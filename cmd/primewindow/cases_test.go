package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// casesVariable names the folder of cases that people reported, if it is not beside the checkout.
const casesVariable = "PRIMEWINDOW_CASES"

// casesAtOnce is how many cases run side by side: some train.
const casesAtOnce = 2

// TestCases runs the reported cases, where they are there. A case is a folder with check.sh, which is called with the
// program's path and ends with status 0 where the answer is right.
func TestCases(t *testing.T) {
	needPlugin(t)
	root := os.Getenv(casesVariable)
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "cases")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	var checks []string
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "check.sh" {
			checks = append(checks, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no cases (%v): name their folder in %s", err, casesVariable)
	}
	if err != nil || len(checks) == 0 {
		t.Fatalf("%s: %v, %d cases, want some", root, err, len(checks))
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	s := newStage(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The checks take the program's path: this one plays it, and each check names a project of its own.
	program := fmt.Sprintf("#!%s\n%s=1 exec '%s' \"$@\"\n", bash, commandVariable, strings.ReplaceAll(exe, "'", `'\''`))
	s.write(t, "primewindow", []byte(program))
	if err := os.Chmod(s.path("primewindow"), 0o755); err != nil {
		t.Fatal(err)
	}
	free := make(chan struct{}, casesAtOnce)
	for _, check := range checks {
		name, err := filepath.Rel(root, filepath.Dir(check))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			t.Parallel()
			free <- struct{}{}
			defer func() { <-free }()
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, bash, check, s.path("primewindow"))
			cmd.Env = slices.DeleteFunc(s.command(t).Env, func(e string) bool {
				return strings.HasPrefix(e, commandVariable+"=") || strings.HasPrefix(e, "PRIMEWINDOW_PROJECT=")
			})
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
