//go:build !race

package blend

import "unsafe"

func raceChain([]step, int, int, int) {}

func racePlanes([]step, int, int, int) {}

func raceStep(*step, int, int) {}

func racePair(_, _, _ unsafe.Pointer, _, _ int) {}
