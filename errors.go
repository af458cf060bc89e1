package blend

import "errors"

// Errors wrap one of these; test with [errors.Is].
var (
	ErrLambda        = errors.New("blend: lambda is not in [0, 1]")
	ErrShape         = errors.New("blend: lengths do not match")
	ErrIndex         = errors.New("blend: bad index")
	ErrOverlap       = errors.New("blend: destination overlaps its input")
	ErrNormalization = errors.New("blend: bad normalization")
)

// inRange is false for NaN.
func inRange(lambda float64) bool { return lambda >= 0 && lambda <= 1 }
