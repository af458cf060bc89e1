package fade

// Transition returns an iterator over λ of n frames, from 0 for the first to 1 for the last; for a
// single frame λ is 1. ease maps the elapsed time, 0 to 1, to λ; its results are limited to [0, 1],
// and nil is linear. From Go 1.23 on a loop may range over the result:
//
//	for lambda := range fade.Transition(24, fade.EaseInOut) {
//		if err := fade.Images(frame, to, from, lambda); err != nil {
//			return err
//		}
//		write(frame)
//	}
func Transition(n int, ease func(t float64) float64) func(yield func(lambda float64) bool) {
	return func(yield func(float64) bool) {
		for i := range n {
			lambda := 1.0
			if n > 1 {
				lambda = float64(i) / float64(n-1)
			}
			if ease != nil {
				lambda = min(max(ease(lambda), 0), 1)
			}
			if !yield(lambda) {
				return
			}
		}
	}
}

// The conversions to float64 below forbid fused multiply-adds: λ is the same on every CPU.

// EaseIn begins slowly: t².
func EaseIn(t float64) float64 { return float64(t * t) }

// EaseOut ends slowly: 1 − (1−t)².
func EaseOut(t float64) float64 { return 1 - float64((1-t)*(1-t)) }

// EaseInOut begins and ends slowly: 3t² − 2t³.
func EaseInOut(t float64) float64 { return float64(t*t) * (3 - float64(2*t)) }
