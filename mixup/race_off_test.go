//go:build !race

package mixup

const raceDetector = false
