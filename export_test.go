package blend

// Contests for benchmarks that need packages which import this one.
type Contestant = contestant

var (
	Compete     = compete
	ClearCaches = clearCaches
)
