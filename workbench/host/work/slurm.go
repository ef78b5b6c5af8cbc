package work

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
)

const (
	scriptFile = "submit.sh"
	jobsFile   = "jobs.txt" // of Slurm, one number a line
	// leastTask is how much work a task has at least, in seconds, where runs are shorter and their pace is known:
	// schedulers are made for tasks of minutes.
	leastTask = 600
	// notice is how many seconds before a task's time is up it is told.
	notice = 120
)

// Slurm has workers as tasks of an array.
type Slurm struct {
	Dir     string            // of the sweep
	Jobs    int               // tasks at once; 0: as many as Slurm lets run
	Command []string          // of a worker, without the plan's folder
	Options map[string]string // of sbatch, by name without dashes; "" for those without a value
	Project string            // folder in which workers run

	Submitted int // tasks, by the last call of Submit
}

// SlurmJob is Slurm's name of this process's task; empty outside of Slurm.
func SlurmJob() string {
	if array := os.Getenv("SLURM_ARRAY_JOB_ID"); array != "" {
		return array + "_" + os.Getenv("SLURM_ARRAY_TASK_ID")
	}
	return os.Getenv("SLURM_JOB_ID")
}

// tasks is how many tasks are to be submitted for a sweep, and how many runs each trains.
func (q *Slurm) tasks(s shared.Status) (tasks, chunk int) {
	seconds, known := 0.0, 0
	for _, r := range s.Runs {
		if r.Progress.Rate > 0 {
			seconds, known = seconds+float64(r.Line.Steps)/r.Progress.Rate, known+1
		}
	}
	chunk = 1
	if known > 0 {
		chunk = max(1, int(math.Ceil(leastTask/(seconds/float64(known)))))
	}
	open := s.Count(shared.Waiting)
	return (open + chunk - 1) / chunk, chunk
}

// Script is what is submitted.
func (q *Slurm) Script(p *shared.Plan) (string, error) {
	s, err := p.Look()
	if err != nil {
		return "", err
	}
	n, chunk := q.tasks(s)
	return q.script(p, n, chunk)
}

func (q *Slurm) script(p *shared.Plan, tasks, chunk int) (string, error) {
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(
		&b, "#!/bin/bash\n# A task trains runs of the sweep in %s, %d at most: whichever nobody has.\n", dir, chunk,
	)
	fmt.Fprintf(
		&b, "# It is told %d seconds before its time is up; then it saves and has itself queued again.\n", notice,
	)
	array := fmt.Sprintf("1-%d", tasks)
	if q.Jobs > 0 {
		array += fmt.Sprintf("%%%d", q.Jobs)
	}
	options := map[string]string{
		"job-name": "primewindow-" + filepath.Base(dir), "array": array, "requeue": "", "open-mode": "append",
		"signal": fmt.Sprintf("B:USR1@%d", notice), "chdir": q.Project,
		"output": filepath.Join(dir, logsDir, "slurm-%A_%a.log"),
	}
	maps.Copy(options, q.Options)
	for _, name := range slices.Sorted(maps.Keys(options)) {
		line := "--" + name
		if v := options[name]; v != "" {
			line += "=" + v
		}
		if strings.ContainsAny(line, "\n\r") {
			return "", &wire.Problem{Message: fmt.Sprintf("option %q of sbatch", name), Hint: "an option is one line"}
		}
		fmt.Fprintf(&b, "#SBATCH %s\n", quoted(line))
	}
	var words []string
	for _, word := range append(slices.Clone(q.Command), dir, "-runs", fmt.Sprint(chunk)) {
		words = append(words, shellQuoted(word))
	}
	fmt.Fprintf(&b, "exec %s\n", strings.Join(words, " "))
	return b.String(), nil
}

// quoted is an option as sbatch reads it from a script, where spaces end one.
func quoted(text string) string {
	if strings.ContainsAny(text, " \t\"'#") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
	}
	return text
}

// shellQuoted is a word as a shell reads it.
func shellQuoted(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%"
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Submit submits an array for what is left of a plan, less what is queued or running already. The script stays in the
// sweep's folder.
func (q *Slurm) Submit(p *shared.Plan) error {
	s, err := p.Look()
	if err != nil {
		return err
	}
	n, chunk := q.tasks(s)
	have, err := q.List()
	if err != nil {
		return err
	}
	if n -= len(have) - min(len(have), s.Count(shared.Running)); n <= 0 {
		q.Submitted = 0
		return nil // each waiting run has a task in the queue
	}
	text, err := q.script(p, n, chunk)
	if err != nil {
		return err
	}
	path := filepath.Join(p.Dir, scriptFile)
	if err := errors.Join(
		os.MkdirAll(filepath.Join(p.Dir, logsDir), 0o777), whole.WriteFile(path, []byte(text)),
	); err != nil {
		return err
	}
	out, err := command("sbatch", "--parsable", path)
	if err != nil {
		return err
	}
	job, _, _ := strings.Cut(strings.TrimSpace(out), ";") // a cluster's name may follow
	if job == "" || strings.Trim(job, "0123456789") != "" {
		return &wire.Problem{
			Message: fmt.Sprintf("sbatch said %q, want a job's number", wire.OneLine(out)),
			Hint:    "sbatch --parsable " + path,
		}
	}
	q.Submitted = n
	jobs, err := os.OpenFile(filepath.Join(p.Dir, jobsFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(jobs, job)
	return errors.Join(err, jobs.Close())
}

// command runs one of Slurm's, and gives what it printed.
func command(name string, args ...string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", &wire.Problem{
			Message: "no " + name + " here",
			Hint: "Slurm's commands are on its login nodes; -executor local has workers on this machine, " +
				"print shows the script",
		}
	}
	var out, errOut bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		why := cmp.Or(strings.TrimSpace(errOut.String()), err.Error())
		return "", &wire.Problem{
			Message: fmt.Sprintf("%s: %s", name, wire.OneLine(why)),
			Hint: "options of sbatch are given as -slurm option=value; the script is " + scriptFile +
				" in the sweep's folder",
		}
	}
	return out.String(), nil
}

// jobs are the numbers of the arrays that were submitted for the sweep.
func (q *Slurm) jobs() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(q.Dir, jobsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return strings.Fields(string(text)), err
}

// List tells which tasks of the sweep are queued or running.
func (q *Slurm) List() ([]Task, error) {
	jobs, err := q.jobs()
	if err != nil || len(jobs) == 0 {
		return nil, err
	}
	// Of this user's jobs all, since a number that Slurm has forgotten is an error there.
	out, err := command("squeue", "--me", "--noheader", "--array", "--format=%F %K %T %r")
	if err != nil {
		return nil, err
	}
	return parseQueue(out, jobs), nil
}

// parseQueue reads squeue's lines: job, task, state, reason.
func parseQueue(out string, jobs []string) []Task {
	var list []Task
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 3 || !slices.Contains(jobs, fields[0]) {
			continue
		}
		t := Task{Name: fields[0] + "_" + fields[1], State: shared.Waiting}
		switch fields[2] {
		case "RUNNING", "COMPLETING", "CONFIGURING", "STAGE_OUT", "SIGNALING":
			t.State = shared.Running
		}
		if len(fields) > 3 && fields[3] != "None" {
			t.Why = strings.Join(fields[3:], " ")
		}
		list = append(list, t)
	}
	return list
}

// Cancel has Slurm end all tasks of the sweep: they are sent SIGTERM and save.
func (q *Slurm) Cancel() error {
	list, err := q.List()
	if err != nil || len(list) == 0 {
		return err
	}
	jobs, err := q.jobs()
	if err != nil {
		return err
	}
	var live []string
	for _, job := range jobs {
		if slices.ContainsFunc(list, func(t Task) bool { return strings.HasPrefix(t.Name, job+"_") }) {
			live = append(live, job)
		}
	}
	// Without the batch shell's signal only the steps of a task would be told, and it has none.
	_, err = command("scancel", append([]string{"--full", "--signal=TERM"}, live...)...)
	if err == nil {
		_, err = command("scancel", append([]string{"--state=PENDING"}, live...)...)
	}
	return err
}

// Logs is the end of a task's log.
func (q *Slurm) Logs(t Task) (string, error) {
	return tail(filepath.Join(q.Dir, logsDir, "slurm-"+t.Name+".log"))
}

// Hint says what a user does next.
func (q *Slurm) Hint() string {
	return fmt.Sprintf(
		"`primewindow sweep %s` shows where it stands; the same command submits what is left, or prints the table",
		q.Dir,
	)
}

// tail is the last few kilobytes of a file.
func tail(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Size() > most {
		if _, err := f.Seek(-most, io.SeekEnd); err != nil {
			return "", err
		}
	}
	text, err := io.ReadAll(f)
	return string(text), err
}

var _, _ Executor = (*Slurm)(nil), (*Local)(nil)
