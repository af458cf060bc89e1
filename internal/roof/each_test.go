//go:build purego || !amd64

package roof

import "testing"

func each(t *testing.T, test func(t *testing.T)) { test(t) }
