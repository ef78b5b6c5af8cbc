package utdmhad

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/data"
)

// Names of the repacked files.
const (
	indexFile    = "index.csv"
	inertialFile = "inertial.f32.gz"
	skeletonFile = "skeleton.f32.gz"
	depthFile    = "depth.u8.gz"
)

// repacked says whether a folder has any of the repacked files: then it is that layout, and all must be there.
func repacked(root string) bool {
	for _, name := range []string{indexFile, inertialFile, skeletonFile, depthFile} {
		if _, err := os.Stat(filepath.Join(root, name)); err == nil {
			return true
		}
	}
	return false
}

// readRepacked reads the four files and cuts them into samples.
func readRepacked(root string) (readings, error) {
	path := func(name string) string { return filepath.Join(root, name) }
	b, err := data.ReadFile(path(indexFile))
	if err != nil {
		return readings{}, fmt.Errorf("utdmhad: %w", err)
	}
	list, err := decodeIndex(path(indexFile), b)
	if err != nil {
		return readings{}, err
	}
	steps, frames := 0, 0
	for _, r := range list {
		steps, frames = steps+r.inertialSteps, frames+r.skeletonFrames
	}
	sensor, err := readFloats(path(inertialFile), steps*inertialValues)
	if err != nil {
		return readings{}, err
	}
	joints, err := readFloats(path(skeletonFile), frames*jointValues)
	if err != nil {
		return readings{}, err
	}
	images, err := readArray(path(depthFile), len(list)*depthFrames*rawHeight*rawWidth)
	if err != nil {
		return readings{}, err
	}
	all := make([]pieces, len(list))
	for i, r := range list {
		p := &all[i]
		p.sensor, sensor = sensor[:r.inertialSteps*inertialValues], sensor[r.inertialSteps*inertialValues:]
		p.joints, joints = joints[:r.skeletonFrames*jointValues], joints[r.skeletonFrames*jointValues:]
		p.images, images = images[:depthFrames*rawHeight*rawWidth], images[depthFrames*rawHeight*rawWidth:]
		if err := finite(path(inertialFile), r.id(), p.sensor, inertialValues); err != nil {
			return readings{}, err
		}
		if err := finite(path(skeletonFile), r.id(), p.joints, jointValues); err != nil {
			return readings{}, err
		}
	}
	return readings{file: path(indexFile), modalities: []string{inertial, skeleton, depth}, records: list, pieces: all},
		nil
}

func readFloats(path string, n int) ([]float32, error) {
	b, err := readArray(path, 4*n)
	if err != nil {
		return nil, err
	}
	return floats(b), nil
}
