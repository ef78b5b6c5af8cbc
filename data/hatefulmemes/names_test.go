package hatefulmemes

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestNames reads pictures whatever they are called, or says in one line why not, and names what is broken in one line.
func TestNames(t *testing.T) {
	t.Setenv(cache.DirVariable, "off")
	for _, name := range datatest.Names() {
		for _, broken := range []bool{false, true} {
			m := madeSet(t)
			list, picture := "hatefulmemes/train.jsonl", "img/"+name+".png"
			quoted, err := json.Marshal(picture)
			if err != nil {
				t.Fatal(err)
			}
			m[list] = []byte(strings.Replace(string(m[list]), `"img\/00003.png"`, string(quoted), 1))
			m["hatefulmemes/"+picture] = m["hatefulmemes/img/00003.png"]
			if broken {
				m["hatefulmemes/"+picture] = m["hatefulmemes/"+picture][:20]
			}
			dir := m.Write(t)
			faults := loader.Check(dir, loader.Settings())
			d, err := loader.Open(dir, loader.Settings())
			if err == nil {
				faults = d.(data.Checked).Check(t.Context(), nil)
			}
			switch odd := strings.ContainsAny(name, `\`); {
			case !broken && !odd && len(faults) > 0:
				t.Errorf("%q: %v, want it read", name, faults)
			case (broken || odd) && (len(faults) != 1 || strings.ContainsAny(faults[0].Error(), "\n\t\x1b")):
				t.Errorf("%q: %q, want one fault in one line", name, faults)
			}
		}
	}
}
