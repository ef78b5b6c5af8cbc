// Package reproduce makes the paper's tables and figures again, and answers questions that the paper leaves open.
//
// Start with [Open], which takes targets and sets, and [Reproduction.Train]. A target is a row of the table in
// target.go: its arms, and what is measured of them. Runs are known by all that they compute, so that targets share
// them. [OpenVerification] trains runs of a record again, exactly as it says, and compares every figure.
//
// A reproduction goes like this. [Open] makes a part of each target and set: the set is opened, settings are completed,
// and the target's recipes become arms. Which runs an arm has depends on what other runs came to: on those that try
// learning rates; for a control, on the epochs in which another arm acted; for maps, on which seeds acted. So there is
// no list of runs. [Reproduction.Next] asks every arm what is known of it and names the first run that is missing,
// [Reproduction.Train] trains it, and so on until nothing is missing. All answers are read from the runs' folders, so
// that the same calls go on where another process was killed.
//
// A run lies in DIR/runs/NAME, and its name is a hash of the samples and of all settings that are not the program's
// defaults. Arms of one target or of several that come to the same settings so come to the same run: joint training,
// which nearly every target has, is trained once for each rate and seed. What each of them wants measured is put
// together before the run is trained. [Reproduction.Write] makes the records, DIR/SET/TARGET.json, of what the
// folders hold.
package reproduce
