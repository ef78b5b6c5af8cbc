// Package utdmhad reads UTD-MHAD (C. Chen, R. Jafari, N. Kehtarnavaz, ICIP 2015): 27 actions by eight subjects, each
// recorded at once by a sensor on wrist or thigh, as a skeleton, and as depth images.
//
// Start with [Open]. The owners' MATLAB files are read as they are given, a file for each recording and modality, in
// the set's folder or in the data folder itself:
//
//	utd_mhad/Inertial/a1_s1_t1_inertial.mat   d_iner [T][6]: acceleration in g, then angular velocity in degrees a second
//	utd_mhad/Skeleton/a1_s1_t1_skeleton.mat   d_skel [20][3][T]: joints in metres
//	utd_mhad/Depth/a1_s1_t1_depth.mat         d_depth [240][320][T]: millimetres, 0 where there is no one
//
// or what is made of them, in four files, little-endian and compressed with gzip, samples in the order of the index:
//
//	utd_mhad/index.csv         sample,action,subject,trial,inertial_steps,skeleton_frames,...
//	utd_mhad/inertial.f32.gz   [step][6]
//	utd_mhad/skeleton.f32.gz   [frame][20][3]: joints, of which the fourth is the middle of the hips
//	utd_mhad/depth.u8.gz       [16][60][80] a sample: 0 ground, 1 to 255 a distance from 1.5 to 4.5 m
//
// Rules, stated once:
//
//   - Subjects 2, 4, 6 and 8 are the test split, as in the literature. Of the others those that val_subjects names are
//     the validation split, so that no two splits share a person.
//   - A modality whose folder is not there is left out of the set. A recording that lacks a file which the other
//     folders have, or has a broken one, is a fault; with skip_broken it is left out and listed. What was decoded stays
//     in the cache.
//   - Of an owners' depth recording the middle frames of 16 equal parts count. Each 4x4 pixels become the mean of those
//     that are not 0, as round(1 + 254·(mm - 1500)/3000), limited to 1..255, or 0 where all are. The four files were
//     made by that rule as far as is known; which frames they took, and how they rounded, is not written down.
//   - Sensor and skeleton are brought to a fixed number of steps by linear interpolation. Joints are relative to the
//     middle of the hips in the same frame.
//   - Depth images are halved by means of 2x2 pixels.
//   - Sensor and joints are shifted and scaled by mean and standard deviation over the training split, each feature by
//     its own; depth by one mean and one deviation.
package utdmhad
