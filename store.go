package blend

import "fmt"

// A StoreMode says whether results go past the caches. None changes a bit of them. One that is not a constant below is StoreAuto.
type StoreMode int

const (
	// StoreAuto streams out-of-place results where they and their input take more than half of the last-level cache.
	StoreAuto StoreMode = iota
	// StoreCached leaves results in the caches, for a reader that follows at once.
	StoreCached
	// StoreStream writes past the caches. Whether it is used for every row depends on the rows' alignment.
	StoreStream
)

// String returns the name of the constant.
func (m StoreMode) String() string {
	switch m {
	case StoreAuto:
		return "StoreAuto"
	case StoreCached:
		return "StoreCached"
	case StoreStream:
		return "StoreStream"
	}
	return fmt.Sprintf("StoreMode(%d)", int(m))
}
