//go:build !windows

package bench

import "time"

var begin = time.Now()

// clock returns the seconds since some time.
func clock() float64 { return time.Since(begin).Seconds() }
