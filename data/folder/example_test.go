package folder_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/folder"
)

// A set of one table is two files.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "mine")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder left behind does no harm
	for name, text := range map[string]string{
		"labels.csv": "id,label,split\nrex,dog,train\ntom,cat,train\nkim,cat,test\n",
		"body.csv":   "id,kg,cm\nkim,4,24\nrex,30,60\ntom,6,20\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	set, err := folder.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	kim, err := data.One(set, data.Test, 0)
	fmt.Println(set.Describe().Classes, set.Describe().Modalities)
	fmt.Printf("%s %d %.2f %v\n", kim.ID, kim.Label, kim.X["body"], err)
	// Output:
	// [cat dog] [{body vector [2]}]
	// kim 0 [-1.17 -0.80] <nil>
}

func ExampleCheck() {
	for _, fault := range folder.Check("no such folder", nil) {
		fmt.Println(fault)
	}
	// Output: folder: open no such folder: no such file or directory
}
