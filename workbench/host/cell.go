package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/programs"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/cellcode"
)

// InThisCell makes the binary of this cell the host, so that runs can use the methods and encoders that the cell
// defines and registers. It has to be the first line of the cell's main part:
//
//	type Half struct{ inforeg.Plain }
//	func (Half) Gradients(s *inforeg.Step) { … }
//	func init_half() { method.Register("half", Half{}) }
//	var run = wb.Open("mine", wb.Method("half"))
//	%%
//	host.InThisCell()
//	run.ToEpoch(3)
//
// (GoNB makes an init function of each init_NAME, and keeps them apart by their names.) What holds:
//
//   - The first verb starts a copy of the binary as the project's host. There InThisCell serves and never returns: what
//     stands before it, initialisers of the package included, runs once more in that process and must do nothing but
//     prepare and register; what stands after it does not run there.
//   - A project has one host. One that was there before, of the program or of another cell, is asked to save its runs
//     and leave; a run that it trains is paused after the step under way. A cell's host knows all that the program
//     does, so cells without this line use it as it is. Two notebooks with methods of their own take turns.
//   - The code of a method is what its registration reaches in the cell's source. When that has changed, the next verb
//     replaces the host and the run goes on at the step where it was; the change is an event of the run. Another main
//     part, handle or comment is no change. Where there is no source, the code is the whole binary.
//   - A new piece of a method's state begins at zeros, and a new setting with its default. An encoder whose variables
//     have changed cannot go on.
//   - A run on a host that does not know its method is an error, and stays where it is.
//
// Hooks must build the same graph each time: range over a list of names, never over a map.
func InThisCell() {
	cell, err := wire.CellOf()
	switch {
	case err != nil:
		os.Exit(fail(os.Stderr, err))
	case cell != nil:
		os.Exit(serveCell())
	}
	_, file, _, _ := runtime.Caller(1)
	if cell, err = thisCell(file); err != nil {
		os.Exit(fail(os.Stderr, err))
	}
	wire.OfferHost(cell)
}

// serveCell is the main program of a cell's binary that was started as the host. xla.Reexec replaces the process by
// itself once, with the same number, arguments and [wire.CellVariable], because go-xla reads its variables before main
// begins. So InThisCell is reached a second time, and then Reexec does nothing.
func serveCell() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	project, err := wire.Project()
	if err == nil {
		err = xla.Reexec(project)
	}
	if err == nil {
		err = ServeLogged(ctx, project, IdleTime, os.Stderr)
	}
	if err != nil {
		return fail(os.Stderr, err)
	}
	return 0
}

// fail prints an error as the starter of a host looks for it in the log. The starter knows the two lines by how they
// begin, and shows them in the cell.
func fail(w io.Writer, err error) int {
	p := wire.AsProblem(err)
	fmt.Fprintf(w, "primewindow: error: %s\nhint: %s\n", p.Message, p.Hint)
	return 1
}

// ServeLogged is [Serve] with lines about its beginning and its end. It is no error that the project has a host
// already.
func ServeLogged(ctx context.Context, project string, idle time.Duration, log io.Writer) error {
	say := func(what string) {
		fmt.Fprintf(log, "%s host %d %s\n", time.Now().UTC().Format(time.RFC3339), os.Getpid(), what)
	}
	say("of " + project + " begins")
	if note := wire.SocketNote(project); note != "" {
		say("warns: " + note)
	}
	err := Serve(ctx, project, idle)
	if errors.Is(err, errOtherHost) {
		say("leaves: there is another")
		return nil
	}
	if why := xla.NotKept(); why != nil {
		say(
			"warns: " + why.Error() + ": compiled programs are not kept; " + programs.DirVariable +
				" names another folder, or off",
		)
	}
	if c, err := cache.Default(); err == nil && c.Trouble() != nil {
		say(
			"warns: " + c.Trouble().Error() + ": decoded samples are not kept; " + cache.DirVariable +
				" names another folder, or off",
		)
	}
	say("has left")
	return err
}

// programMethods are those of the program: a cell registers its own later. A package is initialised before those that
// import it, so this list is made before the cell's init functions register theirs. Encoders need no such list:
// [models.RegisteredEncoders] leaves out those of the program.
var programMethods = method.Names()

// thisCell says what the cell is whose main part stands in a file. Where its source is not to be had, or does not say
// all, its code is the whole binary. Only the cell computes this. The host that its binary becomes is told the result
// in [wire.CellVariable]: when it starts, the source in the folder may already be that of a later cell.
func thisCell(file string) (*wire.Cell, error) {
	build, err := wire.BuildID("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	source, err := cellcode.Read(file)
	if err != nil || usesLocalModules() {
		source = nil
	}
	// A type of another module stands in neither of the two sources that are hashed: the cell's package and
	// the project.
	hash := func(verb, name, typePackage string) string {
		if source == nil || typePackage != "main" && !strings.HasPrefix(typePackage, wire.ModulePath) {
			return build
		}
		return source.Hash(verb, name)
	}
	cell := &wire.Cell{Defines: map[string]string{}}
	for _, name := range method.Names() {
		if !slices.Contains(programMethods, name) {
			m, _ := method.Find(name)
			cell.Defines[wire.Definition(wire.DefinesMethod, name)] = hash("Register", name, packageOf(m))
		}
	}
	for _, name := range models.RegisteredEncoders() {
		cell.Defines[wire.Definition(wire.DefinesEncoder, name)] = hash("RegisterEncoder", name, "main")
	}
	// Code decides whether a host is this cell's. It includes the project's own code, so that a cell built from newer
	// code of the project replaces an older host too. Names are sorted, since the order of a map changes.
	parts := []string{programHash()}
	if source == nil {
		parts = append(parts, build)
	}
	for _, name := range slices.Sorted(maps.Keys(cell.Defines)) {
		parts = append(parts, name, cell.Defines[name])
	}
	cell.Code = cellcode.Digest(parts...)
	return cell, nil
}

// packageOf is where the type of a value, or what it points to, is declared.
func packageOf(v any) string {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}

// usesLocalModules reports whether the binary is made of modules without a version beside the cell and the project: a
// cell's source does not show a change in these. A module with a version cannot change under that version; one that a
// folder replaces can.
func usesLocalModules() bool {
	info, ok := debug.ReadBuildInfo()
	return !ok || slices.ContainsFunc(info.Deps, func(m *debug.Module) bool {
		local := m.Version == "(devel)" || m.Replace != nil && m.Replace.Version == ""
		return local && m.Path != wire.ModulePath
	})
}

// programHash is of the project's own code in this binary, as far as a notebook's kernel has built it a moment ago:
// then it is what lies in the folder. Elsewhere it is empty.
func programHash() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) || os.Getenv("GONB_TMP_DIR") == "" {
		return ""
	}
	hash, err := cellcode.Sources(filepath.Join(filepath.Dir(file), "..", ".."))
	if err != nil {
		return ""
	}
	return hash
}
