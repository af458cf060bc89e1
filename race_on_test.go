//go:build race

package blend

const raceDetector = true
