package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/internal/shared"
)

// sweepFlags are those of a comparison of so many seeds, two runs each, of 240 steps.
func sweepFlags(out string, seeds int, more ...string) []string {
	return append([]string{
		"compare", "-data", "synth", "-methods", "joint,slow", "-seeds", fmt.Sprint(seeds), "-epochs", "12", "-set",
		"data.train=320", "-set", "data.val=96", "-set", "data.test=96", "-set", "batch=16", "-set", "lr=0.05",
		"-out", out,
	}, more...)
}

// sameSweep wants a sweep to have come to what one process came to, byte for byte.
func sameSweep(t *testing.T, s *stage, one, many string, seeds int) {
	t.Helper()
	if diff := cmp.Diff(s.read(t, one, "compare.json"), s.read(t, many, "compare.json")); diff != "" {
		t.Errorf("compare.json (-one +many)\n%s", diff)
	}
	for seed := range seeds {
		for _, method := range []string{"joint", "slow"} {
			run := fmt.Sprintf("%s-seed%d", method, seed)
			for _, file := range []string{"metrics.jsonl", "probes.jsonl"} {
				if s.read(t, one, run, file) != s.read(t, many, run, file) {
					t.Errorf("%s of %s differs", file, run)
				}
			}
		}
	}
	s.must(t, "check", many)
}

// TestSweepLocal: workers of this machine, some of which are killed, leave what one process leaves; an interrupt leaves
// a sweep that the same command goes on with.
func TestSweepLocal(t *testing.T) {
	needPlugin(t)
	kills, seeds := 4, 3
	if text := os.Getenv(killsVariable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		kills, seeds = n, 10
	}
	s := newStage(t)
	one := s.must(t, sweepFlags("one", seeds)...)
	many := sweepFlags("many", seeds, "-executor", "local", "-jobs", "2")

	interrupted := s.command(t, many...)
	var text bytes.Buffer
	interrupted.Stderr = &text
	if err := interrupted.Start(); err != nil {
		t.Fatal(err)
	}
	wait(t, "a run to begin", func() bool { return len(workersOf(t, s.path("many"))) > 0 })
	if err := interrupted.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = interrupted.Wait()
	if code := interrupted.ProcessState.ExitCode(); code != 130 || !strings.Contains(
		text.String(), "hint: `primewindow sweep",
	) {
		t.Errorf("interrupted: exit status %d\n%s", code, text.String())
	}
	if left := workersOf(t, s.path("many")); len(left) > 0 {
		t.Errorf("workers are left: %v", left)
	}
	if p := s.must(t, "sweep", "many"); !strings.Contains(p.out, fmt.Sprintf("of %d runs done", 2*seeds)) {
		t.Error(p.out)
	}

	cmd := s.command(t, many...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	killed, random := 0, rand.New(rand.NewPCG(1, 1))
	for done := false; !done; {
		select {
		case err := <-ended:
			if done = true; err != nil {
				t.Fatalf("%v\n%s", err, errOut.String())
			}
		case <-time.After(time.Duration(1500+random.IntN(2500)) * time.Millisecond):
			// One that has got somewhere: of three in a row that do not, a run is given up.
			if list := training(t, s.path("many")); killed < kills && len(list) > 0 {
				if syscall.Kill(list[random.IntN(len(list))], syscall.SIGKILL) == nil {
					killed++
				}
			}
		}
	}
	t.Logf("%d workers killed", killed)
	if killed == 0 {
		t.Error("no worker was killed")
	}
	if out.String() != one.out {
		t.Errorf("the table of workers\n%s\nof one process\n%s", out.String(), one.out)
	}
	sameSweep(t, s, "one", "many", seeds)
	again := s.must(t, many...)
	if again.out != one.out || strings.Contains(again.err, "running") {
		t.Errorf("a sweep that has ended, again:\n%s%s", again.err, again.out)
	}
}

// workersOf are the processes that train runs of a sweep now, by its claims' owners.
func workersOf(t *testing.T, dir string) (list []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		words := strings.Split(string(text), "\x00")
		if err != nil || len(words) < 3 || words[1] != "work" {
			continue
		}
		at := words[2] // as the worker was given it
		if cwd, err := os.Readlink(filepath.Join(filepath.Dir(file), "cwd")); err == nil && !filepath.IsAbs(at) {
			at = filepath.Join(cwd, at)
		}
		if at == dir {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				list = append(list, pid)
			}
		}
	}
	return list
}

// training are those of them that have taken steps of the run that they train.
func training(t *testing.T, dir string) (list []int) {
	t.Helper()
	s, err := shared.Look(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range workersOf(t, dir) {
		for _, r := range s.Runs {
			if r.State == shared.Running && r.Moved && r.Progress.Step > 0 && strings.HasSuffix(
				r.Where, fmt.Sprint("process ", pid),
			) {
				list = append(list, pid)
			}
		}
	}
	return list
}

// wait waits for something, for minutes where the machine is busy.
func wait(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited three minutes for %s", what)
		}
	}
}

// filters are instructions of a filter of system calls: flock is answered with ENOLCK, as on a file system without
// locks.
var filters = []unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // number of the call
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_FLOCK, Jt: 0, Jf: 1},
	{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOLCK)},
	{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
}

// startWithoutLocks starts a command for which flock fails. A filter is of the thread that sets it and of all that it
// starts: the thread is given up.
func startWithoutLocks(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = nil // a parent's death would be that of the thread
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and not unlocked: the thread ends with the goroutine
		program := unix.SockFprog{Len: uint16(len(filters)), Filter: &filters[0]}
		err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		if err == nil {
			err = unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
		}
		if err != nil {
			result <- fmt.Errorf("seccomp: %w", err)
			return
		}
		result <- cmd.Start()
	}()
	if err := <-result; err != nil {
		if strings.HasPrefix(err.Error(), "seccomp: ") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
}

// TestSweepWithoutLocks trains a sweep where flock fails: workers need none. A run by itself is refused in one line.
func TestSweepWithoutLocks(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	run := s.command(t, small("-epochs", "1", "-out", "run")...)
	var errOut bytes.Buffer
	run.Stderr = &errOut
	startWithoutLocks(t, run)
	_ = run.Wait()
	if text := errOut.String(); run.ProcessState.ExitCode() != 1 || !strings.Contains(text, "has no locks") ||
		!strings.Contains(text, "\nhint: two processes could not be kept apart") {
		t.Errorf("a run: exit status %d\n%s", run.ProcessState.ExitCode(), text)
	}
	one := s.must(t, sweepFlags("one", 1)...)
	many := s.command(t, sweepFlags("many", 1, "-executor", "local", "-jobs", "2")...)
	var out bytes.Buffer
	errOut.Reset()
	many.Stdout, many.Stderr = &out, &errOut
	startWithoutLocks(t, many)
	if err := many.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, errOut.String())
	}
	if out.String() != one.out {
		t.Errorf("the table\n%s\nof one process\n%s", out.String(), one.out)
	}
	sameSweep(t, s, "one", "many", 1)
}

// TestSweepBad: what does not fit together is told before anything is opened.
func TestSweepBad(t *testing.T) {
	s := newStage(t)
	for _, tt := range []struct {
		name, want string
		args       []string
	}{
		{"executor", `unknown executor "lokal"`, sweepFlags("c", 1, "-executor", "lokal")},
		{
			"slurm's options", "-slurm with the executor local",
			sweepFlags("c", 1, "-executor", "local", "-slurm", "partition=a"),
		},
		{"jobs", "-jobs with the executor here", sweepFlags("c", 1, "-jobs", "2")},
		{"no option", `"gpu", want option=value`, sweepFlags("c", 1, "-executor", "slurm", "-slurm", "gpu")},
		{"shard", `shard "3/2"`, []string{"work", "c", "-shard", "3/2"}},
		{"no sweep", "c is no sweep", []string{"work", "c"}},
		{"no sweep to look at", "c is no sweep", []string{"sweep", "c"}},
	} {
		p := s.play(t, tt.args...)
		if p.code != 1 || !strings.Contains(p.err, tt.want) || !strings.Contains(p.err, "\nhint: ") {
			t.Errorf("%s: exit status %d\n%s", tt.name, p.code, p.err)
		}
		if _, err := os.Stat(s.path("c")); err == nil {
			t.Errorf("%s: a folder was made", tt.name)
		}
	}
}

// cluster is a Slurm of the test's own, of one node with so many processors.
type cluster struct {
	t    *testing.T
	dir  string
	conf string
}

// startSlurm starts a Slurm for the test. It needs root, slurmctld, slurmd and munged, else the test skips.
func startSlurm(t *testing.T, processors int) *cluster {
	t.Helper()
	lacks := func(what string) {
		if os.Getenv("CI") == "true" && os.Getuid() == 0 {
			t.Fatalf("no Slurm: %s", what)
		}
		t.Skipf("no Slurm, `make test` installs it as root: %s", what)
	}
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch"} {
		if _, err := exec.LookPath(name); err != nil {
			lacks(err.Error())
		}
	}
	if os.Getuid() != 0 {
		lacks("its daemons need root here")
	}
	c := &cluster{t: t, dir: t.TempDir()}
	c.conf = filepath.Join(c.dir, "slurm.conf")
	for _, sub := range []string{"state", "spool", "munge"} {
		if err := os.Mkdir(filepath.Join(c.dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	key := make([]byte, 128)
	for i := range key {
		key[i] = byte(rand.IntN(256)) //nolint:gosec // of a cluster that lives as long as the test
	}
	if err := os.WriteFile(filepath.Join(c.dir, "munge", "key"), key, 0o400); err != nil {
		t.Fatal(err)
	}
	ports := 20000 + os.Getpid()%20000
	text := fmt.Sprintf(`ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[1]s/munge/socket
CredType=cred/munge
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd.pid
SlurmctldPort=%[2]d
SlurmdPort=%[3]d
SlurmctldLogFile=%[1]s/slurmctld.log
SlurmdLogFile=%[1]s/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=1,sched_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=30
KillWait=30
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
MpiDefault=none
NodeName=localhost NodeAddr=127.0.0.1 CPUs=%[4]d State=UNKNOWN
PartitionName=low Nodes=localhost Default=YES MaxTime=60 State=UP PriorityTier=1 GraceTime=0
PartitionName=high Nodes=localhost MaxTime=60 State=UP PriorityTier=10 PreemptMode=OFF
`, c.dir, ports, ports+1, processors)
	if err := os.WriteFile(c.conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	munge := filepath.Join(c.dir, "munge")
	c.must("munged", "--force", "--key-file="+munge+"/key", "--socket="+munge+"/socket", "--pid-file="+munge+"/pid",
		"--seed-file="+munge+"/seed", "--log-file="+munge+"/log")
	t.Cleanup(func() { c.end(munge + "/pid") })
	c.controller()
	t.Cleanup(func() { c.end(filepath.Join(c.dir, "slurmctld.pid")) })
	c.node()
	t.Cleanup(func() { c.end(filepath.Join(c.dir, "slurmd.pid")) })
	wait(t, "the node to be idle", func() bool {
		return strings.Contains(c.run("sinfo", "--noheader", "--format=%T"), "idle")
	})
	return c
}

func (c *cluster) controller() { c.must("slurmctld", "-f", c.conf, "-c") }
func (c *cluster) node()       { c.must("slurmd", "-f", c.conf, "-N", "localhost") }

// end kills a daemon, whose number is in a file.
func (c *cluster) end(file string) {
	text, err := os.ReadFile(file)
	if pid, err2 := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && err2 == nil {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = os.Remove(file)
}

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "SLURM_CONF="+c.conf)
	return cmd
}

// run gives what a command prints; what is wrong with it is in that too.
func (c *cluster) run(name string, args ...string) string {
	out, err := c.command(name, args...).CombinedOutput()
	if err != nil {
		return string(out) + err.Error()
	}
	return string(out)
}

func (c *cluster) must(name string, args ...string) {
	c.t.Helper()
	if out, err := c.command(name, args...).CombinedOutput(); err != nil {
		c.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// TestSlurm trains a sweep by tasks of a real Slurm. The command that submits may be given again and again: it submits
// nothing twice, and prints the table once all tasks have ended.
func TestSlurm(t *testing.T) {
	needPlugin(t)
	const seeds = 2
	c := startSlurm(t, 2)
	s := newStage(t)
	s.env = append(s.env, "SLURM_CONF="+c.conf)
	one := s.must(t, sweepFlags("one", seeds)...)
	flags := sweepFlags("many", seeds, "-executor", "slurm", "-slurm", "partition=low,time=10", "-jobs", "2")

	if p := s.play(t, sweepFlags("refused", 1, "-executor", "slurm", "-slurm", "partition=none")...); p.code != 1 ||
		!strings.Contains(p.err, "invalid partition") || !strings.Contains(p.err, "hint: options of sbatch") {
		t.Errorf("a partition that is not there: exit status %d\n%s", p.code, p.err)
	}

	first := s.must(t, flags...)
	if !strings.Contains(first.err, "submitted") {
		t.Error(first.err)
	}
	if again := s.must(t, flags...); strings.Count(s.read(t, "many", "jobs.txt"), "\n") != 1 {
		t.Errorf("the same command submitted again what is queued\n%s", again.err)
	}
	var last played
	for deadline := time.Now().Add(10 * time.Minute); ; time.Sleep(3 * time.Second) {
		last = s.play(t, flags...)
		if last.out != "" {
			break
		}
		if time.Now().After(deadline) {
			logs, _ := filepath.Glob(s.path("many", ".work", "logs", "*.log"))
			for _, log := range logs {
				text, _ := os.ReadFile(log)
				t.Logf("%s\n%s", log, text)
			}
			t.Fatalf(
				"not done after ten minutes\n%s\n%s%s", c.run("squeue", "--array"),
				s.play(t, "sweep", "many", "-all").out, last.err,
			)
		}
	}
	if last.out != one.out {
		t.Errorf("the table of tasks\n%s\nof one process\n%s", last.out, one.out)
	}
	sameSweep(t, s, "one", "many", seeds)
	t.Log(s.must(t, "sweep", "many", "-all").out)
}
