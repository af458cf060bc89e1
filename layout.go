package blend

import "fmt"

// A Layout is the order of the elements of an image, CHW or HWC. The zero value means unset, and is
// an error where the order matters.
type Layout int

const (
	_   Layout = iota
	CHW        // channels × height × width, as PyTorch has it
	HWC        // height × width × channels, as decoders, Keras and package image have it
)

// String returns the name of the constant, "none" for the zero Layout.
func (l Layout) String() string {
	switch l {
	case 0:
		return "none"
	case CHW:
		return "CHW"
	case HWC:
		return "HWC"
	}
	return fmt.Sprintf("Layout(%d)", int(l))
}
