package page

// Decayed is the exponential mean of points up to each, in which one counts a factor less than the next. It begins at 0
// and is divided by the weights so far, so that the first points are not drawn towards 0.
func Decayed(points []Point, factor float64) []float64 {
	mean := make([]float64, len(points))
	sum, weight := 0.0, 0.0
	for i, p := range points {
		sum, weight = factor*sum+(1-factor)*p.Y, factor*weight+(1-factor)
		mean[i] = sum / weight
	}
	return mean
}

// maxPoints is the most points of one series that are drawn and sent.
const maxPoints = 1000

// thin picks at most want of the points for drawing, as ascending indices: the first, the last, and the least and the
// greatest y of each of (want-2)/2 stretches of equal count between them, so that no spike is lost. want is at least 4.
// Where there are no more than want points it picks all.
func thin(points []Point, want int) []int {
	n := len(points)
	if n <= want {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	}
	stretches := (want - 2) / 2
	picked := make([]int, 0, want)
	picked = append(picked, 0)
	for s := range stretches {
		from, to := 1+s*(n-2)/stretches, 1+(s+1)*(n-2)/stretches
		low, high := from, from
		for i := from + 1; i < to; i++ {
			if points[i].Y < points[low].Y {
				low = i
			}
			if points[i].Y > points[high].Y {
				high = i
			}
		}
		picked = append(picked, min(low, high))
		if low != high {
			picked = append(picked, max(low, high))
		}
	}
	return append(picked, n-1)
}

// centredMean is the moving average of y over width points, half of them on each side; for an even width the two
// outermost count one half. Near an end it is the mean of those of them that exist, so that nothing is padded; there it
// is not centred and lags a trend. It goes by points, not by x. points holds at least one.
func centredMean(points []Point, width int) []float64 {
	sums := make([]float64, len(points)+1)
	origin := points[0].Y // sums of differences lose fewer digits
	for i, p := range points {
		sums[i+1] = sums[i] + (p.Y - origin)
	}
	mean := make([]float64, len(points))
	for i := range points {
		from, to := max(0, i-width/2), min(len(points)-1, i+width/2)
		sum, count := sums[to+1]-sums[from], float64(to-from+1)
		if width%2 == 0 {
			for _, end := range []int{i - width/2, i + width/2} {
				if end == from || end == to {
					sum, count = sum-(points[end].Y-origin)/2, count-0.5
				}
			}
		}
		mean[i] = origin + sum/count
	}
	return mean
}
