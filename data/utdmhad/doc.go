// Package utdmhad reads UTD-MHAD (C. Chen, R. Jafari, N. Kehtarnavaz, ICIP 2015): 27 actions by eight subjects, each
// recorded at once by a sensor on wrist or thigh, as a skeleton, and as depth images.
//
// Start with [Open]. The files lie in one folder, little-endian and compressed with gzip, samples in the order of
// the index:
//
//	utd_mhad/index.csv         sample,action,subject,trial,inertial_steps,skeleton_frames,...
//	utd_mhad/inertial.f32.gz   [step][6]: acceleration in g, then angular velocity in degrees a second
//	utd_mhad/skeleton.f32.gz   [frame][20][3]: joints in metres, of which the fourth is the middle of the hips
//	utd_mhad/depth.u8.gz       [16][60][80] a sample: 0 ground, 1 to 255 a distance from 1.5 to 4.5 m
//
// Rules, stated once:
//
//   - Subjects 2, 4, 6 and 8 are the test split, as in the literature. Of the others those that val_subjects names
//     are the validation split, so that no two splits share a person.
//   - Sensor and skeleton are brought to a fixed number of steps by linear interpolation. Joints are relative to the
//     middle of the hips in the same frame.
//   - Depth images are halved by means of 2x2 pixels.
//   - Sensor and joints are shifted and scaled by mean and standard deviation over the training split, each feature
//     by its own; depth by one mean and one deviation.
package utdmhad
