package blend

import "fmt"

// A StoreMode says whether results are written by streaming (non-temporal) stores, which bypass the
// caches: StoreAuto, StoreCached or StoreStream. The results are the same bits. Any other value means
// StoreAuto.
type StoreMode int

const (
	// StoreAuto streams out-of-place results where they and their input take more than half of the
	// last-level cache.
	StoreAuto StoreMode = iota
	// StoreCached leaves results in the caches, for a reader that follows at once.
	StoreCached
	// StoreStream streams. Rows whose alignment does not allow it are stored through the caches.
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
