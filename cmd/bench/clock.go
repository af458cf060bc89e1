//go:build !windows

package bench

import "time"

var begin = time.Now()

// now returns the seconds since some time.
func now() float64 { return time.Since(begin).Seconds() }
