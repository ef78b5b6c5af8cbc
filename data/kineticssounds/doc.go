// Package kineticssounds reads Kinetics-Sounds (R. Arandjelović, A. Zisserman, ICCV 2017): clips of ten seconds from
// Kinetics-400 in 31 classes of things people do that can be seen and heard.
//
// Start with [Open]. The lists decide what the set is:
//
//	kineticssounds/my_train.txt, my_test.txt    "clip,10,class", class from 0 to 30; also in kinetics_sounds_splits/;
//	                                            or ks_train_overlap.txt, ks_test_overlap.txt with blanks for commas
//	kineticssounds/classes.txt                  31 names in the order of the numbers; without it numbers are the names
//
// A clip is found by its name, up to five folders down, whatever these are called. So the layouts of the field's code
// are read as they are, with parts or classes as folders or not:
//
//	train_spec/CLIP.npy                         the values, of shape [1024, 128], preferred to
//	audio/train/CLASS/CLIP.wav                  a recording, preferred to
//	train/CLASS/CLIP.mp4                        the video, whose sound and frames ffmpeg decodes; also .mkv, .webm, .avi
//	train-frames-1fps/train/CLIP/*.jpg          frames, one a second, preferred to the video's; the folder may be named
//	visual/Image-01-FPS/CLASS/CLIP.mp4/*.jpg    CLIP.mp4, and may hold CLIP.wav as well; Image-03-FPS and the like are not read
//
// Rules, stated once:
//
//   - YouTube loses clips. One that is listed and not there is a fault, which is counted; with skip_broken it is left
//     out and described. The choice of validation clips does not depend on which are there.
//   - Sound becomes Kaldi's log mel filter bank: 128 filters, 25 ms every 10 ms, the recording's mean taken out, no
//     dither, a Hann window, cut or completed with zeros to 1,024 frames, then (x + 4.503877)/(2·5.141276). A recording
//     keeps its sample rate, of which the filters depend, as in the field's code; a video's sound is brought to 16,000
//     Hz as there. Channels are averaged, where the field's code takes the first.
//   - A clip's frames, one a second, are cut into as many equal segments as a sample has frames. In training one of
//     each is drawn, otherwise the middle one is taken. Where there are too few, some stand twice.
//   - In training each frame is cropped at random, resized, and mirrored half of the time; otherwise it is resized
//     whole. Both are shifted and scaled by ImageNet's mean and deviation.
//   - Before that frames are reduced so that their short side is at most frame_side; the usual archives have 256 to
//     360. The cache holds them as JPEG files, unchanged where they were small enough, unless keep=pixels.
//   - What is absent, empty or no recording is found when the set is opened, what is broken inside when it is read.
//     Links are followed; a folder that is reached twice is read once.
package kineticssounds
