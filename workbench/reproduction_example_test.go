package workbench_test

import (
	"context"
	"fmt"

	wb "github.com/primewindow/primewindow/workbench"
)

// A record holds all that its table and figure show; no host is needed.
func ExampleReadReproductionContext() {
	r, err := wb.ReadReproductionContext(context.Background(), "testdata/reproduction.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range r.Curves("fisher_emp audio") {
		fmt.Println(c.Name, c.X, c.Y)
	}
	fmt.Println(r.Band())
	// Output:
	// Joint [0 1 2] [2.95 3.05 3.2]
	// InfoReg [0 1 2] [2.95 3.05 3.1]
	// ± 1 standard deviation over 2 seeds
}

func ExampleReproduction_Text() {
	r, err := wb.ReadReproductionContext(context.Background(), "testdata/reproduction.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Text())
	// Output:
	// Figure 3: gap between the modalities. Accuracy in percent on the test split of synth (24 samples), mean ± standard deviation over seeds 0 to 1; each run at its last epoch.
	//
	// method   seeds  epoch   lr    fused, primary
	// Joint    2      2 of 2  0.03  60.0 ± 14.1
	// InfoReg  2      2 of 2  0.03  62.5 ± 12.4
	//                               +2.5 (−13.4 to +18.4)
	//                               p 0.3
	//
	// Below each accuracy: its difference to Joint in percentage points, paired by seed, with the interval of 95 % by Student's t, and p after Holm's correction. The correction accounts for 1 comparison of the fused accuracy over the methods. Bold (in plain text *): the interval, uncorrected, excludes 0.
	// The record was made before comparisons were in families: p is corrected anew, by the p on record.
}

// What is to be trained to measure a point of the record once more.
func ExampleReproduction_Epoch() {
	r, err := wb.ReadReproductionContext(context.Background(), "testdata/reproduction.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Epoch("InfoReg", 1))
	// Output: 2
}
